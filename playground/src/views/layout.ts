// A layered layout of a small graph, from the top to the bottom.

export interface Edge {
  from: string;
  to: string;
  label: string;
}

export interface Layout {
  /** The layer of each node, from 0, and its place in it. */
  places: Map<string, { layer: number; place: number }>;
  layers: string[][];
  /** Edges that lead back to a layer above or the same one. */
  back: Set<Edge>;
}

export function layout(nodes: string[], edges: Edge[], start: string): Layout {
  const back = backEdges(nodes, edges, start);
  const forward = edges.filter((edge) => !back.has(edge));
  const depth = new Map<string, number>(nodes.map((node) => [node, 0]));
  // As often as there are nodes, because no path without back edges is longer.
  for (let round = 0; round < nodes.length; round++)
    for (const { from, to } of forward) depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(from) ?? 0) + 1));
  const layers: string[][] = [];
  for (const node of nodes) (layers[depth.get(node) ?? 0] ??= []).push(node);
  for (let round = 0; round < 4; round++) {
    for (const layer of layers) sortByNeighbours(layer, layers, forward, "from");
    for (const layer of layers.toReversed()) sortByNeighbours(layer, layers, forward, "to");
  }
  // What leads back is on the right, where there is room for its edges.
  const returns = (node: string) => Number([...back].some(({ from }) => from === node));
  for (const layer of layers) layer.sort((a, b) => returns(a) - returns(b));
  const places = new Map(layers.flatMap((layer, index) => layer.map((node, place) => [node, { layer: index, place }] as const)));
  return { places, layers, back };
}

/** The edges that close a cycle if states are followed from the start. */
function backEdges(nodes: string[], edges: Edge[], start: string): Set<Edge> {
  const back = new Set<Edge>();
  const entered = new Set<string>();
  const left = new Set<string>();
  const visit = (node: string): void => {
    entered.add(node);
    for (const edge of edges.filter(({ from }) => from === node)) {
      if (!entered.has(edge.to)) visit(edge.to);
      else if (!left.has(edge.to)) back.add(edge);
    }
    left.add(node);
  };
  for (const node of [start, ...nodes]) if (!entered.has(node)) visit(node);
  return back;
}

/** Orders a layer by the mean place of the neighbours, so that few edges cross. */
function sortByNeighbours(layer: string[], layers: string[][], edges: Edge[], side: "from" | "to"): void {
  const placeOf = (node: string) => {
    const at = layers.find((it) => it.includes(node)) ?? [];
    return (at.indexOf(node) + 0.5) / at.length;
  };
  const other = side === "from" ? "to" : "from";
  const means = new Map(
    layer.map((node, index) => {
      const places = edges.filter((edge) => edge[other] === node).map((edge) => placeOf(edge[side]));
      const mean = places.length > 0 ? places.reduce((sum, it) => sum + it, 0) / places.length : (index + 0.5) / layer.length;
      return [node, mean];
    }),
  );
  layer.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0));
}
