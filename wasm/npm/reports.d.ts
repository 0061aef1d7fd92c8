// Written by wasm/types from docs/output.schema.json.

/**
 * One definition for each document. Keys are camelCase, durations are whole numbers with names that end in Seconds, `policy` is a file and `policyHash` the hash of its text.
 */
export type JSONThatExitwisePrints =
  Check | Prove | Diff | SimulateExecution | SimulateRandom | ExplainDecision | ExplainEnd | Backtest;
/**
 * `sha256:` and the first 12 hexadecimal digits of the SHA-256 of the policy's text.
 */
export type PolicyHash = string;
export type Type = "RETRIABLE" | "TEMPORARY" | "FATAL" | "SUCCESS";

/**
 * `exitwise check --format json`: one document for each policy. What needs a policy without errors is null if there are errors.
 */
export interface Check {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  /**
   * The policy's file, as given on the command line.
   */
  policy: string;
  policyHash: PolicyHash | null;
  /**
   * Number of rules.
   */
  rules: number | null;
  worstCase: WorstCase | null;
  tests: TestResult[];
  diagnostics: Diagnostic[];
}
export interface WorstCase {
  /**
   * Most runs of the task.
   */
  runs: number;
  /**
   * Longest sum of all waits.
   */
  waitSeconds: number;
  /**
   * Most history events of an execution that fails.
   */
  historyEvents: number;
  /**
   * Whether some execution reaches each figure. If not, they are upper bounds.
   */
  exact: boolean;
  /**
   * The rules that allow the retries of an execution with the most runs, one entry for each retry. Empty if no such execution is known.
   */
  witness: string[];
  /**
   * The bounds on time and cost. Null if the policy does not limit the time of a run. Numbers with decimals are strings, rounded up.
   */
  runTime: {
    durationSeconds: number;
    vcpuHours: string | null;
    gbHours: string | null;
    cost: string | null;
    /**
     * The currency of the cost. Null if the policy has no prices.
     */
    currency: string | null;
    exact: boolean;
  } | null;
}
export interface TestResult {
  name: string;
  line: number;
  passed: boolean;
  /**
   * One for each failure, up to the first FATAL or unreadable event.
   */
  decisions: {
    type: Type;
    /**
     * The shortest wait that jitter can draw.
     */
    minWaitSeconds: number;
    maxWaitSeconds: number;
    rule: string;
    error: string;
  }[];
}
export interface Diagnostic {
  code: string;
  severity: "error" | "warning";
  message: string;
  /**
   * What is wrong at the place.
   */
  label: string;
  /**
   * From 1.
   */
  line: number;
  /**
   * From 1, in characters.
   */
  column: number;
  endLine: number;
  /**
   * The first column after the place.
   */
  endColumn: number;
  related?: {
    label: string;
    line: number;
    column: number;
  }[];
  notes?: string[];
  /**
   * What to type instead.
   */
  help: string | null;
}
/**
 * `exitwise prove --format json`: one document for each policy.
 */
export interface Prove {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  /**
   * The policy's file, as given on the command line.
   */
  policy: string;
  policyHash: PolicyHash;
  proved: boolean;
  /**
   * Why it is not proved.
   */
  gap: string | null;
  worstCase: WorstCase;
  reached: {
    runs: number;
    waitSeconds: number;
    historyEvents: number;
    /**
     * Null if the time is not walked.
     */
    durationSeconds: number | null;
  };
  /**
   * States looked at.
   */
  states: number;
  /**
   * Kinds of failures.
   */
  kinds: number;
  decisions: number;
  /**
   * Time that the proof took.
   */
  elapsedSeconds: number;
}
/**
 * `exitwise diff --format json`.
 */
export interface Diff {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  old: {
    /**
     * The policy's file, as given on the command line.
     */
    policy: string;
    policyHash: PolicyHash;
  };
  new: {
    /**
     * The policy's file, as given on the command line.
     */
    policy: string;
    policyHash: PolicyHash;
  };
  same: boolean;
  /**
   * Only those that changed. Null: no limit, or the only container.
   */
  settings: {
    maxRetries?: {
      old: number;
      new: number;
    };
    maxTotalWaitSeconds?: {
      old: number | null;
      new: number | null;
    };
    maxElapsedSeconds?: {
      old: number | null;
      new: number | null;
    };
    container?: {
      old: string | null;
      new: string | null;
    };
  };
  worstCase: {
    old: WorstCase;
    new: WorstCase;
  };
  containerNotes: string[];
  changes: Change[];
  /**
   * Number of changes that are not listed; `--all` lists up to 5,000.
   */
  hidden: number;
  /**
   * Whether all combinations of facts were tried.
   */
  complete: boolean;
  /**
   * Rules whose patterns are written differently, without a text that shows a difference.
   */
  unproven: string[];
}
export interface Change {
  failures: Failures;
  kind: "decisions" | "counting" | "shortDraws" | "names";
  /**
   * The first failure about which the decision changes, from 1.
   */
  fromFailure: number | null;
  /**
   * Which decisions change, in words.
   */
  extent: string;
  /**
   * Whether other changes show these rules with fewer facts; only with `--all`.
   */
  combined: boolean;
  old: RepeatedDecisions;
  new: RepeatedDecisions;
}
/**
 * Failures that have one of these values for each fact. Facts that are missing have a value that no rule matches.
 */
