// The editors of the page.

import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, StreamLanguage, type StreamParser } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { problemGutter } from "./problems";
import { theme } from "./theme";

interface Options {
  parent: HTMLElement;
  label: string;
  text: string;
  /** Called after each change that a person makes, or a fix. */
  onChange: (text: string) => void;
  extensions?: Extension;
}

/** An editor of a policy. Tab leaves it, as everywhere on the page. */
export function policyEditor({ parent, label, text, onChange, extensions = [] }: Options): EditorView {
  const changes = EditorView.updateListener.of((update) => {
    if (update.docChanged) onChange(update.state.doc.toString());
  });
  return new EditorView({
    parent,
    doc: text,
    extensions: [
      problemGutter,
      lineNumbers(),
      extensions,
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      bracketMatching(),
      closeBrackets(),
      search({ top: true }),
      highlightSelectionMatches(),
      StreamLanguage.define(toml),
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...lintKeymap,
      ]),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
      theme,
      changes,
    ],
  });
}

/** JSON in colours. A parser of its own, because those of libraries are many times its size. */
const json: StreamParser<null> = {
  startState: () => null,
  token(stream) {
    if (stream.match(/"(?:[^"\\]|\\.)*"(?=\s*:)/)) return "propertyName";
    if (stream.match(/"(?:[^"\\]|\\.)*"?/)) return "string";
    if (stream.match(/-?\d[\d.eE+-]*|true|false|null/)) return "number";
    stream.next();
    return null;
  },
};

/** A text in JSON to read. */
export function jsonViewer(parent: HTMLElement, label: string): EditorView {
  return new EditorView({
    parent,
    extensions: [
      lineNumbers(),
      StreamLanguage.define(json),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({
        "aria-label": label,
        tabindex: "0",
        role: "textbox",
        "aria-readonly": "true",
        "aria-multiline": "true",
      }),
      EditorView.lineWrapping,
      search({ top: true }),
      keymap.of(searchKeymap),
      theme,
    ],
  });
}

/** Replaces the whole text, keeping what is the same at both ends, so that cursor and marks stay. */
export function setText(view: EditorView, text: string): void {
  const old = view.state.doc.toString();
  if (old === text) return;
  let from = 0;
  while (from < Math.min(old.length, text.length) && old[from] === text[from]) from++;
  let end = 0;
  while (end < Math.min(old.length, text.length) - from && old.at(-1 - end) === text.at(-1 - end)) end++;
  view.dispatch({ changes: { from, to: old.length - end, insert: text.slice(from, text.length - end) } });
}
