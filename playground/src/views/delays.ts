// The delays of all rules, as small charts on one scale.

import type { App } from "../app";
import { h, replace, s } from "../dom";
import type { Rule } from "@exitwise/engine";
import { count, duration, wait } from "../words";
import { ruleLink, typeChip } from "./decision";

const WIDTH = 200;
/** Where the labels of the scale begin. */
const RIGHT = 176;
const HEIGHT = 84;
const BOTTOM = HEIGHT - 6;
const TOP = 8;

/** Lines of the scale, in seconds. */
const TICKS = [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];

export function renderDelays(app: App, parent: HTMLElement): void {
  const rules = app.good?.good?.rules ?? [];
  // Every policy has a rule, at least `default`: the engine has not been asked yet.
  if (rules.length === 0) return;
  const waiting = rules.filter(({ waits }) => waits.length > 0);
  const longest = Math.max(1, ...waiting.flatMap(({ waits }) => waits.map(({ maxSeconds }) => maxSeconds)));
  const others = rules.filter((rule) => !waiting.includes(rule));
  replace(
    parent,
    h(
      "p",
      { class: "lead" },
      waiting.length === 0
        ? "No rule of this policy waits."
        : `The delay before each retry of a rule, on one logarithmic scale up to ${duration(longest)}. A band shows what jitter draws from.`,
    ),
    h("ul", { class: "charts" }, ...waiting.map((rule) => card(app, rule, longest))),
    others.length > 0 && h("h2", {}, "Without a wait"),
    h("ul", { class: "plain" }, ...others.map((rule) => plain(app, rule))),
  );
}

/** On a linear scale, nothing would be seen of short delays beside an hour. */
const height = (seconds: number, longest: number): number =>
  BOTTOM - (Math.log1p(seconds) / Math.log1p(longest)) * (BOTTOM - TOP);

function card(app: App, rule: Rule, longest: number): HTMLElement {
  const { name, line, waits, retries, counts } = rule;
  const step = Math.min(RIGHT / Math.max(waits.length, 1), 40);
  const y = (seconds: number) => height(seconds, longest).toFixed(1);
  const ticks = TICKS.filter((tick) => tick <= longest).flatMap((tick) => [
    s("path", { d: `M0 ${y(tick)}H${RIGHT}`, class: "grid" }),
    s("text", { x: WIDTH, y: y(tick) }, duration(tick)),
  ]);
  const steps = (secondsOf: (wait: Rule["waits"][number]) => number): string[] =>
    waits.flatMap((wait, index) => [index, index + 1].map((at) => `${(at * step).toFixed(1)} ${y(secondsOf(wait))}`));
  const points = steps(({ maxSeconds }) => maxSeconds);
  const lows = steps(({ minSeconds }) => minSeconds);
  const hasBand = waits.some(({ minSeconds, maxSeconds }) => minSeconds < maxSeconds);
  const area = hasBand ? `M${points.join("L")}L${lows.reverse().join("L")}Z` : `M${points.join("L")}V${BOTTOM}H0Z`;
  const text = inWords(waits);
  const drawing = s(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name}: ${text}` },
    ...ticks,
    s("path", { d: area, class: hasBand ? "band" : "under" }),
    s("path", { d: `M${points.join("L")}`, class: "curve" }),
    s("path", { d: `M0 ${BOTTOM}H${RIGHT}`, class: "axis" }),
  );
  return h(
    "li",
    { class: "chart" },
    h("div", { class: "head" }, ruleLink(app, name, line, `delay-${name}`)),
    drawing,
    h("p", { class: "delays" }, text),
    h(
      "p",
      { class: "faint" },
      counts ? count(retries, "retry", "retries") : `${count(retries, "retry", "retries")}, does not count`,
    ),
  );
}

/** `30s, 1m, 2m`, or `3 × 1m`; of many, the first ones. */
function inWords(waits: Rule["waits"]): string {
  const words = waits.map(wait);
  const [first = ""] = words;
  if (words.every((word) => word === first)) return words.length === 1 ? first : `${words.length} × ${first}`;
  const shown = words.slice(0, 6).join(", ");
  return words.length > 6 ? `${shown} … ${words.at(-1)}` : shown;
}

function plain(app: App, { name, line, type, retries, counts, outcome }: Rule): HTMLElement {
  const says =
    type === "RETRIABLE" ? `${count(retries, "retry", "retries")}${counts ? "" : ", does not count"}` : (outcome ?? "");
  return h("li", {}, typeChip(type), ruleLink(app, name, line, `delay-${name}`), h("span", { class: "faint" }, says));
}
