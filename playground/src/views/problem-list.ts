// The problems below the policy, each with its quick fixes.

import type { App } from "../app";
import { h, replace } from "../dom";
import { applyFix, messageOf, type Problem, titleOf } from "../editor/problems";

export function renderProblems(app: App, parent: HTMLElement, problems: Problem[]): void {
  parent.hidden = problems.length === 0;
  const items = problems.map(({ diagnostic, fixes }, index) => {
    const line = diagnostic.range.start.line + 1;
    const buttons = fixes.map((fix, number) =>
      h("button", { class: "fix", "data-key": `fix-${index}-${number}`, onclick: () => applyFix(app.editor, fix) }, titleOf(fix)),
    );
    return h(
      "li",
      { class: diagnostic.severity === 1 ? "error" : "warning" },
      h("button", { class: "link place", "data-key": `problem-${index}`, onclick: () => app.goTo(line) }, `line ${line}`),
      messageOf(diagnostic),
      buttons.length > 0 && h("div", { class: "fixes" }, ...buttons),
    );
  });
  replace(parent, h("ul", {}, ...items));
}
