import type {
  Check,
  Diagnostic,
  Diff,
  ExplainDecision,
  ExplainEnd,
  SimulateExecution,
  SimulateRandom,
  Type,
} from "./reports.js";

export type * from "./reports.js";

/**
 * Loads the engine.
 *
 * @param wasm The module, or its bytes. By default, the one in this package.
 */
export function load(wasm?: BufferSource | WebAssembly.Module): Promise<Engine>;

/** A request that the engine cannot answer. The message says why. */
export class ExitwiseError extends Error {
  /** The problems of the policy, if it has errors. */
  readonly diagnostics: Diagnostic[] | null;
}

/** What makes the decisions of a state machine: the state machine itself, or the function ProcessError. */
export type Backend = "native" | "lambda";

/** The name under which reports mention a policy. By default `policy.toml`. */
export interface Named {
  name?: string;
}

export interface CheckOptions extends Named {
  /** Refuse policies that a state machine cannot apply without the Lambda function. */
  native?: boolean;
  /** The content of the files that tests of the policy name with `file`, by the paths that they write. */
  events?: Record<string, string>;
}

export interface ExplainOptions extends Named {
  /** The name under which reports mention the document. By default `failure.json`. */
  document?: string;
}

export interface SimulateOptions extends Named {
  /** The failures, in the notation of `exitwise simulate --failures`. The run after the last one succeeds. */
  failures: string[];
  /** Repeat the failures, so that no run succeeds. */
  repeat?: boolean;
  /** The duration of each run. */
  runSeconds?: number;
  seed?: number;
}

export interface RandomOptions extends Named {
  random: true;
  /** The number of executions, by default 10,000. */
  runs?: number;
  /** The shares of runs that fail, such as `network-error=0.2`. */
  mix?: string[];
  runSeconds?: number;
  seed?: number;
}

export interface CompileOptions extends Named {
  /** By default `native`. */
  backend?: Backend;
  /** The function's name or ARN, for the backend `lambda`. By default Terraform's marker for it. */
  function?: string;
}

export interface DiffOptions {
  /** The names of the old and of the new policy. */
  names?: [string, string];
  /** Also list failures that match several of the rules at once. */
  all?: boolean;
}

/** The decision after a failure, as the state machine receives it. */
export interface ErrorState {
  type: Type;
  /** Number of retries, including the one that follows. */
  retryCount: number;
  /** Seconds until the next run. */
  waitSeconds: number;
  /** The rule that decided. */
  rule: string;
  error: string;
  cause: string;
  /** Number of retries by rule, without zeros. */
  retries: Record<string, number>;
  /** Number of retries that `limits.max_retries` still allows. */
  retriesLeft: number;
  /** Sum of all waits in seconds, including the one that follows. */
  waitedSeconds: number;
  /** The hash of the policy. */
  policy: string;
  /** The outcome of the execution; only if `type` is SUCCESS. */
  outcome?: string;
  /** What the next run gets; each key only if the policy can change it. */
  run?: { cpu?: string; memory?: string; capacityProvider?: string; subnet?: number };
}

/** A rule of a policy. */
export interface Rule {
  /** `default` for `[default]`, which is the last one. */
  name: string;
  /** From 1. 0 if the policy has no `[default]`. */
  line: number;
  type: Type;
  /** The wait before each retry that the rule can have, as jitter bounds it. Empty unless `type` is TEMPORARY. */
  waits: { minSeconds: number; maxSeconds: number }[];
  /** Number of retries that the rule can have in one execution. */
  retries: number;
  /** Whether its retries use up `limits.max_retries`. */
  counts: boolean;
  /** The outcome that a SUCCESS rule gives. */
  outcome: string | null;
}

/** The commands as the text that `exitwise … --format json` prints, byte for byte. */
export interface Json {
  check(policy: string, options?: CheckOptions): string;
  decide(policy: string, event: unknown, options?: Named): string;
  explain(policy: string, document: unknown, options?: ExplainOptions): string;
  simulate(policy: string, options: SimulateOptions | RandomOptions): string;
  diff(old: string, now: string, options?: DiffOptions): string;
}

/**
 * The commands of exitwise. A policy is a text in TOML.
 *
 * A function throws an {@link ExitwiseError} if there is no answer. For all but `check` that is also so if a policy has errors.
 */
export interface Engine {
  readonly version: string;
  readonly json: Json;

  /** The problems of a policy, its tests and its worst case, like `exitwise check`. */
  check(policy: string, options?: CheckOptions): Check;

  /**
   * The decision after a failure, like the function ProcessError.
   *
   * @param event The event of the function, `{taskError, errorState, execution}`, as a value or as JSON.
   */
  decide(policy: string, event: unknown, options?: Named): ErrorState;

  /**
   * Explains each failure in a document, like `exitwise explain --policy`.
   *
   * @param document Recorded failures in any form, as text, or one as a value.
   */
  explain(policy: string, document: unknown, options?: ExplainOptions): (ExplainDecision | ExplainEnd)[];

  /** The decisions for given or random failures, like `exitwise simulate`. */
  simulate(policy: string, options: SimulateOptions): SimulateExecution;
  simulate(policy: string, options: RandomOptions): SimulateRandom;

  /** The standard state machine, like `exitwise compile POLICY`. */
  compile(policy: string, options?: CompileOptions): string;

  /**
   * Puts policies into a state machine, like `exitwise compile WORKFLOW --policy STATE=POLICY`.
   *
   * @param policies By states; `*` stands for every Task that runs ECS or Batch.
   */
  weave(
    definition: string,
    policies: Record<string, string | { name: string; text: string }>,
    options?: Omit<CompileOptions, "name">,
  ): string;

  /** How the decisions of two policies differ, like `exitwise diff`. */
  diff(old: string, now: string, options?: DiffOptions): Diff;

  /** The failures in a document, each as an event of the function ProcessError, as JSON. */
  recordings(document: unknown): string[];

  /** What each rule does, in the order of the policy. */
  rules(policy: string): Rule[];

  /**
   * The language server. A notification about a document, such as `textDocument/didChange`, returns the problems of the document;
   * a request returns its result.
   *
   * @param method A method of the Language Server Protocol.
   */
  languageServer(method: string, params: object): unknown;
}
