// The little Markdown that the language server writes, as elements.

import { h } from "./dom";

export function markdown(text: string): HTMLElement {
  const body = h("div", { class: "markdown" });
  const parts = text.split(/```\w*\n([\s\S]*?)\n?```/);
  parts.forEach((part, index) => {
    if (index % 2 === 1) body.append(h("pre", {}, part));
    else for (const paragraph of part.split(/\n{2,}/)) if (paragraph.trim()) body.append(block(paragraph));
  });
  return body;
}

function block(text: string): HTMLElement {
  const items = text.split("\n").filter((line) => /^[-*] /.test(line));
  if (items.length > 0 && items.length === text.trim().split("\n").length)
    return h("ul", {}, ...items.map((item) => h("li", {}, ...inline(item.slice(2)))));
  const lines = text.trim().split(/ {2,}\n/);
  return h("p", {}, ...lines.flatMap((line, index) => [index > 0 && h("br"), ...inline(line)]));
}

/** Code, strong text and links. Other marks stay as they are. */
export function inline(text: string): Node[] {
  const pieces = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/);
  return pieces.filter(Boolean).map((piece) => {
    if (piece.startsWith("`")) return h("code", {}, piece.slice(1, -1));
    if (piece.startsWith("**")) return h("strong", {}, piece.slice(2, -2));
    const link = /^\[([^\]]+)\]\((https:[^)]+)\)$/.exec(piece);
    if (link) return h("a", { href: link[2], target: "_blank", rel: "noreferrer" }, link[1] ?? "");
    return document.createTextNode(piece);
  });
}
