// Lists of tabs that arrow keys move in.

import { h } from "../dom";

interface TabOptions<T extends string> {
  label: string;
  tabs: readonly { id: T; title: string; panel?: string }[];
  onSelect: (id: T) => void;
}

/** A list of tabs. `select` shows which one is selected. */
export function tabList<T extends string>({
  label,
  tabs,
  onSelect,
}: TabOptions<T>): { element: HTMLElement; select: (id: T) => void } {
  const buttons = tabs.map(({ id, title, panel }) =>
    h(
      "button",
      {
        role: "tab",
        id: `tab-${id}`,
        "aria-controls": panel,
        "aria-selected": "false",
        tabindex: -1,
        onclick: () => onSelect(id),
      },
      title,
    ),
  );
  const element = h("div", { role: "tablist", class: "tabs", "aria-label": label }, ...buttons);
  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const shown = buttons.filter((button) => button.offsetParent !== null);
    const at = shown.indexOf(document.activeElement as HTMLButtonElement);
    const edge = { Home: shown[0], End: shown.at(-1) }[event.key];
    const next = step === undefined ? edge : shown[(at + step + shown.length) % shown.length];
    if (!next || at < 0) return;
    event.preventDefault();
    next.focus();
    next.click();
  });
  return {
    element,
    select: (id) => {
      for (const button of buttons) {
        const isSelected = button.id === `tab-${id}`;
        button.setAttribute("aria-selected", String(isSelected));
        button.tabIndex = isSelected ? 0 : -1;
      }
    },
  };
}
