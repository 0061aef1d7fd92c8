// Elements of the page.

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;
type Child = Node | string | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element. `onclick` and the like are listeners; false and null leave an attribute out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** Makes an element of a drawing. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag) as SVGElementTagNameMap[K], attributes, children);
}

function fill<T extends Element>(element: T, attributes: Attributes, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element ${id}`);
  return element as T;
}

/** Replaces the content of an element. What has the same `data-key` keeps the focus, and stays open. */
export function replace(parent: Element, ...children: Child[]): void {
  const keyOf = (element: Element | null) => (parent.contains(element) ? element?.getAttribute("data-key") : null);
  const focused = keyOf(document.activeElement);
  const open = [...parent.querySelectorAll("details[open][data-key]")].map(keyOf);
  parent.replaceChildren(...children.filter((it): it is Node | string => Boolean(it)));
  for (const details of parent.querySelectorAll("details[data-key]"))
    if (open.includes(keyOf(details))) details.setAttribute("open", "");
  if (focused) parent.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** Replaces the content of an element if it would look different. Listeners must not depend on what cannot be seen. */
export function refresh(parent: Element, ...children: Child[]): void {
  const next = h("div", {}, ...children);
  // What somebody opened is not a difference.
  for (const details of parent.querySelectorAll("details[open][data-key]"))
    next.querySelector(`details[data-key="${details.getAttribute("data-key")}"]`)?.setAttribute("open", "");
  const old = [...parent.childNodes];
  const isSame =
    old.length === next.childNodes.length && old.every((child, index) => child.isEqualNode(next.childNodes[index] ?? null));
  if (!isSame) replace(parent, ...next.childNodes);
}

/** Downloads a text as a file. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Copies a text, and says so on the button for a moment. */
export async function copy(text: string, button: HTMLElement): Promise<void> {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    said = copyBySelection(text) ? "Copied" : "Not allowed";
  }
  button.dataset.said = said;
  byId("said").textContent = said;
  setTimeout(() => delete button.dataset.said, 1500);
}

/** Browsers may refuse the clipboard to pages from a disk, but not a selection. */
function copyBySelection(text: string): boolean {
  const area = h("textarea", { class: "offscreen" });
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
