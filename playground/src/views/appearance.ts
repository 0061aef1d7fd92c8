// Light or dark: as the system says, or as somebody chose.

import { h } from "../dom";

const KEY = "exitwise.theme";

type Theme = "auto" | "light" | "dark";
const THEMES: Theme[] = ["auto", "light", "dark"];

export function themeSwitch(): HTMLElement {
  let theme = THEMES.find((it) => it === stored()) ?? "auto";
  const button = h("button", {
    class: "quiet",
    onclick: () => show(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto"),
  });
  const show = (next: Theme): void => {
    theme = next;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = { auto: "◐ Auto", light: "○ Light", dark: "● Dark" }[theme];
    button.setAttribute("aria-label", `Theme: ${theme}`);
    store(theme);
  };
  show(theme);
  return button;
}

/** Browsers may refuse storage to pages from a disk. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(theme: Theme): void {
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Then the choice is for this time only.
  }
}
