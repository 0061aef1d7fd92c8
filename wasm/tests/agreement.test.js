// The package gives the same bytes as the command line. `EXITWISE` is the program, and `GENERATED` a folder of generated policies
// and failures, as `cargo run -p testkit --example policies` writes it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { test } from "node:test";
import { ExitwiseError, load } from "@exitwise/engine";

const { EXITWISE: program, GENERATED: generated } = process.env;
const root = resolve(import.meta.dirname, "../..");
const engine = await load();

/** The files of a folder with this ending, in the order in which the command line takes them. */
function files(folder, ending) {
  const names = readdirSync(resolve(root, folder)).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => join(folder, name));
}

const read = (file) => readFileSync(resolve(root, file), "utf8");
const policies = files("policies", ".toml");
const events = files("lambda/tests/failures", ".json");
const generatedPolicies = files(join(generated, "policies"), ".toml");
const generatedEvents = files(join(generated, "events"), ".json");

/** What the command line prints, whatever its exit status is. */
function printed(...args) {
  const { stdout, error } = spawnSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.ifError(error);
  return stdout;
}

/** The recorded events, by the paths with which tests in `valid` name them. */
const valid = "policy-engine/tests/fixtures/valid";
const recorded = Object.fromEntries(files(`${valid}/events`, ".json").map((file) => [relative(valid, file), read(file)]));

test("check", () => {
  const invalid = files("policy-engine/tests/fixtures/invalid", ".toml");
  const all = [...policies, ...files(valid, ".toml"), ...invalid, ...generatedPolicies];
  const checked = all.map((file) => engine.json.check(read(file), { name: file, events: recorded }));
  assert.ok(all.length > 1_000);
  const lines = printed("check", "--format", "json", ...all).split("\n");
  checked.forEach((line, index) => assert.equal(line, `${lines[index]}\n`));
});

test("explain, every event under every policy", () => {
  assert.ok(events.length >= 179);
  for (const policy of policies) {
    const explained = events.map((file) => engine.json.explain(read(policy), read(file), { name: policy, document: file }));
    assert.equal(explained.join(""), printed("explain", "--format", "json", "--policy", policy, ...events));
  }
});

test("explain, generated policies and failures", () => {
  for (const [index, policy] of generatedPolicies.entries()) {
    const document = generatedEvents[index];
    const explained = engine.json.explain(read(policy), read(document), { name: policy, document });
    assert.equal(explained, printed("explain", "--format", "json", "--policy", policy, document));
  }
});

test("explain, other forms of a document", () => {
  for (const document of ["cli/tests/cmd/history.json", "cli/tests/cmd/execution.json", "cli/tests/cmd/stopped-tasks.jsonl"]) {
    const explained = engine.json.explain(read(policies[0]), read(document), { name: policies[0], document });
    assert.ok(explained.length > 0);
    assert.equal(explained, printed("explain", "--format", "json", "--policy", policies[0], document));
  }
});

test("decide is the decision that explain tells of", () => {
  for (const policy of policies) {
    for (const file of events) {
      const decided = engine.decide(read(policy), read(file));
      const [explained] = engine.explain(read(policy), read(file));
      for (const key of Object.keys(decided).filter((key) => key !== "policy")) {
        assert.deepEqual(decided[key], explained[key], `${key} of ${file}`);
      }
      assert.equal(decided.policy, explained.policyHash);
    }
  }
});

test("simulate", () => {
  for (const policy of policies) {
    for (const { name } of engine.rules(read(policy))) {
      const failures = [`rule=${name}`, "137"];
      const run = ["--policy", policy, "--seed", "7", "--run-time", "90s"];
      const simulated = engine.json.simulate(read(policy), { name: policy, failures, repeat: true, seed: 7, runSeconds: 90 });
      assert.equal(simulated, printed("simulate", "--format", "json", "--repeat", "--failures", failures.join(), ...run));
    }
    const random = engine.json.simulate(read(policy), { name: policy, random: true, runs: 100, seed: 7 });
    assert.equal(random, printed("simulate", "--format", "json", "--random", "--runs", "100", "--seed", "7", "--policy", policy));
  }
});

test("diff", () => {
  const pairs = policies.flatMap((old) => policies.map((now) => [old, now]));
  const neighbours = generatedPolicies.slice(0, 100).map((old, index) => [old, generatedPolicies[index + 1]]);
  for (const names of [...pairs, ...neighbours]) {
    const difference = engine.json.diff(...names.map(read), { names, all: true });
    assert.equal(difference, printed("diff", "--format", "json", "--all", ...names));
  }
});

test("compile", () => {
  let native = 0;
  for (const name of [...policies, ...generatedPolicies.slice(0, 100)]) {
    for (const backend of ["native", "lambda"]) {
      const expected = printed("compile", "--backend", backend, name);
      if (expected === "") {
        assert.throws(() => engine.compile(read(name), { name, backend }), ExitwiseError);
      } else {
        native += backend === "native";
        assert.equal(engine.compile(read(name), { name, backend }), expected);
      }
    }
  }
  assert.ok(native > 100);
});

test("weave", () => {
  const [workflow, name] = ["cli/tests/cmd/workflow.asl.json", "policies/minimal.toml"];
  const woven = engine.weave(read(workflow), { "*": { name, text: read(name) } });
  assert.equal(woven, printed("compile", workflow, "--policy", name));
  assert.throws(() => engine.weave("{}", { "*": read(name) }), ExitwiseError);
});
