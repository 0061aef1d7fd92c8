// A second policy, and what changes between the two in decisions.

import type { EditorView } from "@codemirror/view";
import type { App } from "../app";
import { h, replace } from "../dom";
import { policyEditor, setText } from "../editor/editor";
import { showProblems } from "../editor/problems";
import type { Change, Diff, RepeatedDecisions, WorstCase } from "@exitwise/engine";
import { count, decisions, duration } from "../words";
import { typeChip } from "./decision";
import { failuresInWords } from "./failures-in-words";
import { RECIPE } from "./gallery";

export function compareView(app: App, parent: HTMLElement): { render: () => void } {
  const chooser = h(
    "select",
    { id: "other-policy", "aria-label": "Old policy", onchange: () => choose(chooser.value) },
    h("option", { value: "" }, "Choose …"),
    ...app.catalogue.policies.filter(({ name }) => name !== RECIPE).map(({ name }) => h("option", { value: name }, name)),
  );
  const choose = (name: string): void => {
    const policy = app.catalogue.policies.find((it) => it.name === name);
    if (policy) app.change({ other: { policy: policy.text, name } });
    chooser.value = "";
  };
  const keep = h(
    "button",
    { onclick: () => app.change({ other: { policy: app.state.policy, name: "old.toml" } }) },
    "This one, as it is now",
  );
  const swap = h(
    "button",
    {
      onclick: () => {
        const { other, policy, name } = app.state;
        if (!other) return;
        app.open(other.policy, other.name);
        app.change({ other: { policy, name: name === other.name ? "old.toml" : name } });
      },
    },
    "Swap",
  );
  const close = h("button", { onclick: () => app.change({ other: null }) }, "Close");
  const name = h("h2", {});
  const box = h("div", { class: "editor small" });
  const result = h("div", { class: "difference" });
  let editor: EditorView | null = null;

  parent.append(
    h(
      "p",
      { class: "lead" },
      "What changes between two policies: in their decisions, not in their text. The policy on the left is the new one.",
    ),
    h("div", { class: "actions" }, h("label", { for: "other-policy" }, "Old policy"), chooser, keep, swap, close),
    name,
    box,
    result,
  );

  const render = (): void => {
    const { other } = app.state;
    for (const element of [name, box, swap, close]) element.hidden = !other;
    if (!other) {
      editor?.destroy();
      editor = null;
      replace(result);
      return;
    }
    name.textContent = other.name;
    editor ??= policyEditor({
      parent: box,
      label: "Old policy",
      text: other.policy,
      onChange: (policy) => {
        const now = app.state.other;
        if (now && now.policy !== policy) app.change({ other: { ...now, policy } });
      },
    });
    setText(editor, other.policy);
    showProblems(
      editor,
      (app.answer?.otherDiagnostics ?? []).map((diagnostic) => ({ diagnostic, fixes: [] })),
    );
    const difference = app.answer?.difference;
    if (!difference) replace(result, h("p", { class: "faint" }, "A policy has errors."));
    else if ("problem" in difference) replace(result, h("p", { class: "faint" }, difference.problem));
    else replace(result, ...shown(app, difference.value));
  };
  return { render };
}

const SETTINGS: Record<string, string> = {
  maxRetries: "limits.max_retries",
  maxTotalWaitSeconds: "limits.max_total_wait",
  maxElapsedSeconds: "limits.max_elapsed",
  container: "container",
};

function shown(app: App, difference: Diff): HTMLElement[] {
  const { settings, worstCase, changes, containerNotes, unproven, hidden, same, complete } = difference;
  const rows = Object.entries(settings).map(([key, { old, new: new_ }]) => {
    const text = (value: string | number | null) =>
      value === null
        ? key === "container"
          ? "the only one"
          : "none"
        : key.endsWith("Seconds")
          ? duration(Number(value))
          : String(value);
    return [SETTINGS[key] ?? key, text(old), text(new_)] as const;
  });
  const was = worst(worstCase.old);
  const is = worst(worstCase.new);
  if (was !== is) rows.push(["worst case", was, is]);
  const table =
    rows.length > 0 &&
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, h("th", {}, h("span", { class: "offscreen" }, "setting")), h("th", {}, "was"), h("th", {}, "is")),
      ),
      h(
        "tbody",
        {},
        ...rows.map(([name, old, new_]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, old), h("td", {}, new_))),
      ),
    );
  const notes = [
    ...containerNotes,
    ...unproven.map((rule) => `The patterns of ${rule} are written differently; no text was found that they tell apart.`),
  ];
  if (hidden > 0) notes.push(`${hidden} more for failures that match several of these rules at once.`);
  if (!complete) notes.push("There are too many combinations to try all of them.");
  const verdict = same
    ? "Both policies make the same decisions."
    : changes.length > 0
      ? `${count(changes.length, "change")} in decisions`
      : "";
  return [
    h("p", { role: "status", class: "verdict" }, verdict),
    table,
    ...changes.map((change) => changed(app, change)),
    ...notes.map((note) => h("p", { class: "faint" }, note)),
  ].filter((it): it is HTMLElement => Boolean(it));
}

function worst({ runs, waitSeconds, runTime }: WorstCase): string {
  const time = runTime ? `, ${duration(runTime.durationSeconds)} in all` : "";
  return `${count(runs, "run")}, ${duration(waitSeconds)} of waiting${time}`;
}

function changed(app: App, { failures, extent, old, new: new_ }: Change): HTMLElement {
  const event = JSON.stringify({ taskError: failures.taskError });
  const title = failuresInWords(failures);
  const add = (): void =>
    app.change({
      failures: [...app.state.failures, { from: "text", label: title, event }],
      selected: app.state.failures.length,
      tab: "failures",
    });
  return h(
    "article",
    { class: "change" },
    h("header", {}, h("h3", {}, title), h("span", { class: "faint" }, extent)),
    line("old", old),
    line("new", new_),
    h("button", { class: "link", onclick: add }, "Show an example"),
  );
}

function line(side: "old" | "new", decided: RepeatedDecisions): HTMLElement {
  const parts = decisions(decided).flatMap(({ type, text }, index) => [
    index > 0 ? " then " : "",
    text.endsWith("×") ? `${text} ` : "",
    typeChip(type),
    text.endsWith("×") ? "" : ` ${text}`,
  ]);
  return h(
    "p",
    { class: `side ${side}` },
    h(
      "span",
      { class: "sign" },
      side === "old" ? "−" : "+",
      h("span", { class: "offscreen" }, side === "old" ? " was " : " is "),
    ),
    h("span", {}, ...parts, " by ", h("code", {}, decided.line > 0 ? `${decided.rule}:${decided.line}` : decided.rule)),
  );
}