export interface Failures {
  /**
   * For each container whose exit code matters.
   */
  exitCodes: ExitCodes[];
  errors: {
    /**
     * Beginnings end in `*`. Empty if any name will do.
     */
    names: string[];
    absent: boolean;
  } | null;
  names: {
    stopCode?: string[];
    launchType?: string[];
    capacityProvider?: string[];
  };
  /**
   * Ranges of times as policies write them: `1m..1h`. Empty if they do not matter.
   */
  ranFor: string[];
  reasons: string[];
  /**
   * All containers of the task, if it matters that there are no others.
   */
  containers: string[] | null;
  taskError: TaskError;
}
export interface ExitCodes {
  /**
   * @minItems 1
   */
  containers: [string, ...string[]];
  /**
   * Inclusive ranges of unsigned 32-bit codes.
   */
  ranges: [number, number][];
  /**
   * Whether failures without an exit code belong to the set.
   */
  absent: boolean;
}
/**
 * A failure as Step Functions reports it.
 */
export interface TaskError {
  /**
   * Error name. Null if there is none.
   */
  Error: string | null;
  /**
   * The JSON of a stopped task, or plain text.
   */
  Cause: string | null;
}
/**
 * The decisions if the failure occurs again and again.
 */
export interface RepeatedDecisions {
  rule: string;
  /**
   * 0 if the policy has no `[default]`.
   */
  line: number;
  /**
   * Whether the retries count toward `limits.max_retries`.
   */
  counts: boolean;
  /**
   * @minItems 1
   */
  decisions: [
    {
      type: Type;
      minWaitSeconds: number;
      maxWaitSeconds: number;
    },
    ...{
      type: Type;
      minWaitSeconds: number;
      maxWaitSeconds: number;
    }[]
  ];
  /**
   * The error that the execution fails with.
   */
  error: string;
}
/**
 * `exitwise simulate --failures … --format json`.
 */
export interface SimulateExecution {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  /**
   * The policy's file, as given on the command line.
   */
  policy: string;
  policyHash: PolicyHash;
  seed: number;
  failed: {
    /**
     * From 1.
     */
    attempt: number;
    /**
     * Seconds since the execution's start.
     */
    startSeconds: number;
    failure: string;
    taskError: TaskError;
    type: Type;
    waitSeconds: number;
    rule: string;
    error: string;
    cause: string;
    /**
     * What the next run gets. Null if the policy cannot change it; each key only where it can.
     */
    run: {
      cpu?: string;
      memory?: string;
      capacityProvider?: string;
      subnet?: number;
    } | null;
  }[];
  /**
   * `succeeded`, `SUCCESS` and the outcome that a rule gives, or the error that the execution fails with.
   */
  outcome: string;
  attempts: number;
  waitedSeconds: number;
  elapsedSeconds: number;
}
/**
 * `exitwise simulate --random --format json`.
 */
export interface SimulateRandom {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  /**
   * The policy's file, as given on the command line.
   */
  policy: string;
  policyHash: PolicyHash;
  seed: number;
  runs: number;
  mix: {
    [k: string]: number;
  };
  /**
   * Executions by their end.
   */
  outcomes: {
    [k: string]: number;
  };
  /**
   * Executions by their number of attempts.
   */
  attempts: {
    [k: string]: number;
  };
  waitedSeconds: {
    p50: number;
    p90: number;
    p99: number;
    p100: number;
  };
}
/**
 * `exitwise explain --format json`: one document for each decision. Besides the keys of errorState, it has what led to the decision.
 */
export interface ExplainDecision {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  /**
   * The file with the event.
   */
  event: string;
  /**
   * The policy's file. Null if the policy is in the event.
   */
  policy: string | null;
  policyHash: PolicyHash;
  /**
   * The failure in words. Null if the rules were not checked.
   */
  failure: string | null;
  type: Type;
  retryCount: number;
  waitSeconds: number;
  rule: string;
  /**
   * The outcome of the execution. Missing unless SUCCESS.
   */
  outcome?: string;
  error: string;
  cause: string;
  retries: {
    [k: string]: number;
  };
  /**
   * What the next run gets. Missing if the policy cannot change it; each key only where it can.
   */
  run?: {
    cpu?: string;
    memory?: string;
    capacityProvider?: string;
    subnet?: number;
  };
  /**
   * Number of counted retries that `limits.max_retries` still allows.
   */
  retriesLeft: number;
  waitedSeconds: number;
  /**
   * The line of the rule.
   */
  line: number | null;
  before: {
    retryCount: number;
    retries: {
      [k: string]: number;
    };
    waitedSeconds: number;
  } | null;
  /**
   * What the Cause describes, from the outside to the inside: a child execution, a Batch job, or the error of a Lambda function. Absent if it is an ECS task or plain text.
   *
   * @minItems 1
   */
  readFrom?: ["childExecution" | "batchJob" | "lambdaError", ...("childExecution" | "batchJob" | "lambdaError")[]];
  matched: CheckedCondition[];
  passed: {
    rule: string;
    line: number;
    matcher: string;
    value: string;
    seen: string[];
  }[];
  /**
   * The `id` of the history's event.
   */
  historyEvent?: number;
  /**
   * The recorded decision.
   */
  then?: {};
  /**
   * The path of the woven state that decided, with the numbers of items: `Each[0]/Train`. Absent in the standard state machine.
   */
  state?: string;
  /**
   * The number of times that the state had been entered. Absent the first time.
   */
  entry?: number;
}
export interface CheckedCondition {
  matcher: string;
  value: string;
  seen: string[];
}
/**
 * `exitwise explain --format json` for an execution without its history.
 */
