// A failure as it was recorded: pasted, or from a file.

import { h } from "../dom";
import type { Failure } from "../question";
import { count } from "../words";
import type { Picking } from "./picker";

const FORMS =
  "An event of ProcessError, the history of an execution, what aws ecs describe-tasks or aws batch describe-jobs prints, " +
  "an event of EventBridge, an error with its cause as the console shows it, or a log of such events";

export function pasteForm({ app, pick }: Picking): { element: HTMLElement; render: () => void } {
  const area = h("textarea", {
    id: "pasted",
    rows: 7,
    spellcheck: "false",
    "aria-describedby": "pasted-forms",
    placeholder: '{"taskError": {"Error": "States.TaskFailed", "Cause": "…"}}',
  });
  const status = h("p", { class: "status", role: "status" });
  const add = h("button", { class: "primary", disabled: true, type: "submit" }, "Add");
  const file = h("input", { type: "file", class: "offscreen", tabindex: "-1", "aria-label": "A file with recorded failures" });
  let found: Failure[] = [];
  let asked = 0;

  const read = async (): Promise<void> => {
    const number = ++asked;
    const text = area.value;
    let says = "";
    let failures: Failure[] = [];
    if (text.trim()) {
      try {
        const recordings = await app.client.recordings(text);
        failures = recordings.map((event, index) => ({ from: "text", label: `pasted failure ${index + 1}`, event }));
        says = failures.length === 0 ? "There is no failure in this text." : `${count(failures.length, "failure")} found`;
      } catch (error) {
        says = (error as Error).message;
      }
    }
    if (number !== asked) return;
    found = failures;
    status.textContent = says;
    add.disabled = found.length === 0;
  };
  area.addEventListener("input", () => void read());
  file.addEventListener("change", async () => {
    area.value = (await file.files?.[0]?.text()) ?? "";
    file.value = "";
    await read();
  });
  const element = h(
    "form",
    {
      class: "paste",
      onsubmit: (event: Event) => {
        event.preventDefault();
        pick(found);
        area.value = "";
        void read();
      },
    },
    h("label", { for: "pasted" }, "A recorded failure"),
    area,
    h("p", { class: "faint", id: "pasted-forms" }, `${FORMS}.`),
    h(
      "div",
      { class: "actions" },
      add,
      h("button", { type: "button", onclick: () => file.click() }, "Open a file …"),
      file,
      status,
    ),
  );
  return { element, render: () => {} };
}
