// Problems as underlines, with their quick fixes.

import { type Action, type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { h } from "../dom";
import { changesOf, type LspAction, type LspDiagnostic, offsetOf, URI } from "../lsp";
import { inline } from "../markdown";

export const problemGutter = lintGutter({ hoverTime: 150 });

/** A problem with the fixes that the language server offers for it. */
export interface Problem {
  diagnostic: LspDiagnostic;
  fixes: LspAction[];
}

/** Puts each fix to the problem that it mends. */
export function withFixes(diagnostics: LspDiagnostic[], actions: LspAction[]): Problem[] {
  const keyOf = ({ code, message, range: { start } }: LspDiagnostic) =>
    JSON.stringify([code, message, start.line, start.character]);
  return diagnostics.map((diagnostic) => ({
    diagnostic,
    fixes: actions.filter((action) => action.diagnostics?.some((it) => keyOf(it) === keyOf(diagnostic))),
  }));
}

export function showProblems(view: EditorView, problems: Problem[]): void {
  const text = view.state.doc;
  view.dispatch(
    setDiagnostics(
      view.state,
      problems.map((problem) => underlined(text, problem)),
    ),
  );
}

/** Applies a fix, and puts the cursor behind its first edit. */
export function applyFix(view: EditorView, fix: LspAction): void {
  const edits = fix.edit?.changes?.[URI] ?? [];
  view.dispatch({ changes: changesOf(view.state.doc, edits), userEvent: "input.fix", scrollIntoView: true });
  view.focus();
}

/** The parts of a message of the language server: what is wrong, notes, and what to type instead. */
export function messageOf(diagnostic: LspDiagnostic): HTMLElement {
  const [first = "", ...rest] = diagnostic.message.split("\n");
  const head = h("p", {}, ...inline(first));
  if (diagnostic.code) {
    const { code, codeDescription } = diagnostic;
    const link = codeDescription && h("a", { href: codeDescription.href, target: "_blank", rel: "noreferrer" }, code);
    head.prepend(link ?? code, " ");
  }
  return h("div", { class: "message" }, head, ...rest.map((line) => h("p", { class: "help" }, ...inline(line))));
}

function underlined(text: Text, { diagnostic, fixes }: Problem): Diagnostic {
  const from = offsetOf(text, diagnostic.range.start);
  const to = Math.max(from, offsetOf(text, diagnostic.range.end));
  const actions = fixes.map((fix): Action => ({ name: titleOf(fix), apply: (view) => applyFix(view, fix) }));
  return {
    from,
    to,
    severity: diagnostic.severity === 1 ? "error" : "warning",
    message: diagnostic.message,
    markClass: diagnostic.tags?.includes(1) ? "cm-unneeded" : undefined,
    renderMessage: () => messageOf(diagnostic),
    actions,
  };
}

export const titleOf = (fix: LspAction): string => fix.title.replaceAll("`", "");
