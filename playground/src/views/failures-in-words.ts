// The failures of a change, as `exitwise diff` heads them.

import type { Failures } from "@exitwise/engine";

const LARGEST = 4_294_967_295;

export function failuresInWords({ exitCodes, errors, names, ranFor, reasons, containers }: Failures): string {
  const parts: string[] = [];
  if (errors) {
    const listed = errors.names.length > 0 ? errors.names.join(", ") : "any";
    parts.push(`error ${listed}${errors.absent ? " or none" : ""}`);
  }
  const named = { "stop code": names.stopCode, "launch type": names.launchType, "capacity provider": names.capacityProvider };
  for (const [title, values] of Object.entries(named)) if (values?.length) parts.push(`${title} ${values.join(", ")}`);
  if (reasons.length > 0)
    parts.push(
      `reason ${reasons
        .join(", ")
        .replaceAll("`", "“")
        .replace(/“([^“]*)“/g, "“$1”")}`,
    );
  for (const { containers: of, ranges, absent } of exitCodes) {
    const isRest = absent && ranges.at(-1)?.[1] === LARGEST;
    const listed = isRest
      ? `not ${rangesInWords(gaps(ranges))}`
      : [absent && "absent", rangesInWords(ranges)].filter(Boolean).join(", ");
    parts.push(`exit code ${listed}${exitCodes.length > 1 ? ` of container ${of.join(", ")}` : ""}`);
  }
  if (ranFor.length > 0) parts.push(`ran for ${ranFor.join(", ")}`);
  if (containers) parts.push(`the only containers are ${containers.join(", ")}`);
  return parts.join("; ") || "any failure";
}

/** The codes between the ranges. */
function gaps(ranges: [number, number][]): [number, number][] {
  let next = 0;
  const gaps: [number, number][] = [];
  for (const [first, last] of ranges) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  return gaps;
}

function rangesInWords(ranges: [number, number][]): string {
  const shown = ranges.slice(0, 20).map(([first, last]) => (first === last ? String(first) : `${first}..=${last}`));
  if (ranges.length > 20) shown.push(`and ${ranges.length - 20} more`);
  return shown.join(", ");
}
