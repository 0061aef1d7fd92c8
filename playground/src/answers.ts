// Answers the questions of the page with the engine. Whatever is a fact about a policy comes from there.

import type { Engine } from "@exitwise/engine";
import type { LspDiagnostic, LspHint, LspSymbol } from "./lsp";
import { URI, WHOLE } from "./lsp";
import type { Answer, Failure, Question, Result, Step } from "./question";

/** When the executions of the page start. Only differences between times matter. */
const START = Date.UTC(2026, 0, 1);

const OTHER_URI = "file:///other.toml";

export class Answers {
  private documents = new Map<string, { text: string; version: number; diagnostics: LspDiagnostic[] }>();

  constructor(private engine: Engine) {}

  answer(question: Question): Answer {
    const begin = performance.now();
    const { policy, name } = question;
    const check = this.engine.check(policy, { name });
    const isGood = check.worstCase !== null;
    const good = isGood ? { rules: question.delays ? this.engine.rules(policy) : [], steps: this.steps(question) } : null;
    const { other, machine } = question;
    return {
      check,
      diagnostics: this.diagnostics(policy),
      hints: (this.language(policy, "textDocument/inlayHint", { range: WHOLE }) as LspHint[] | null) ?? [],
      symbols: (this.language(policy, "textDocument/documentSymbol", {}) as LspSymbol[] | null) ?? [],
      good,
      difference: other && isGood ? attempt(() => this.engine.diff(other.policy, policy, { names: [other.name, name] })) : null,
      otherDiagnostics: other ? this.diagnostics(other.policy, OTHER_URI) : [],
      machine: machine && isGood ? attempt(() => this.engine.compile(policy, { name, backend: machine })) : null,
      milliseconds: performance.now() - begin,
    };
  }

  /** The answer of the language server about a text. */
  language(text: string, method: string, params: object, uri = URI): unknown {
    this.diagnostics(text, uri);
    return this.engine.languageServer(method, { textDocument: { uri }, ...params });
  }

  recordings(document: string): string[] {
    return this.engine.recordings(document);
  }

  /** Opens or changes a document, and returns its problems. */
  private diagnostics(text: string, uri = URI): LspDiagnostic[] {
    const document = this.documents.get(uri);
    if (document?.text === text) return document.diagnostics;
    const version = (document?.version ?? 0) + 1;
    const noted = document
      ? this.engine.languageServer("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] })
      : this.engine.languageServer("textDocument/didOpen", { textDocument: { uri, languageId: "toml", version, text } });
    const { diagnostics } = noted as { diagnostics: LspDiagnostic[] };
    this.documents.set(uri, { text, version, diagnostics });
    return diagnostics;
  }

  /** The decisions about the failures in turn, each with the state after the decision before it. */
  private steps({ policy, name, failures, runSeconds, seed }: Question): Result<Step>[] {
    const steps: Result<Step>[] = [];
    let before: unknown;
    let seconds = 0;
    for (const { failure, event: recorded } of failures) {
      const step = attempt((): Step => {
        const startSeconds = seconds;
        const failed = new Date(START + (startSeconds + runSeconds) * 1000);
        const event: Record<string, unknown> = { ...this.event(policy, failure, recorded) };
        if (before !== undefined) event.errorState = before;
        event.execution = {
          id: `simulated:${seed}`,
          startTime: new Date(START).toISOString(),
          enteredTime: failed.toISOString(),
        };
        const text = JSON.stringify(event);
        const [decision] = this.engine.explain(policy, text, { name, document: "failures.jsonl" });
        if (!decision || !("matched" in decision)) throw new Error("there is no failure in this event");
        return { event, startSeconds, decision, state: this.engine.decide(policy, text, { name }) };
      });
      steps.push(step);
      if ("problem" in step) continue;
      const { type, waitSeconds } = step.value.state;
      if (type === "FATAL" || type === "SUCCESS") break;
      before = step.value.state;
      seconds += runSeconds + waitSeconds;
    }
    return steps;
  }

  /** The event without the state and the execution. */
  private event(policy: string, failure: Failure, recorded: string | null): object {
    if (failure.from !== "facts") {
      // The policy of a recorded event is not the one that is asked about.
      const { policy: _, ...event } = JSON.parse(recorded ?? "{}") as { policy?: unknown };
      return event;
    }
    const [failed] = this.engine.simulate(policy, { failures: [failure.facts] }).failed;
    return { taskError: failed?.taskError };
  }
}

function attempt<T>(work: () => T): Result<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
