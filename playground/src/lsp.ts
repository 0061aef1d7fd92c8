// The part of the Language Server Protocol that the page uses, and its positions as offsets.

import type { Text } from "@codemirror/state";

export interface Position {
  line: number;
  character: number;
}
export interface Range {
  start: Position;
  end: Position;
}
export interface TextEdit {
  range: Range;
  newText: string;
}
export interface Markup {
  kind: "markdown" | "plaintext";
  value: string;
}
export interface LspDiagnostic {
  range: Range;
  severity: 1 | 2 | 3 | 4;
  code?: string;
  codeDescription?: { href: string };
  message: string;
  tags?: number[];
}
export interface LspHint {
  position: Position;
  label: string;
  tooltip?: string;
}
export interface LspSymbol {
  name: string;
  detail?: string;
  kind: number;
  range: Range;
  selectionRange: Range;
}
export interface LspAction {
  title: string;
  diagnostics?: LspDiagnostic[];
  edit?: { changes?: Record<string, TextEdit[]> };
}
export interface LspCompletion {
  label: string;
  detail?: string;
  documentation?: Markup | string;
  sortText?: string;
  kind?: number;
  textEdit?: { range: Range; newText: string };
  insertText?: string;
}
export interface LspHover {
  contents: Markup;
  range?: Range;
}

export const URI = "file:///policy.toml";

/** The range of any document from its start to its end. */
export const WHOLE: Range = { start: { line: 0, character: 0 }, end: { line: 1_000_000, character: 0 } };

export function offsetOf(text: Text, position: Position): number {
  if (position.line >= text.lines) return text.length;
  const line = text.line(position.line + 1);
  return Math.min(line.from + position.character, line.to);
}

export function positionOf(text: Text, offset: number): Position {
  const line = text.lineAt(offset);
  return { line: line.number - 1, character: offset - line.from };
}

export function changesOf(text: Text, edits: TextEdit[]): { from: number; to: number; insert: string }[] {
  return edits.map(({ range, newText }) => ({
    from: offsetOf(text, range.start),
    to: offsetOf(text, range.end),
    insert: newText,
  }));
}