export interface ExplainEnd {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  event: string;
  /**
   * The policy's file, as given on the command line.
   */
  policy: string;
  policyHash: PolicyHash;
  status: string;
  error: string | null;
  cause: string | null;
  meaning: string;
  line: number | null;
}
/**
 * `exitwise backtest --format json`.
 */
export interface Backtest {
  /**
   * Number of the format. It changes if a key changes its meaning or disappears, not if one is added.
   */
  format: 1;
  interrupted: boolean;
  policies: {
    /**
     * The policy's file, as given on the command line.
     */
    policy: string;
    policyHash: PolicyHash;
    failures: number;
    /**
     * In UTC. Null if no time is known.
     */
    first: string | null;
    /**
     * In UTC. Null if no time is known.
     */
    last: string | null;
    /**
     * The rules that decide, the most frequent first.
     */
    rules: {
      rule: string;
      line: number;
      type: Type;
      failures: number;
      /**
       * In UTC. Null if no time is known.
       */
      first: string | null;
      /**
       * In UTC. Null if no time is known.
       */
      last: string | null;
      example: null | Example;
    }[];
    /**
     * Number of failures about which `[default]` decides, or a rule that says nothing about their reason.
     */
    unknownFailures: number;
    /**
     * These by what they have in common, the most frequent first.
     */
    unknown: {
      signature: string;
      rule: string;
      failures: number;
      /**
       * In UTC. Null if no time is known.
       */
      first: string | null;
      /**
       * In UTC. Null if no time is known.
       */
      last: string | null;
      /**
       * Number of these failures that another run followed.
       */
      followed: number;
      /**
       * Number of those runs that succeeded.
       */
      thenSucceeded: number;
      example: null | Example;
    }[];
    /**
     * Number of unknown failures that are not in `unknown`, because they are of too many kinds.
     */
    furtherUnknown: number;
    /**
     * What the policy would have done in executions with known histories.
     */
    executions?: {
      /**
       * Number of task states with failures.
       */
      states: number;
      runs: number;
      /**
       * Would have ended as recorded.
       */
      same: number;
      certain: {
        stoppedEarlier: Certain;
        stoppedBeforeSuccess: Certain;
        endedAsSuccess: Certain;
      };
      possible: {
        /**
         * Would have run again after the last failure, with an unknown end.
         */
        goneOn: number;
        example: null | Example;
      };
    };
    /**
     * With --against: the failures that the older policy treats otherwise.
     */
    changes?: {
      against: string;
      againstHash: PolicyHash;
      failures: number;
      pairs: {
        from: {
          rule: string;
          type: Type;
          maxRetries: number;
          /**
           * The first delays, in seconds, without jitter.
           */
          delays: number[];
        };
        to: {
          rule: string;
          type: Type;
          maxRetries: number;
          /**
           * The first delays, in seconds, without jitter.
           */
          delays: number[];
        };
        failures: number;
        example: null | Example;
      }[];
    };
    /**
     * With --suggest.
     */
    suggestions?: {
      signature: string;
      /**
       * The rule before which it belongs. Null for the end.
       */
      before: string | null;
      /**
       * Other suggested rules that must stand before it.
       */
      after: string[];
      toml: string | null;
      whyNone: string | null;
    }[];
  }[];
  leftOut: {
    /**
     * Number of files that could not be read to their ends.
     */
    brokenFiles: number;
    unreadable: number;
    unreadableExamples: {
      file: string;
      line?: number;
      why: string;
    }[];
    succeeded: number;
    /**
     * Not ended, or not known to ECS any more.
     */
    running: number;
    ofServices: number;
    /**
     * Of tasks that run no container.
     */
    otherTasks: number;
    withoutData: number;
    /**
     * Executions of which only the end is known.
     */
    withoutHistory: number;
  };
}
/**
 * The first failure of its kind that was read.
 */
export interface Example {
  file: string;
  line?: number;
  /**
   * The ARN of the task or of the execution, or the id of the job.
   */
  reference?: string;
}
export interface Certain {
  /**
   * Number of task states, each from its first failure until it succeeded or was given up.
   */
  states: number;
  savedRuns: number;
  /**
   * Run time of the saved runs of which it is known.
   */
  savedSeconds: number;
  savedRunsWithoutTime: number;
  /**
   * With the currency; only if the policy has prices and sizes are known.
   */
  savedCost?: string;
  example: null | Example;
}
