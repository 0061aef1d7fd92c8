// What is shown, as Markdown for a pull request or a ticket.

import { type App, stepsOf } from "./app";
import { titleOf } from "./catalogue";
import { commandOf } from "./views/command";
import { failuresInWords } from "./views/failures-in-words";
import { grouped } from "./views/status";
import { count, decisions, described, duration } from "./words";

export function reportOf(app: App, link: string): string {
  const { state, good, answer } = app;
  const parts = [`### Retry policy \`${state.name}\``];
  const worst = answer?.good ? answer.check.worstCase : null;
  if (worst) {
    const { runs, waitSeconds, runTime, witness } = worst;
    const figures = [count(runs, "run"), `${duration(waitSeconds)} of waiting`];
    if (runTime) figures.push(`${duration(runTime.durationSeconds)} in all`);
    if (runTime?.cost) figures.push(`cost ${runTime.cost}`);
    parts.push(`Worst case: ${figures.join(", ")}${witness.length > 0 ? `; reached by ${grouped(witness)}` : ""}.`);
  }
  for (const { code, severity, message, line, help } of answer?.check.diagnostics ?? [])
    parts.push(`- ${severity} ${code}, line ${line}: ${message}${help ? `; ${help}` : ""}`);
  if (good?.good && state.failures.length > 0 && answer?.good) parts.push(failureTable(app));
  const difference = state.tab === "compare" ? answer?.difference : null;
  if (difference && "value" in difference) {
    const rows = difference.value.changes.map((change) =>
      row(failuresInWords(change.failures), inWords(change.old), inWords(change.new), change.extent),
    );
    parts.push(
      `Compared with \`${state.other?.name}\`:`,
      rows.length > 0 ? table(["failures", "was", "is", ""], rows) : "The decisions are the same.",
    );
  }
  parts.push(
    `\`\`\`toml\n${state.policy.trimEnd()}\n\`\`\``,
    `\`\`\`sh\n${commandOf(app).line}\n\`\`\``,
    `exitwise ${app.version}, [live](${link})`,
  );
  return `${parts.join("\n\n")}\n`;
}

function failureTable(app: App): string {
  const rows = stepsOf(app).flatMap((step, index) => {
    const failure = app.state.failures[index];
    if (!failure || "problem" in step) return [];
    const { decision } = step.value;
    const wait = decision.type === "TEMPORARY" ? ` ${duration(decision.waitSeconds)}` : "";
    const rule = decision.line ? `\`${decision.rule}\`, line ${decision.line}` : `\`${decision.rule}\``;
    const title = titleOf(app.catalogue, failure);
    return [row(String(index + 1), title, described(decision), decision.type + wait, rule)];
  });
  return table(["", "failure", "seen", "decision", "rule"], rows);
}

function inWords(decided: Parameters<typeof decisions>[0]): string {
  const parts = decisions(decided).map(({ type, text }) => (text.endsWith("×") ? `${text} ${type}` : `${type} ${text}`.trim()));
  return `${parts.join(", then ")} by \`${decided.rule}\``;
}

const row = (...cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;

function table(heads: string[], rows: string[]): string {
  return [row(...heads), `|${heads.map(() => "---|").join("")}`, ...rows].join("\n");
}
