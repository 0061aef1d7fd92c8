// The page as its views see it.

import type { EditorView } from "@codemirror/view";
import type { Catalogue } from "./catalogue";
import type { Client } from "./client";
import type { Step } from "./question";
import type { Answer } from "./question";
import type { State } from "./state";

export interface App {
  readonly client: Client;
  readonly catalogue: Catalogue;
  readonly version: string;
  readonly state: Readonly<State>;
  /** The newest answer. */
  readonly answer: Answer | null;
  /** The newest answer about a policy without errors. */
  readonly good: Answer | null;
  readonly editor: EditorView;
  /** Changes the state, shows it, and asks the engine if the question has changed. */
  change(change: Partial<State>): void;
  /** Opens a policy in the editor. */
  open(policy: string, name: string): void;
  /** Shows a line of the policy. */
  goTo(line: number): void;
}

/** The decisions of the newest answer about a policy without errors. */
export function stepsOf(app: App): ({ value: Step } | { problem: string })[] {
  return app.good?.good?.steps ?? [];
}

/** The decision about the selected failure. Null if the execution ended before. */
export function selectedStep(app: App): Step | null {
  const step = stepsOf(app)[app.state.selected];
  return step && "value" in step ? step.value : null;
}
