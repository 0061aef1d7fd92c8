// The gallery: policies to start from, and the settings of other systems beside the policies that say the same.

import type { App } from "../app";
import type { Pair } from "../catalogue";
import { h } from "../dom";
import { inline } from "../markdown";

/** The file name of policies that are no files of the repository. */
export const RECIPE = "policy.toml";

export function gallery(app: App): HTMLDialogElement {
  const { policies, pairs } = app.catalogue;
  const open = (policy: string, name: string): void => {
    app.open(policy, name);
    dialog.close();
  };
  const file = h("input", { type: "file", accept: ".toml", class: "offscreen", tabindex: "-1", "aria-label": "A policy" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files ?? [];
    if (chosen) open(await chosen.text(), chosen.name);
    file.value = "";
  });
  const cards = (items: typeof policies) =>
    h(
      "ul",
      { class: "cards" },
      ...items.map(({ name, title, text }) =>
        h(
          "li",
          {},
          h(
            "button",
            { class: "card", onclick: () => open(text, name) },
            h("strong", {}, title),
            name !== RECIPE && h("span", { class: "name" }, name),
          ),
        ),
      ),
    );
  const dialog = h(
    "dialog",
    { class: "gallery", "aria-labelledby": "gallery-title" },
    h(
      "header",
      {},
      h("h2", { id: "gallery-title" }, "Policies"),
      h(
        "div",
        { class: "actions" },
        h("button", { onclick: () => file.click() }, "Open a file …"),
        file,
        h("button", { class: "icon", "aria-label": "Close", onclick: () => dialog.close() }, "×"),
      ),
    ),
    h(
      "div",
      { class: "body" },
      h("h3", {}, "For kinds of work"),
      cards(policies.filter(({ name }) => name !== RECIPE)),
      h("h3", {}, "Recipes"),
      cards(policies.filter(({ name }) => name === RECIPE)),
      h("h3", {}, "Said in other systems, and here"),
      ...pairs.map((pair) => beside(pair, open)),
    ),
  );
  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

function beside({ title, theirs, ours, notes }: Pair, open: (policy: string, name: string) => void): HTMLElement {
  const [system = title, setting = ""] = title.split(": ");
  const code = (text: string, label: string) => h("pre", { tabindex: "0", role: "region", "aria-label": label }, text);
  return h(
    "details",
    { class: "pair" },
    h("summary", {}, h("strong", {}, system), " ", h("code", {}, setting)),
    ...notes.map((note) => h("p", {}, ...inline(note))),
    h(
      "div",
      { class: "beside" },
      h("section", {}, h("h4", {}, `Said in ${system}`), code(theirs, `Said in ${system}`)),
      h(
        "section",
        {},
        h("h4", {}, "Said here"),
        code(ours, `${system}, said here`),
        h("button", { class: "primary", onclick: () => open(ours, RECIPE) }, "Open this policy"),
      ),
    ),
  );
}
