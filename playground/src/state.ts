// What the page shows, apart from the engine's answers. All of it is in a link.

import type { Backend, Failure, Tab } from "./question";

export interface State {
  policy: string;
  /** The policy's file, for the command line. */
  name: string;
  failures: Failure[];
  /** Index of the failure whose decision is shown. */
  selected: number;
  /** Duration of each run. */
  runSeconds: number;
  /** Number of the execution: it keys the jitter. */
  seed: number;
  other: { policy: string; name: string } | null;
  tab: Tab;
  backend: Backend;
}

export const TABS: Tab[] = ["policy", "failures", "delays", "compare", "machine"];

/** Reads a state from a link or from the command line. What is missing or of another form is as at the start. */
export function readState(value: unknown, start: State): State {
  if (typeof value !== "object" || value === null) return start;
  const given = value as Record<string, unknown>;
  const other = given.other as State["other"];
  const failures = Array.isArray(given.failures) ? given.failures.filter(isFailure).slice(0, MOST_FAILURES) : start.failures;
  return {
    policy: typeof given.policy === "string" ? given.policy : start.policy,
    name: typeof given.name === "string" && given.name ? given.name : start.name,
    failures,
    selected: Math.min(natural(given.selected) ?? start.selected, Math.max(failures.length - 1, 0)),
    runSeconds: natural(given.runSeconds) ?? start.runSeconds,
    seed: natural(given.seed) ?? start.seed,
    other:
      typeof other?.policy === "string" && typeof other.name === "string" ? { policy: other.policy, name: other.name } : null,
    tab: TABS.find((tab) => tab === given.tab) ?? start.tab,
    backend: given.backend === "lambda" ? "lambda" : "native",
  };
}

/** More failures than any policy needs to be understood. */
export const MOST_FAILURES = 100;

function isFailure(value: unknown): value is Failure {
  if (typeof value !== "object" || value === null) return false;
  const it = value as Record<string, unknown>;
  if (it.from === "catalogue") return typeof it.name === "string";
  if (it.from === "facts") return typeof it.facts === "string";
  return it.from === "text" && typeof it.label === "string" && isObject(it.event);
}

/** Whether a text is a JSON object, as events are. */
function isObject(text: unknown): boolean {
  try {
    const value: unknown = typeof text === "string" ? JSON.parse(text) : null;
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function natural(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}
