// The worker: it holds the engine, so that a slow policy never holds up typing.

import { load } from "@exitwise/engine";
import { Answers } from "./answers";
import { unlzma } from "./lzma";
import type { Reply, Request } from "./question";

let answers: Answers | null = null;

async function answer(request: Request): Promise<unknown> {
  if (request.kind === "load") {
    const engine = await load(unlzma(request.packed));
    answers = new Answers(engine);
    return engine.version;
  }
  if (!answers) throw new Error("the engine is not loaded");
  switch (request.kind) {
    case "question":
      return answers.answer(request.question);
    case "language":
      return answers.language(request.text, request.method, request.params);
    case "recordings":
      return answers.recordings(request.document);
  }
}

/** Requests are answered in turn, so that the first question waits for the engine. */
let turn: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<{ id: number; request: Request }>) => {
  const { id, request } = data;
  turn = turn.then(async () => {
    let reply: Reply;
    try {
      reply = { id, value: await answer(request) };
    } catch (error) {
      reply = { id, problem: error instanceof Error ? error.message : String(error) };
    }
    self.postMessage(reply);
  });
};
