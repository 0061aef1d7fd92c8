// What is always in sight: the worst case, the tests, the problems.

import type { App } from "../app";
import { h, refresh } from "../dom";
import type { WorstCase } from "@exitwise/engine";
import { count, duration } from "../words";

export function renderStatus(app: App, parent: HTMLElement): void {
  const { answer } = app;
  if (!answer) return;
  const worst = (answer.good ? answer : app.good)?.check.worstCase;
  refresh(
    parent,
    h("h2", {}, "Worst case"),
    worst ? figures(worst, !answer.good) : h("p", { class: "faint" }, "not known: the policy has errors"),
    tests(app),
    problems(app),
  );
}

function figures(worst: WorstCase, isOld: boolean): HTMLElement {
  const { runs, waitSeconds, runTime, witness, exact, historyEvents } = worst;
  const figure = (term: string, value: string | null | undefined, isExact = true) =>
    h("div", {}, h("dt", {}, term), value ? h("dd", {}, isExact ? value : `≤ ${value}`) : unknown(term));
  const reached = witness.length > 0 ? `Reached by ${grouped(witness)}; ${historyEvents} history events.` : "";
  return h(
    "dl",
    { class: isOld ? "old" : "", title: isOld ? "Of the last policy without errors" : reached },
    figure("runs", String(runs), exact),
    figure("waiting", duration(waitSeconds), exact),
    figure("time", runTime && duration(runTime.durationSeconds), runTime?.exact),
    figure("cost", runTime?.cost && `${runTime.cost} ${runTime.currency}`, runTime?.exact),
  );
}

/** A figure that a policy without a time limit, or without prices, does not have. */
function unknown(term: string): HTMLElement {
  const needs = term === "time" ? "limits.max_run_time" : "limits.max_run_time, [[size]] and [price]";
  return h(
    "dd",
    { class: "unknown", title: `The policy needs ${needs}` },
    h("span", { "aria-hidden": "true" }, "–"),
    h("span", { class: "offscreen" }, "unknown"),
  );
}

/** `spot-interruption ×5, network-error ×3`. */
export function grouped(witness: string[]): string {
  const counts = new Map<string, number>();
  for (const rule of witness) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, times]) => `${rule} ×${times}`).join(", ");
}

function tests(app: App): HTMLElement | null {
  const all = app.answer?.check.tests ?? [];
  if (all.length === 0) return null;
  const failed = all.filter(({ passed }) => !passed);
  const [first] = failed;
  if (!first) return h("span", { class: "state good" }, "✓ ", count(all.length, "test"), h("span", { class: "long" }, " passed"));
  return h(
    "button",
    { class: "state bad", "data-key": "tests", onclick: () => app.goTo(first.line) },
    `✗ ${failed.length} of ${count(all.length, "test")}`,
    h("span", { class: "long" }, " failed"),
  );
}

function problems(app: App): HTMLElement {
  const { diagnostics } = app.answer ?? { diagnostics: [] };
  const errors = diagnostics.filter(({ severity }) => severity === 1).length;
  const [first] = diagnostics.toSorted((a, b) => a.severity - b.severity);
  if (!first) return h("span", { class: "state good long" }, "✓ no problems");
  const says = errors > 0 ? count(errors, "error") : count(diagnostics.length, "warning");
  return h(
    "button",
    {
      class: `state ${errors > 0 ? "bad" : "warn"}`,
      "data-key": "problems",
      onclick: () => app.goTo(first.range.start.line + 1),
    },
    `! ${says}`,
  );
}
