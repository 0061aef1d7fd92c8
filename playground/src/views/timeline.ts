// The loop as a timeline: runs, decisions and waits, one after the other.

import { type App, stepsOf } from "../app";
import { titleOf } from "../catalogue";
import { h, refresh, s } from "../dom";
import type { Type } from "@exitwise/engine";
import type { Failure, Result, Step } from "../question";
import { clock, count, described, duration } from "../words";
import { ruleLink, typeChip } from "./decision";

export function renderTimeline(app: App, parent: HTMLElement): void {
  const steps = stepsOf(app);
  const { failures } = app.state;
  const rows = failures.map((failure, index) => row(app, failure, steps[index], index));
  const end = ending(app, steps);
  refresh(parent, chart(app, steps), h("ol", { class: "timeline", "aria-label": "Failures of one execution" }, ...rows, end));
}

function row(app: App, failure: Failure, step: Result<Step> | undefined, index: number): HTMLElement {
  const isSelected = index === app.state.selected;
  const decided = step && "value" in step ? step.value : null;
  const problem = step && "problem" in step ? step.problem : null;
  const title = decided ? described(decided.decision) : titleOf(app.catalogue, failure);
  const select = h(
    "button",
    {
      class: "pick",
      "data-key": `step-${index}`,
      "aria-pressed": String(isSelected),
      onclick: () => app.change({ selected: index }),
    },
    h("span", { class: "time" }, decided ? clock(decided.startSeconds + app.state.runSeconds) : ""),
    h("span", { class: `dot ${decided?.decision.type ?? ""}` }),
    h("span", { class: "title" }, title),
  );
  const remove = h(
    "button",
    {
      class: "icon",
      "data-key": `remove-${index}`,
      "aria-label": `Remove failure ${index + 1}`,
      onclick: () => removeFailure(app, index),
    },
    "×",
  );
  let outcome: HTMLElement;
  if (decided) {
    const { type, waitSeconds, rule, line } = decided.decision;
    outcome = h(
      "span",
      { class: "outcome" },
      typeChip(type),
      type === "TEMPORARY" && h("span", { class: "wait" }, duration(waitSeconds)),
      ruleLink(app, rule, line, `rule-${index}`),
      h("span", { class: "name", title: titleOf(app.catalogue, failure) }, nameOf(failure)),
    );
  } else {
    outcome = h("span", { class: "outcome faint" }, problem ?? (app.good ? "not reached: the execution has ended" : ""));
  }
  const classes = ["step", isSelected && "selected", !decided && "unreached"].filter(Boolean).join(" ");
  return h("li", { class: classes }, select, remove, outcome);
}

/** The failure in the words of whoever added it. */
function nameOf(failure: Failure): string {
  if (failure.from === "catalogue") return failure.name;
  return failure.from === "facts" ? failure.facts : failure.label;
}

function removeFailure(app: App, index: number): void {
  const failures = app.state.failures.filter((_, it) => it !== index);
  const selected = Math.max(0, Math.min(app.state.selected - Number(index < app.state.selected), failures.length - 1));
  app.change({ failures, selected });
}

/** How the execution ends after the failures. */
function ending(app: App, steps: Result<Step>[]): HTMLElement | null {
  if (!app.good) return null;
  const all = steps.flatMap((step) => ("value" in step ? [step.value] : []));
  const decided = all.at(-1);
  const hasEnded = decided && (decided.decision.type === "FATAL" || decided.decision.type === "SUCCESS");
  const attempts = all.length + (hasEnded ? 0 : 1);
  const total = `${count(attempts, "run")}, ${duration(decided?.state.waitedSeconds ?? 0)} of waiting`;
  const startSeconds = decided ? decided.startSeconds + app.state.runSeconds + decided.state.waitSeconds : 0;
  const type: Type = decided?.decision.type === "FATAL" ? "FATAL" : "SUCCESS";
  const says = !hasEnded
    ? "The next run succeeds"
    : type === "FATAL"
      ? `Failed: ${decided.decision.error}`
      : `Succeeded, outcome ${decided.decision.outcome ?? "succeeded"}`;
  return h(
    "li",
    { class: "step end" },
    h(
      "span",
      { class: "pick" },
      h("span", { class: "time" }, clock(startSeconds + (hasEnded ? 0 : app.state.runSeconds))),
      h("span", { class: `dot ${type}` }),
      h("span", { class: "title" }, says),
    ),
    h("span", { class: "outcome faint" }, total),
  );
}

const WIDTH = 1000;
const HEIGHT = 34;

/** All runs and waits on one scale of time. */
function chart(app: App, steps: Result<Step>[]): Element | null {
  const decided = steps.flatMap((step) => ("value" in step ? [step.value] : []));
  const last = decided.at(-1);
  if (!last) return null;
  const { runSeconds } = app.state;
  const hasEnded = last.decision.type === "FATAL" || last.decision.type === "SUCCESS";
  const end = last.startSeconds + runSeconds + (hasEnded ? 0 : last.state.waitSeconds + runSeconds);
  const least = 10;
  const runs = decided.length + (hasEnded ? 0 : 1);
  // Runs without a duration still get a width, so the rest of the scale is a little narrower.
  const scale = (WIDTH - runs * least) / Math.max(end, 1);
  let x = 0;
  const parts: Element[] = [];
  const bar = (width: number, className: string, title: string): void => {
    parts.push(
      s(
        "rect",
        {
          x: x.toFixed(1),
          y: className === "gap" ? 13 : 6,
          width: Math.max(width - 1.5, 1).toFixed(1),
          height: className === "gap" ? 8 : 22,
          rx: 3,
          class: className,
        },
        s("title", {}, title),
      ),
    );
    x += width;
  };
  decided.forEach(({ decision, state, startSeconds }, index) => {
    const isLast = index === decided.length - 1 && hasEnded;
    bar(least + runSeconds * scale, decision.type, `run ${index + 1} from ${clock(startSeconds)}: ${decision.type}`);
    if (!isLast && state.waitSeconds > 0) bar(state.waitSeconds * scale, "gap", `waits ${duration(state.waitSeconds)}`);
  });
  if (!hasEnded) bar(least + runSeconds * scale, "SUCCESS", "the last run succeeds");
  const label = `${count(runs, "run")} and ${duration(last.state.waitedSeconds)} of waiting in ${duration(end)}`;
  return h(
    "figure",
    { class: "strip" },
    s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...parts),
    h("figcaption", {}, h("span", {}, "0s"), h("span", {}, duration(end))),
  );
}
