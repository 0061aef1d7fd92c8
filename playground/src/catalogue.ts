// What is embedded in the page besides the engine: failures, policies, and settings of other systems.

import type { Failure } from "./question";

export interface CatalogueEvent {
  name: string;
  /** The types that are right, as `TEMPORARY|FATAL`. */
  class: string;
  shows: string;
  /** JSON text of the event. */
  event: string;
}

export interface Example {
  name: string;
  title: string;
  text: string;
}

/** The settings of another system, and the policy that says the same. */
export interface Pair {
  title: string;
  language: string;
  theirs: string;
  ours: string;
  notes: string[];
}

export interface Catalogue {
  events: CatalogueEvent[];
  policies: Example[];
  pairs: Pair[];
}

export function readCatalogue(json: string): Catalogue {
  const catalogue = JSON.parse(json) as Catalogue;
  for (const event of catalogue.events) event.event = JSON.stringify(folded(event.event as unknown as Unfolded));
  catalogue.events.sort((a, b) => (a.name < b.name ? -1 : 1));
  return catalogue;
}

/** An event as catalogue.mjs embeds it. */
interface Unfolded {
  taskError?: { causeJson?: unknown };
}

function folded(event: Unfolded): object {
  if (event.taskError?.causeJson === undefined) return event;
  const { causeJson, ...rest } = event.taskError;
  return { ...event, taskError: { ...rest, Cause: JSON.stringify(causeJson) } };
}

/** The JSON text of a failure's event; null if its facts are to be read by the engine. */
export function recordedEvent(catalogue: Catalogue, failure: Failure): string | null {
  if (failure.from === "text") return failure.event;
  if (failure.from === "facts") return null;
  return catalogue.events.find(({ name }) => name === failure.name)?.event ?? null;
}

export function titleOf(catalogue: Catalogue, failure: Failure): string {
  if (failure.from === "facts") return failure.facts;
  if (failure.from === "text") return failure.label;
  return catalogue.events.find(({ name }) => name === failure.name)?.shows ?? failure.name;
}
