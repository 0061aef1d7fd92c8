// Why a rule decides, and why the rules above it do not.

import type { CheckedCondition, ExplainDecision } from "@exitwise/engine";
import { h } from "../dom";

type Passed = ExplainDecision["passed"][number];

function quoted(seen: string[]): (Node | string)[] {
  if (seen.length === 0) return ["absent"];
  return seen.flatMap((it, index) => [index > 0 ? ", " : "", h("code", {}, it)]);
}

/** What of the failure met a condition. */
export function met({ matcher, seen }: CheckedCondition): HTMLElement {
  return h("span", { class: "condition" }, h("b", {}, matcher), " ", ...quoted(seen));
}

/** The reason why a rule was passed over. */
export function passedOver({ rule, matcher, seen, value }: Passed): HTMLElement {
  return h(
    "div",
    { class: "reason" },
    h("p", {}, h("b", {}, rule), " was passed over"),
    h("p", {}, matcher, " is ", ...quoted(seen)),
    h("p", { class: "help" }, "the rule has ", h("code", {}, value)),
  );
}

/** All rules that were passed over, those with the same reason together. */
export function allPassedOver(passed: Passed[], goTo: (line: number) => void): HTMLElement {
  const groups = new Map<string, Passed[]>();
  for (const it of passed) {
    const key = JSON.stringify([it.matcher, it.seen]);
    groups.set(key, [...(groups.get(key) ?? []), it]);
  }
  const items = [...groups.values()].map((group) => {
    const [{ matcher, seen }] = group as [Passed];
    const rules = group.flatMap(({ rule, line }, index) => {
      const link = h(
        "button",
        { class: "link", "data-key": `passed-${rule}`, title: `line ${line}`, onclick: () => goTo(line) },
        rule,
      );
      return [h("span", {}, link, index < group.length - 1 && ","), " "];
    });
    return h("li", {}, h("span", {}, h("b", {}, matcher), " is ", ...quoted(seen)), h("span", { class: "rules" }, ...rules));
  });
  return h("ul", { class: "passed" }, ...items);
}
