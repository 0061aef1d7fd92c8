// Adds failures: from the catalogue, pasted, or built from facts.

import type { App } from "../app";
import { h } from "../dom";
import type { Failure } from "../question";
import { MOST_FAILURES } from "../state";
import { buildForm } from "./build";
import { catalogueList } from "./catalogue-list";
import { pasteForm } from "./paste";
import { tabList } from "./tabs";

type Way = "catalogue" | "paste" | "build";

const WAYS: { id: Way; title: string; panel: string }[] = [
  { id: "catalogue", title: "Catalogue", panel: "way" },
  { id: "paste", title: "Paste", panel: "way" },
  { id: "build", title: "Build", panel: "way" },
];

/** What the ways to add failures share. */
export interface Picking {
  app: App;
  /** Adds failures, or puts them in the place of the selected one. */
  pick: (failures: Failure[]) => void;
}

export function picker(app: App): { element: HTMLElement; render: () => void } {
  const replaces = h("input", { type: "checkbox", id: "replaces" });
  const replacesLabel = h("label", { for: "replaces", class: "switch" }, replaces, h("span", {}, "Replace the selected one"));
  const picking: Picking = { app, pick: (failures) => pick(app, failures, replaces.checked) };
  const views = { catalogue: catalogueList(picking), paste: pasteForm(picking), build: buildForm(picking) };
  const panel = h("div", { id: "way", role: "tabpanel", class: "way" }, views.catalogue.element);
  let shown: Way = "catalogue";
  const show = (way: Way): void => {
    shown = way;
    tabs.select(way);
    panel.setAttribute("aria-labelledby", `tab-${way}`);
    panel.replaceChildren(views[way].element);
    views[way].render();
  };
  const tabs = tabList({ label: "Ways to add a failure", tabs: WAYS, onSelect: show });
  show("catalogue");
  const element = h(
    "section",
    { class: "picker", "aria-labelledby": "picker-title" },
    h("header", {}, h("h2", { id: "picker-title" }, "Add a failure"), tabs.element, replacesLabel),
    panel,
  );
  return { element, render: () => views[shown].render() };
}

function pick(app: App, added: Failure[], replaces: boolean): void {
  const { failures, selected } = app.state;
  const [first] = added;
  if (!first) return;
  const next = replaces && failures.length > 0 ? failures.toSpliced(selected, 1, ...added) : [...failures, ...added];
  const at = replaces && failures.length > 0 ? selected : failures.length;
  app.change({ failures: next.slice(0, MOST_FAILURES), selected: Math.min(at, MOST_FAILURES - 1) });
}
