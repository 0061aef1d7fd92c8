// The decision about the selected failure: what it is, who made it, and why.

import { type App, selectedStep } from "../app";
import { h, refresh } from "../dom";
import type { ExplainDecision, Type } from "@exitwise/engine";
import { count, described, duration, meaning, nextRun } from "../words";
import { allPassedOver, met } from "./reasons";

export function typeChip(type: Type): HTMLElement {
  return h("span", { class: `chip ${type}` }, type);
}

/** A link to the line of a rule. */
export function ruleLink(app: App, rule: string, line: number | null, key: string): HTMLElement {
  if (!line) return h("code", {}, rule);
  return h(
    "button",
    { class: "link code", "data-key": key, title: "Show this line", onclick: () => app.goTo(line) },
    rule,
    h("span", { class: "line" }, `:${line}`),
  );
}

export function renderDecision(app: App, parent: HTMLElement, said: HTMLElement): void {
  const step = selectedStep(app);
  if (!step) {
    parent.hidden = true;
    return;
  }
  parent.hidden = false;
  const { decision, state, event } = step;
  const run = nextRun(state.run);
  refresh(
    parent,
    h("header", { class: decision.type }, typeChip(decision.type), h("strong", {}, meaning(decision))),
    h(
      "dl",
      {},
      ...row("Failure", described(decision)),
      ...row("Rule", ruleLink(app, decision.rule, decision.line, "decision-rule")),
      ...(decision.matched.length > 0 ? row("Matched", ...decision.matched.map(met)) : []),
      ...row("Retries", retries(decision)),
      ...row("Waited", `${duration(decision.before?.waitedSeconds ?? 0)} → ${duration(decision.waitedSeconds)}`),
      ...(run ? row("Next run", run) : []),
    ),
    decision.passed.length > 0 &&
      h(
        "details",
        { "data-key": "passed" },
        h("summary", {}, `${count(decision.passed.length, "rule")} passed over`),
        allPassedOver(decision.passed, app.goTo),
      ),
    h(
      "details",
      { "data-key": "json" },
      h("summary", {}, "Event and answer of the function"),
      h("h3", {}, "Event"),
      json(event, "Event"),
      h("h3", {}, "Answer: the next event contains it as errorState"),
      json(state, "Answer"),
    ),
  );
  const spoken = `Failure ${app.state.selected + 1}: ${decision.type}, ${meaning(decision)}; rule ${decision.rule}${decision.line ? `, line ${decision.line}` : ""}.`;
  if (said.textContent !== spoken) said.textContent = spoken;
}

function row(term: string, ...description: (Node | string)[]): HTMLElement[] {
  return [h("dt", {}, term), h("dd", {}, ...description)];
}

function retries({ before, retryCount, retries, rule, retriesLeft }: ExplainDecision): string {
  const byRule = retries[rule] ?? 0;
  const parts = [`${before?.retryCount ?? 0} → ${retryCount} in total`];
  if (byRule > 0) parts.push(`${before?.retries[rule] ?? 0} → ${byRule} by this rule`);
  parts.push(`${retriesLeft} counted left`);
  return parts.join(", ");
}

function json(value: unknown, label: string): HTMLElement {
  return h("pre", { tabindex: "0", role: "region", "aria-label": label }, JSON.stringify(value, null, 2));
}
