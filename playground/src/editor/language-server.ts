// Completion and hovers of the language server in an editor.

import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import type { Client } from "../client";
import { h } from "../dom";
import { markdown } from "../markdown";
import { type LspCompletion, type LspHover, offsetOf, positionOf } from "../lsp";

export function languageServer(client: Client): Extension {
  return [autocompletion({ override: [complete(client)], icons: false }), hover(client)];
}

function complete(client: Client) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const before = context.matchBefore(/[\w.\-]*/);
    const character = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
    if (!context.explicit && !before?.text && !/["'[{.=]/.test(character)) return null;
    const text = context.state.doc;
    const position = positionOf(text, context.pos);
    const items = await client.language<LspCompletion[] | null>(text.toString(), "textDocument/completion", { position });
    if (context.aborted || !items?.length) return null;
    const first = items[0]?.textEdit;
    const from = first ? offsetOf(text, first.range.start) : (before?.from ?? context.pos);
    return { from, options: items.map((item, index) => completion(item, index, text)), validFor: /^[\w.\-]*$/ };
  };
}

function completion(item: LspCompletion, index: number, text: CompletionContext["state"]["doc"]): Completion {
  const { documentation, textEdit } = item;
  const info = typeof documentation === "string" ? documentation : documentation?.value;
  return {
    label: item.label,
    detail: item.detail?.replaceAll("`", ""),
    boost: -index,
    info: info ? () => markdown(info) : undefined,
    apply: (view, _, from, to) => {
      // What follows the cursor is replaced as the server says, and what was typed since, too.
      const end = textEdit ? Math.max(to, offsetOf(text, textEdit.range.end)) : to;
      const insert = textEdit?.newText ?? item.insertText ?? item.label;
      view.dispatch({
        changes: { from, to: Math.min(end, view.state.doc.lineAt(to).to), insert },
        selection: { anchor: from + insert.length },
        userEvent: "input.complete",
      });
    },
  };
}

function hover(client: Client): Extension {
  return hoverTooltip(async (view, pos) => {
    const text = view.state.doc;
    const position = positionOf(text, pos);
    const answer = await client.language<LspHover | null>(text.toString(), "textDocument/hover", { position });
    if (!answer || view.state.doc !== text) return null;
    const range = answer.range;
    return {
      pos: range ? offsetOf(text, range.start) : pos,
      end: range ? offsetOf(text, range.end) : pos,
      above: true,
      create: () => ({ dom: h("div", { class: "hover" }, markdown(answer.contents.value)) }),
    };
  });
}
