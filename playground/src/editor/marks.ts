// What an answer shows within the text: delays, the rule that decides and those passed over, and tests.

import { type Extension, type Range, RangeSet, StateEffect, StateField, type Text } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, GutterMarker, gutter, hoverTooltip, WidgetType } from "@codemirror/view";
import type { ExplainDecision, TestResult } from "@exitwise/engine";
import { h } from "../dom";
import { type LspHint, type LspSymbol, offsetOf } from "../lsp";
import { passedOver } from "../views/reasons";

/** What there is to mark. Lines are those of `text`. */
export interface Marks {
  hints: LspHint[];
  symbols: LspSymbol[];
  decision: ExplainDecision | null;
  tests: TestResult[];
}

const setMarks = StateEffect.define<Marks>();

interface Marked {
  decorations: DecorationSet;
  tests: RangeSet<GutterMarker>;
  /** The reason for each rule that was passed over, at the extent of the rule. */
  reasons: { from: number; to: number; reason: () => HTMLElement }[];
}

const nothing: Marked = { decorations: Decoration.none, tests: RangeSet.empty, reasons: [] };

const marked = StateField.define<Marked>({
  create: () => nothing,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return marksOf(transaction.state.doc, effect.value);
    if (!transaction.docChanged) return value;
    // Until the answer about the new text comes, marks move with the text.
    const at = (offset: number) => transaction.changes.mapPos(offset);
    return {
      decorations: value.decorations.map(transaction.changes),
      tests: value.tests.map(transaction.changes),
      reasons: value.reasons.map((it) => ({ ...it, from: at(it.from), to: at(it.to) })),
    };
  },
  provide: (field) => EditorView.decorations.from(field, (it) => it.decorations),
});

const testGutter = gutter({ class: "cm-tests", markers: (view) => view.state.field(marked).tests });

const reasonOnHover = hoverTooltip((view, pos) => {
  const { reasons } = view.state.field(marked);
  const found = reasons.find(({ from, to }) => from <= pos && pos <= to);
  if (!found) return null;
  const { from, to } = view.state.doc.lineAt(pos);
  return { pos: from, end: to, above: true, create: () => ({ dom: h("div", { class: "hover" }, found.reason()) }) };
});

export const marks: Extension = [marked, testGutter, reasonOnHover];

export function showMarks(view: EditorView, marks: Marks): void {
  view.dispatch({ effects: setMarks.of(marks) });
}

function marksOf(text: Text, { hints, symbols, decision, tests }: Marks): Marked {
  const decorations: Range<Decoration>[] = hints.map((hint) => {
    const widget = new HintWidget(hint.label, hint.tooltip);
    return Decoration.widget({ widget, side: 1 }).range(offsetOf(text, hint.position));
  });
  const reasons: Marked["reasons"] = [];
  const linesOf = (line: number): { first: number; last: number } | null => {
    const symbol = symbols.find(({ range }) => range.start.line < line && line <= range.end.line + 1);
    if (!symbol) return line >= 1 && line <= text.lines ? { first: line, last: line } : null;
    return { first: symbol.range.start.line + 1, last: Math.min(symbol.range.end.line + 1, text.lines) };
  };
  const paint = (line: number, name: string, head: string): { from: number; to: number } | null => {
    const lines = linesOf(line);
    if (!lines || lines.last > text.lines) return null;
    for (let number = lines.first; number <= lines.last; number++) {
      const names = number === line ? `${name} ${head}` : name;
      decorations.push(Decoration.line({ class: names }).range(text.line(number).from));
    }
    return { from: text.line(lines.first).from, to: text.line(lines.last).to };
  };
  for (const passed of decision?.passed ?? []) {
    const place = paint(passed.line, "cm-passed", "");
    if (place) reasons.push({ ...place, reason: () => passedOver(passed) });
  }
  if (decision?.line) paint(decision.line, `cm-decides ${decision.type}`, "cm-decides-line");
  const markers = tests
    .filter(({ line }) => line >= 1 && line <= text.lines)
    .map((test) => new TestMarker(test).range(text.line(test.line).from));
  return { decorations: Decoration.set(decorations, true), tests: RangeSet.of(markers, true), reasons };
}

class HintWidget extends WidgetType {
  constructor(
    private label: string,
    private tooltip: string | undefined,
  ) {
    super();
  }
  override eq(other: HintWidget): boolean {
    return other.label === this.label && other.tooltip === this.tooltip;
  }
  override toDOM(): HTMLElement {
    return h("span", { class: "cm-hint", title: this.tooltip }, this.label);
  }
}

class TestMarker extends GutterMarker {
  constructor(private test: TestResult) {
    super();
  }
  override eq(other: TestMarker): boolean {
    return other.test.passed === this.test.passed && other.test.name === this.test.name;
  }
  override toDOM(): HTMLElement {
    const { name, passed } = this.test;
    const says = `${passed ? "passed" : "failed"}: ${name}`;
    return h(
      "span",
      { class: passed ? "test passed" : "test failed", title: says, role: "img", "aria-label": says },
      passed ? "✓" : "✗",
    );
  }
}
