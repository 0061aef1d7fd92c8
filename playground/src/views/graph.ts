// Draws a state machine as a graph.

import { s } from "../dom";
import type { Type } from "@exitwise/engine";
import { type Edge, layout } from "./layout";

interface StateDefinition {
  Type: string;
  Next?: string;
  Default?: string;
  Choices?: { Next: string; Condition?: string }[];
  Catch?: { Next: string }[];
}

const NODE = { width: 150, height: 36 };
const GAP = { x: 24, y: 40 };
const MARGIN = 12;

/** The graph of a state machine. The way of the decision is lit. */
export function graph(text: string, type: Type | null): SVGElement {
  const machine = JSON.parse(text) as { StartAt: string; States: Record<string, StateDefinition> };
  const nodes = Object.keys(machine.States);
  const edges = nodes.flatMap((name) => edgesOf(name, machine.States[name] as StateDefinition));
  const { places, layers, back } = layout(nodes, edges, machine.StartAt);
  const widest = Math.max(...layers.map((layer) => layer.length));
  const returning = edges.filter((edge) => back.has(edge));
  const inner = widest * (NODE.width + GAP.x) - GAP.x;
  const width = inner + 2 * MARGIN + returning.length * 16 + (returning.length > 0 ? 16 : 0);
  const height = layers.length * (NODE.height + GAP.y) - GAP.y + 2 * MARGIN;
  const at = (name: string): { x: number; y: number } => {
    const { layer, place } = places.get(name) ?? { layer: 0, place: 0 };
    const count = layers[layer]?.length ?? 1;
    const start = (inner - (count * (NODE.width + GAP.x) - GAP.x)) / 2;
    return { x: MARGIN + start + place * (NODE.width + GAP.x), y: MARGIN + layer * (NODE.height + GAP.y) };
  };
  const isLast = (name: string): boolean => {
    const { layer, place } = places.get(name) ?? { layer: 0, place: 0 };
    return place === (layers[layer]?.length ?? 0) - 1;
  };
  const lit = litEdges(edges, type);
  const paths = edges.map((edge) => {
    const from = at(edge.from);
    const to = at(edge.to);
    const classes = `edge ${lit.has(edge) ? `lit ${type}` : ""}`;
    const number = returning.indexOf(edge);
    const d =
      number < 0 ? down(from, to) : around(from, to, inner + MARGIN + 14 + number * 16, isLast(edge.from) ? 0 : 8 + number * 4);
    return s(
      "path",
      { d, class: classes, "marker-end": `url(#${lit.has(edge) ? "tip-lit" : "tip"})` },
      s("title", {}, `${edge.from} to ${edge.to}${edge.label && `: ${edge.label}`}`),
    );
  });
  const boxes = nodes.map((name) => {
    const { x, y } = at(name);
    const kind = machine.States[name]?.Type ?? "";
    const isLit = [...lit].some(({ from, to }) => from === name || to === name);
    return s(
      "g",
      { class: `state ${kind} ${isLit ? `lit ${type}` : ""}`, transform: `translate(${x} ${y})` },
      s("rect", { width: NODE.width, height: NODE.height, rx: kind === "Succeed" || kind === "Fail" ? NODE.height / 2 : 7 }),
      s("text", { x: NODE.width / 2, y: 16, class: "title" }, name),
      s("text", { x: NODE.width / 2, y: 29, class: "kind" }, kind),
    );
  });
  const said = edges.map(({ from, to, label }) => `${from} to ${to}${label && ` (${label})`}`).join(", ");
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `State machine: ${said}`, style: `max-width: ${width}px` },
    s("defs", {}, tip("tip", ""), tip("tip-lit", type ?? "")),
    ...paths,
    ...boxes,
  );
}

function tip(id: string, type: string): SVGElement {
  const path = s("path", { d: "M0 0L8 4L0 8Z", class: `tip ${type}` });
  return s(
    "marker",
    { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
    path,
  );
}

function edgesOf(from: string, state: StateDefinition): Edge[] {
  const edges: Edge[] = [];
  const add = (to: string | undefined, label: string): void => {
    if (to && !edges.some((edge) => edge.to === to)) edges.push({ from, to, label });
  };
  add(state.Next, "");
  for (const { Next, Condition } of state.Choices ?? [])
    add(Next, /RETRIABLE|TEMPORARY|FATAL|SUCCESS/.exec(Condition ?? "")?.[0] ?? "if");
  for (const { Next } of state.Catch ?? []) add(Next, "error");
  add(state.Default, "otherwise");
  return edges;
}

/** The edges that an execution takes after a decision of this type. */
function litEdges(edges: Edge[], type: Type | null): Set<Edge> {
  const decided = edges.find(({ label }) => label === type);
  if (!decided || !type) return new Set();
  const lit = new Set([decided]);
  if (type === "TEMPORARY") for (const edge of edges) if (edge.from === decided.to) lit.add(edge);
  return lit;
}

type Point = { x: number; y: number };

function down(from: Point, to: Point): string {
  const x1 = from.x + NODE.width / 2;
  const y1 = from.y + NODE.height;
  const x2 = to.x + NODE.width / 2;
  const bend = GAP.y * 0.6;
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${to.y - bend} ${x2} ${to.y - 1}`;
}

/** An edge back to a state above: around the right side, and below the states that stand in its way. */
function around(from: Point, to: Point, x: number, below: number): string {
  const y2 = to.y + NODE.height / 2;
  const y1 = below > 0 ? from.y + NODE.height + below : from.y + NODE.height / 2;
  const x1 = from.x + NODE.width;
  const out = below > 0 ? `M${x1 - 20} ${from.y + NODE.height}V${y1 - 6}Q${x1 - 20} ${y1} ${x1 - 14} ${y1}` : `M${x1} ${y1}`;
  return `${out}H${x - 8}Q${x} ${y1} ${x} ${y1 - 8}V${y2 + 8}Q${x} ${y2} ${x - 8} ${y2}H${to.x + NODE.width + 1}`;
}
