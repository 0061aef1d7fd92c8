// The page's side of the worker: requests are numbered, and of several questions only the newest is asked.

import type { Answer, Question, Reply, Request } from "./question";

export class Client {
  private worker: Worker;
  private waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private next = 0;
  private asked: Question | null = null;
  /** Whether a question waits for its answer. */
  isBusy = false;

  constructor(
    script: string,
    private onAnswer: (answer: Answer, question: Question) => void,
    private onProblem: (problem: string) => void,
  ) {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.worker = new Worker(url);
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("problem" in data) waiting?.reject(new Error(data.problem));
      else waiting?.resolve(data.value);
    };
    this.worker.onerror = ({ message }) => {
      for (const { reject } of this.waiting.values()) reject(new Error(message || "the browser does not start the worker"));
      this.waiting.clear();
    };
  }

  /** Loads the engine. Resolves with its version. */
  load(packed: Uint8Array): Promise<string> {
    return this.request({ kind: "load", packed }) as Promise<string>;
  }

  /** Asks a question. While one is being answered, only the newest of the others is kept. */
  ask(question: Question): void {
    this.asked = question;
    if (!this.isBusy) void this.askNext();
  }

  language<T>(text: string, method: string, params: object): Promise<T> {
    return this.request({ kind: "language", text, method, params }) as Promise<T>;
  }

  recordings(document: string): Promise<string[]> {
    return this.request({ kind: "recordings", document }) as Promise<string[]>;
  }

  private async askNext(): Promise<void> {
    this.isBusy = true;
    while (this.asked) {
      const question = this.asked;
      this.asked = null;
      try {
        this.onAnswer((await this.request({ kind: "question", question })) as Answer, question);
      } catch (error) {
        this.onProblem((error as Error).message);
      }
    }
    this.isBusy = false;
  }

  private request(request: Request): Promise<unknown> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, request });
    });
  }
}
