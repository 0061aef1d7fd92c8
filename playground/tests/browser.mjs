// Opens the page in Chromium from the disk, without a network.

import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const page = process.env.EXITWISE_PAGE ?? join(root, "target/playground/index.html");
export const pictures = join(root, "target/playground");
mkdirSync(pictures, { recursive: true });

const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function executable() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const found = process.env.CHROMIUM ?? names.map((name) => `/usr/bin/${name}`).find(existsSync);
  if (!found) throw new Error("Chromium is not installed");
  return found;
}

export const launch = () => chromium.launch({ executablePath: executable(), args: SWITCHES });

/** Opens the page. Everything that it asks a network for, and everything that it says on the console, is a failure. */
export async function open(browser, { hash = "", file = page, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light", ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(10_000);
  const faults = [];
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url.startsWith("file:")) return route.continue();
    faults.push(`request for ${url}`);
    return route.abort();
  });
  tab.on("console", (message) => faults.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  await tab.goto(pathToFileURL(file).href + hash);
  await answered(tab);
  return { tab, context, faults };
}

/** Waits until the page shows the answer to its newest question. */
export async function answered(tab) {
  await tab.waitForFunction(() => document.body.dataset.shown === document.body.dataset.asked && document.body.dataset.asked > 0);
}

/** The text of the policy in the editor, of which the page itself shows only a part. */
export const policyIn = (tab) => tab.evaluate(() => window.exitwise.state.policy);

/** Puts the cursor behind a text of the policy. */
export async function cursorBehind(tab, text) {
  await tab.evaluate((text) => {
    const { editor } = window.exitwise;
    const anchor = editor.state.doc.toString().indexOf(text) + text.length;
    editor.focus();
    editor.dispatch({ selection: { anchor }, scrollIntoView: true });
  }, text);
}
