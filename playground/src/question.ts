// What the page asks the worker with the engine, and what the worker answers.

import type { Check, ExplainDecision, Diff, ErrorState, Rule } from "@exitwise/engine";
import type { LspDiagnostic, LspHint, LspSymbol } from "./lsp";

/** A failure that somebody picked, described or pasted. */
export type Failure =
  | { from: "catalogue"; name: string }
  | { from: "facts"; facts: string }
  | { from: "text"; label: string; event: string };

export type Tab = "policy" | "failures" | "delays" | "compare" | "machine";
export type Backend = "native" | "lambda";

export interface Question {
  /** Counts the questions, from 1. */
  number: number;
  policy: string;
  name: string;
  failures: { failure: Failure; event: string | null }[];
  runSeconds: number;
  seed: number;
  /** Whether the delays of the rules are shown. */
  delays: boolean;
  /** The other policy, if it is to be compared. */
  other: { policy: string; name: string } | null;
  /** The kind of state machine to compile, if it is shown. */
  machine: Backend | null;
}

/** One failure of the loop and the decision about it. */
export interface Step {
  /** The event of the function ProcessError, with the state after the decision before. */
  event: Record<string, unknown>;
  startSeconds: number;
  decision: ExplainDecision;
  state: ErrorState;
}

export type Result<T> = { value: T } | { problem: string };

export interface Answer {
  check: Check;
  diagnostics: LspDiagnostic[];
  hints: LspHint[];
  symbols: LspSymbol[];
  /** What needs a policy without errors. Null if it has errors. */
  good: {
    /** Empty unless the delays are shown. */
    rules: Rule[];
    /** One for each failure up to the one that ends the execution, or a problem of that failure. */
    steps: Result<Step>[];
  } | null;
  difference: Result<Diff> | null;
  otherDiagnostics: LspDiagnostic[];
  machine: Result<string> | null;
  milliseconds: number;
}

export type Request =
  | { kind: "load"; packed: Uint8Array }
  | { kind: "question"; question: Question }
  | { kind: "language"; text: string; method: string; params: object }
  | { kind: "recordings"; document: string };

export type Reply = { id: number; value: unknown } | { id: number; problem: string };
