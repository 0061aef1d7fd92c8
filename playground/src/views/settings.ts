// The settings of the execution that the failures belong to.

import type { App } from "../app";
import { h } from "../dom";
import { duration, seconds } from "../words";

export function settings(app: App): { element: HTMLElement; render: () => void } {
  const run = h("input", { id: "run-time", size: 6, autocomplete: "off", "aria-describedby": "run-time-help" });
  const seed = h("input", { id: "seed", type: "number", min: 0, max: 999_999, step: 1 });
  run.addEventListener("input", () => {
    const runSeconds = seconds(run.value);
    run.setAttribute("aria-invalid", String(runSeconds === null));
    if (runSeconds !== null) app.change({ runSeconds });
  });
  seed.addEventListener("input", () => {
    const number = Number(seed.value);
    if (Number.isSafeInteger(number) && number >= 0) app.change({ seed: number });
  });
  const clear = h("button", { class: "link", onclick: () => app.change({ failures: [], selected: 0 }) }, "Remove all");
  const element = h(
    "div",
    { class: "settings" },
    h("label", { for: "run-time" }, "Each run takes"),
    run,
    h("span", { class: "offscreen", id: "run-time-help" }, "a duration such as 90s or 1h30m"),
    h("label", { for: "seed", title: "With jitter, each execution draws other delays" }, "Execution"),
    seed,
    clear,
  );
  const render = (): void => {
    const { runSeconds, seed: number, failures } = app.state;
    if (document.activeElement !== run) run.value = duration(runSeconds);
    if (document.activeElement !== seed) seed.value = String(number);
    clear.hidden = failures.length === 0;
  };
  return { element, render };
}
