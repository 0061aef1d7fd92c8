// A failure built from facts, in the words of `exitwise simulate --failures`.

import { h } from "../dom";
import type { Picking } from "./picker";

/** Each fact with its key on the command line, and values that ECS and Step Functions often report. */
const FACTS: { key: string; label: string; examples: string[] }[] = [
  { key: "exit_code", label: "Exit code", examples: [] },
  {
    key: "stop_code",
    label: "Stop code",
    examples: [
      "EssentialContainerExited",
      "SpotInterruption",
      "TerminationNotice",
      "TaskFailedToStart",
      "UserInitiated",
      "ServiceSchedulerInitiated",
      "InfrastructureHealth",
    ],
  },
  {
    key: "error",
    label: "Error name",
    examples: [
      "States.TaskFailed",
      "States.Timeout",
      "States.HeartbeatTimeout",
      "ECS.AmazonECSException",
      "ECS.ServerException",
      "AmazonECS.Unknown",
    ],
  },
  {
    key: "stopped_reason",
    label: "Stopped reason",
    examples: [
      "Essential container in task exited",
      "Your Spot Task was interrupted.",
      "Host EC2 (instance i-0123456789abcdef0) terminated.",
    ],
  },
  { key: "container_reason", label: "Container reason", examples: ["OutOfMemoryError: Container killed due to memory usage"] },
  { key: "container", label: "Container", examples: [] },
  { key: "capacity_provider", label: "Capacity provider", examples: ["FARGATE", "FARGATE_SPOT"] },
  { key: "ran_for", label: "Ran for", examples: ["30s", "5m", "2h"] },
];

/** The kind of symbol that the language server gives rules: a function. */
const RULE = 12;

export function buildForm({ app, pick }: Picking): { element: HTMLElement; render: () => void } {
  const fields = FACTS.map(({ key, label, examples }) => {
    const input = h("input", {
      id: `fact-${key}`,
      list: `examples-${key}`,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": "facts-said",
    });
    const list = h("datalist", { id: `examples-${key}` }, ...examples.map((value) => h("option", { value })));
    return { key, input, list, element: h("div", { class: "field" }, h("label", { for: `fact-${key}` }, label), input, list) };
  });
  const rule = h("select", { id: "fact-rule" });
  const shown = h("code", { class: "facts" });
  const said = h("p", { class: "status", id: "facts-said", role: "status" });
  const add = h("button", { class: "primary", type: "submit" }, "Add");

  const facts = (): string => {
    if (rule.value) return `rule=${rule.value}`;
    const given = fields.filter(({ input }) => input.value.trim());
    return given.map(({ key, input }) => (key === "exit_code" ? input.value.trim() : `${key}=${input.value.trim()}`)).join("+");
  };
  const update = (): void => {
    const hasPlus = !rule.value && fields.some(({ input }) => input.value.includes("+"));
    for (const { input } of fields) input.disabled = rule.value !== "";
    shown.textContent = facts();
    said.textContent = hasPlus ? "A fact cannot contain `+`; paste the failure instead." : "";
    add.disabled = facts() === "" || hasPlus;
  };
  const element = h(
    "form",
    {
      class: "build",
      oninput: update,
      onsubmit: (event: Event) => {
        event.preventDefault();
        pick([{ from: "facts", facts: facts() }]);
      },
    },
    h("div", { class: "fields" }, ...fields.map((field) => field.element)),
    h("div", { class: "field wide" }, h("label", { for: "fact-rule" }, "Or any failure that this rule decides about"), rule),
    h("div", { class: "actions" }, add, shown, said),
  );
  const render = (): void => {
    // A policy that changes may have other rules.
    const names = (app.good?.symbols ?? []).filter(({ kind }) => kind === RULE).map(({ name }) => name);
    const chosen = rule.value;
    rule.replaceChildren(h("option", { value: "" }, "–"), ...names.map((value) => h("option", { value }, value)));
    rule.value = names.includes(chosen) ? chosen : "";
    update();
  };
  return { element, render };
}
