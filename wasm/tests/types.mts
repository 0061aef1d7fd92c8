// What a caller in TypeScript may rely on. It is compiled and never run.
import { load, type Check, type Engine, type ErrorState, type SimulateExecution, type SimulateRandom } from "@exitwise/engine";

const engine: Engine = await load(new Uint8Array());
const check: Check = engine.check("", { native: true, events: { "a.json": "{}" } });
const runs: number | undefined = check.worstCase?.runs;
const decided: ErrorState = engine.decide("", { taskError: { Error: "States.TaskFailed", Cause: "{}" } });
const one: SimulateExecution = engine.simulate("", { failures: ["137"], repeat: true });
const many: SimulateRandom = engine.simulate("", { random: true, runs: 10 });
const woven: string = engine.weave("{}", { Train: "", "*": { name: "policy.toml", text: "" } }, { backend: "lambda" });
for (const explained of engine.explain("", "", { document: "history.json" })) {
  // The end of an execution has a status, a decision has none.
  console.log("status" in explained ? explained.status : explained.rule);
}
// @ts-expect-error: there is no such backend.
engine.compile("", { backend: "cloud" });
console.log(runs, decided.retries["default"], one.failed.length, many, woven, engine.rules("")[0]?.waits[0]?.maxSeconds);
