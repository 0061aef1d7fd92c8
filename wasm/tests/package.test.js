// What the package does beside the command line.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { ExitwiseError, load } from "@exitwise/engine";

const root = resolve(import.meta.dirname, "../..");
const read = (file) => readFileSync(resolve(root, file), "utf8");
const policy = read("policies/default.toml");
const engine = await load();

test("the version is that of the package", () => {
  assert.equal(engine.version, JSON.parse(read("wasm/npm/package.json")).version);
  assert.match(read("Cargo.toml"), new RegExp(`^version = "${engine.version}"$`, "m"));
});

test("a policy with errors is an error with its diagnostics", () => {
  for (const call of [
    (broken) => engine.decide(broken, {}),
    (broken) => engine.explain(broken, "{}"),
    (broken) => engine.simulate(broken, { failures: ["1"] }),
    (broken) => engine.compile(broken),
    (broken) => engine.diff(policy, broken),
    (broken) => engine.rules(broken),
  ]) {
    assert.throws(
      () => call("version = 2"),
      (error) => error instanceof ExitwiseError && error.diagnostics.some((it) => it.severity === "error"),
    );
  }
});

test("what is not a failure is refused with a reason", () => {
  assert.throws(() => engine.explain(policy, "not a failure"), { name: "ExitwiseError", diagnostics: null });
  assert.throws(() => engine.simulate(policy, { failures: ["NoSuchCode"] }), /NoSuchCode/);
});

test("the retries of an execution are bounded if each decision is part of the next event", () => {
  const event = JSON.parse(read("lambda/tests/failures/captured-pv14-fargate-spot-exit-9.json"));
  let errorState;
  const types = [];
  do {
    errorState = engine.decide(policy, { taskError: event.taskError, errorState });
    types.push(errorState.type);
  } while (errorState.type !== "FATAL" && types.length < 100);
  assert.equal(types.at(-1), "FATAL");
  assert.equal(types.length, errorState.retryCount + 1);
});

test("recordings are events of the function", () => {
  const events = engine.recordings(read("cli/tests/cmd/stopped-tasks.jsonl"));
  assert.ok(events.length > 1);
  for (const event of events) {
    assert.ok(JSON.parse(event).taskError);
    assert.equal(engine.explain(policy, event).length, 1);
  }
});

test("rules have the waits that simulate draws from", () => {
  for (const rule of engine.rules(policy)) {
    assert.equal(rule.waits.length, rule.type === "TEMPORARY" ? rule.retries : 0);
    const simulated = engine.simulate(policy, { failures: [`rule=${rule.name}`], repeat: true });
    for (const [index, { waitSeconds }] of simulated.failed.slice(0, -1).entries()) {
      const { minSeconds, maxSeconds } = rule.waits[index] ?? { minSeconds: 0, maxSeconds: 0 };
      assert.ok(minSeconds <= waitSeconds && waitSeconds <= maxSeconds, `${rule.name}: ${waitSeconds}`);
    }
  }
});

test("the language server keeps a document from one message to the next", () => {
  const uri = "file:///policy.toml";
  const opened = engine.languageServer("textDocument/didOpen", {
    textDocument: { uri, languageId: "toml", version: 1, text: policy.replace('type = "FATAL"', 'type = "fatal"') },
  });
  const [problem] = opened.diagnostics;
  assert.match(problem.message, /fatal/);
  const actions = engine.languageServer("textDocument/codeAction", {
    textDocument: { uri },
    range: problem.range,
    context: { diagnostics: [problem] },
  });
  assert.equal(actions[0].edit.changes[uri][0].newText.includes("FATAL"), true);
  const mended = engine.languageServer("textDocument/didChange", {
    textDocument: { uri, version: 2 },
    contentChanges: [{ text: policy }],
  });
  assert.deepEqual(mended.diagnostics, []);
  assert.throws(() => engine.languageServer("textDocument/foo", {}), ExitwiseError);
});

test("modules and bytes can be loaded, and engines do not share documents", async () => {
  const bytes = readFileSync(resolve(root, "wasm/npm/engine.wasm"));
  for (const wasm of [bytes, await WebAssembly.compile(bytes)]) {
    const other = await load(wasm);
    assert.equal(other.check(policy).policyHash, engine.check(policy).policyHash);
  }
});
