// The compiled state machine: its graph and its text.

import type { EditorView } from "@codemirror/view";
import { type App, selectedStep } from "../app";
import { copy, h, replace, save } from "../dom";
import { jsonViewer, setText } from "../editor/editor";
import { graph } from "./graph";
import { tabList } from "./tabs";

const BACKENDS = [
  { id: "native", title: "Decides itself", panel: "compiled" },
  { id: "lambda", title: "With the Lambda function", panel: "compiled" },
] as const;

export function machineView(app: App, parent: HTMLElement): { render: () => void } {
  const tabs = tabList({ label: "Kind of state machine", tabs: BACKENDS, onSelect: (backend) => app.change({ backend }) });
  const text = (): string => {
    const machine = app.answer?.machine;
    return machine && "value" in machine ? machine.value : "";
  };
  const copyButton: HTMLElement = h("button", { onclick: () => void copy(text(), copyButton) }, "Copy");
  const saveButton = h("button", { onclick: () => save("state-machine.asl.json", text()) }, "Save");
  const drawing = h("div", { class: "graph", tabindex: "0", role: "region", "aria-label": "Graph" });
  const size = h("span", { class: "faint" });
  const problem = h("p", { class: "problem-line" });
  const box = h("div", { class: "editor json" });
  const panel = h(
    "div",
    { id: "compiled", role: "tabpanel" },
    problem,
    drawing,
    h("div", { class: "actions" }, copyButton, saveButton, size),
    box,
  );
  parent.append(
    h(
      "p",
      { class: "lead" },
      "The policy as a state machine in Amazon States Language. Values in ${…} are those of a deployment.",
    ),
    tabs.element,
    panel,
  );
  let viewer: EditorView | null = null;
  let drawn = "";

  const render = (): void => {
    tabs.select(app.state.backend);
    panel.setAttribute("aria-labelledby", `tab-${app.state.backend}`);
    const machine = app.answer?.machine;
    problem.hidden = Boolean(machine && "value" in machine);
    if (!machine) problem.textContent = app.answer?.good ? "" : "The policy has errors.";
    else if ("problem" in machine) problem.textContent = machine.problem;
    if (!machine || "problem" in machine) return;
    viewer ??= jsonViewer(box, "State machine");
    setText(viewer, machine.value);
    size.textContent = `${(new TextEncoder().encode(machine.value).length / 1024).toFixed(1)} KiB`;
    const type = selectedStep(app)?.decision.type ?? null;
    const key = `${machine.value}${type}`;
    if (drawn === key) return;
    drawn = key;
    replace(drawing, graph(machine.value, type));
  };
  return { render };
}
