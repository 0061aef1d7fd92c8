// The command line that gives the same answer as what is shown, and the files that it reads.

import { type App, stepsOf } from "../app";
import { copy, h, refresh, save } from "../dom";
import type { State } from "../state";
import { duration } from "../words";

export interface Command {
  line: string;
  files: { name: string; text: string }[];
}

export function commandOf(app: App): Command {
  const { state } = app;
  const policy = { name: state.name, text: state.policy };
  const name = quoted(state.name);
  switch (state.tab) {
    case "compare":
      if (!state.other) break;
      return {
        line: `exitwise diff ${quoted(state.other.name)} ${name}`,
        files: [{ name: state.other.name, text: state.other.policy }, policy],
      };
    case "machine":
      return { line: `exitwise compile ${state.backend === "lambda" ? "--backend lambda " : ""}${name}`, files: [policy] };
    case "delays":
    case "failures": {
      if (!app.answer?.good || state.failures.length === 0) break;
      const facts = simulated(state);
      if (facts) return { line: `exitwise simulate --policy ${name} --failures ${facts}`, files: [policy] };
      return {
        line: `exitwise explain --policy ${name} failures.jsonl`,
        files: [policy, { name: "failures.jsonl", text: eventsOf(app) }],
      };
    }
  }
  return { line: `exitwise check ${name}`, files: [policy] };
}

/** The arguments of `simulate` if it can describe all failures, or null. */
function simulated({ failures, runSeconds, seed }: State): string | null {
  const facts: string[] = [];
  for (const failure of failures) {
    if (failure.from !== "facts" || failure.facts.includes(",")) return null;
    facts.push(failure.facts);
  }
  const runTime = runSeconds > 0 ? ` --run-time ${duration(runSeconds)}` : "";
  return quoted(facts.join(",")) + runTime + (seed > 0 ? ` --seed ${seed}` : "");
}

/** The events of the decisions that are shown, one in each line. */
function eventsOf(app: App): string {
  return stepsOf(app)
    .flatMap((step) => ("value" in step ? [`${JSON.stringify(step.value.event)}\n`] : []))
    .join("");
}

/** A word of a shell. */
function quoted(text: string): string {
  return /^[\w./=,+@%:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function renderCommand(app: App, parent: HTMLElement): void {
  const { line, files } = commandOf(app);
  const copyButton: HTMLElement = h(
    "button",
    {
      class: "link",
      "data-key": "copy-command",
      "aria-label": "Copy the command",
      onclick: () => void copy(commandOf(app).line, copyButton),
    },
    "Copy",
  );
  const names = files.map(({ name }) => name).join(", ");
  const saveButton = h(
    "button",
    {
      class: "link",
      "data-key": "save-files",
      title: names,
      onclick: () => commandOf(app).files.forEach((file) => save(file.name.split("/").at(-1) ?? file.name, file.text)),
    },
    files.length > 1 ? "Save the files" : "Save the policy",
  );
  refresh(
    parent,
    h("span", { class: "prompt", "aria-hidden": "true" }, "$"),
    h("code", { tabindex: "0", role: "region", "aria-label": "Command line with the same answer" }, line),
    copyButton,
    saveButton,
  );
}
