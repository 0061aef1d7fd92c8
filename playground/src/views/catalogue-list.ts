// The catalogue of failures: a search, and a list that arrow keys move in.

import type { CatalogueEvent } from "../catalogue";
import { h } from "../dom";
import { count } from "../words";
import type { Picking } from "./picker";

export function catalogueList({ app, pick }: Picking): { element: HTMLElement; render: () => void } {
  const { events } = app.catalogue;
  const input = h("input", {
    type: "search",
    role: "combobox",
    placeholder: `Search ${events.length} failures: spot, throttled, pull, memory …`,
    "aria-label": "Search the catalogue of failures",
    "aria-expanded": "true",
    "aria-controls": "events",
    "aria-autocomplete": "list",
    autocomplete: "off",
  });
  const list = h("ul", { role: "listbox", id: "events", class: "events", "aria-label": "Failures", tabindex: "-1" });
  const found = h("p", { class: "offscreen", role: "status" });
  const options = events.map((event) => ({ event, element: option(event) }));
  const textOf = ({ name, shows, class: type, event }: CatalogueEvent) => `${name} ${shows} ${type} ${event}`.toLowerCase();
  const texts = new Map(events.map((event) => [event, textOf(event)]));
  let shown = options;
  let active = -1;

  const activate = (index: number): void => {
    shown[active]?.element.setAttribute("aria-selected", "false");
    active = index;
    const element = shown[index]?.element;
    element?.setAttribute("aria-selected", "true");
    element?.scrollIntoView({ block: "nearest" });
    if (element) input.setAttribute("aria-activedescendant", element.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const filter = (): void => {
    activate(-1);
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = options.filter(({ event }) => words.every((word) => texts.get(event)?.includes(word)));
    list.replaceChildren(...shown.map(({ element }) => element));
    found.textContent = words.length > 0 ? `${count(shown.length, "failure")} found` : "";
  };
  options.forEach(({ event, element }) =>
    element.addEventListener("click", () => {
      activate(shown.findIndex((it) => it.event === event));
      pick([{ from: "catalogue", name: event.name }]);
    }),
  );
  input.addEventListener("input", filter);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      activate(Math.max(0, Math.min(active + step, shown.length - 1)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      shown[Math.max(active, 0)]?.element.click();
    }
  });
  filter();
  return { element: h("div", { class: "catalogue" }, input, found, list), render: () => {} };
}

function option({ name, shows, class: type }: CatalogueEvent): HTMLElement {
  const types = type.split("|").map((it) => h("span", { class: `mark ${it}`, title: `expected of the default policy: ${it}` }));
  return h(
    "li",
    { role: "option", id: `event-${name}`, "aria-selected": "false" },
    h("span", { class: "types" }, ...types),
    h("span", { class: "title" }, shows),
    h("span", { class: "name" }, name),
  );
}
