// Numbers, durations and decisions in words, as the command line writes them.

import type { ErrorState, ExplainDecision, RepeatedDecisions, Rule, Type } from "@exitwise/engine";

const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/** `90` is `1m30s`. */
export function duration(seconds: number): string {
  let left = seconds;
  let text = "";
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    if (count > 0) text += `${count}${unit}`;
    left -= count * length;
  }
  return text || "0s";
}

/** `1m30s` is 90; null if it is not a duration. */
export function seconds(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+)([dhms])/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text.trim()) return null;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS.find(([it]) => it === unit)?.[1] ?? 0), 0);
}

/** A wait, or the range that jitter draws from: `1m`, `15s..=30s`. */
export function wait({ minSeconds, maxSeconds }: Rule["waits"][number]): string {
  return minSeconds === maxSeconds ? duration(maxSeconds) : `${duration(minSeconds)}..=${duration(maxSeconds)}`;
}

/** `0:01:30` for 90 seconds from the start. */
export function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** What a decision means for the task. */
export function meaning({ type, waitSeconds, error, outcome }: ExplainDecision): string {
  switch (type) {
    case "RETRIABLE":
      return "run again at once";
    case "TEMPORARY":
      return `wait ${duration(waitSeconds)}, then run again`;
    case "FATAL":
      return `stop: the execution fails with ${error}`;
    case "SUCCESS":
      return `stop: the execution succeeds, outcome ${outcome ?? "succeeded"}`;
  }
}

/** The failure in words or, if no rule was asked, why. */
export function described(decision: ExplainDecision): string {
  return decision.failure ?? decision.cause;
}

export function nextRun(run: ErrorState["run"]): string {
  if (!run) return "";
  const parts = [
    run.cpu && `${Number(run.cpu) / 1024} vCPU`,
    run.memory && `${Number(run.memory) / 1024} GB`,
    run.capacityProvider && `on ${run.capacityProvider}`,
    run.subnet !== undefined && run.subnet > 0 && `subnet ${run.subnet}`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** `TEMPORARY 15s..=30s, 1m, then FATAL`. */
export function decisions({ decisions }: RepeatedDecisions): { type: Type; text: string }[] {
  const groups: { type: Type; waits: string[] }[] = [];
  for (const { type, minWaitSeconds, maxWaitSeconds } of decisions) {
    const waits = wait({ minSeconds: minWaitSeconds, maxSeconds: maxWaitSeconds });
    const last = groups.at(-1);
    if (last?.type === type) last.waits.push(waits);
    else groups.push({ type, waits: [waits] });
  }
  return groups.map(({ type, waits }) => {
    if (type !== "TEMPORARY") return { type, text: waits.length > 1 ? `${waits.length} ×` : "" };
    const isSame = waits.every((wait) => wait === waits[0]);
    return { type, text: isSame && waits.length > 1 ? `${waits.length} × ${waits[0]}` : waits.join(", ") };
  });
}
