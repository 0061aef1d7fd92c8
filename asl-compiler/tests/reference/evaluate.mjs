// Evaluates a corpus of expressions, which `cargo test -p exitwise-asl-compiler` writes, with the reference implementation
// of JSONata, and compares the values with what they must be.
//
// Usage: node evaluate.mjs CORPUS.jsonl
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import jsonata from "jsonata";

// The deepest nesting of a Cause that the engine reads as JSON. How deep $parse of Step Functions goes is not documented.
const MAX_DEPTH = 127;

// Like $parse of Step Functions, this refuses repeated keys and numbers that no double holds.
function parse(text) {
  let at = 0;
  let depth = 0;
  const fail = () => {
    throw new Error(`$parse: not JSON at ${at}`);
  };
  const token = (pattern) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match?.[0];
  };
  const space = () => token(/[\t\n\r ]*/y);
  const string = () => {
    const found = token(/"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y);
    return found === undefined ? fail() : JSON.parse(found);
  };
  const members = (close, read) => {
    at += 1;
    depth += 1;
    if (depth > MAX_DEPTH) fail();
    const end = () => {
      at += 1;
      depth -= 1;
    };
    space();
    if (text[at] === close) return end();
    for (;;) {
      read();
      space();
      if (text[at] === close) return end();
      if (text[at] !== ",") fail();
      at += 1;
      space();
    }
  };
  const value = () => {
    if (text[at] === "{") {
      const object = {};
      members("}", () => {
        const key = string();
        if (Object.hasOwn(object, key)) fail();
        space();
        if (text[at] !== ":") fail();
        at += 1;
        space();
        Object.defineProperty(object, key, { value: value(), enumerable: true, configurable: true, writable: true });
      });
      return object;
    }
    if (text[at] === "[") {
      const list = [];
      members("]", () => list.push(value()));
      return list;
    }
    if (text[at] === '"') return string();
    const word = token(/true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y);
    if (word === undefined) fail();
    const read = JSON.parse(word);
    return typeof read === "number" && !Number.isFinite(read) ? fail() : read;
  };
  space();
  const parsed = value();
  space();
  return at === text.length ? parsed : fail();
}

function prepared(source) {
  const expression = jsonata(source);
  expression.registerFunction("parse", parse, "<s-:x>");
  expression.registerFunction(
    "hash",
    (text, algorithm) => createHash(algorithm.replace("-", "").toLowerCase()).update(text, "utf8").digest("hex"),
    "<ss:s>",
  );
  return expression;
}

// The state machine reads the Cause at fewer levels if $parse fails.
async function decide(expression, { taskError, errorState, context }) {
  for (const jsonLevels of [2, 1, 0]) {
    try {
      return await expression.evaluate(null, { taskError, errorState, jsonLevels, states: { context } });
    } catch (error) {
      if (jsonLevels === 0 || !String(error.message).startsWith("$parse")) throw error;
    }
  }
}

async function valueOf(expression, { texts, ...given }) {
  return texts === undefined ? decide(expression, given) : expression.evaluate(null, { texts });
}

let source;
let expression;
let count = 0;
let slowest = 0;
const wrong = [];
for (const line of readFileSync(process.argv[2], "utf8").trimEnd().split("\n")) {
  const entry = JSON.parse(line);
  if (entry.expression !== undefined) {
    source = entry.expression;
    expression = undefined;
    continue;
  }
  count += 1;
  let found;
  try {
    expression ??= prepared(source);
    const start = performance.now();
    found = await valueOf(expression, entry);
    slowest = Math.max(slowest, performance.now() - start);
  } catch (error) {
    found = `${error.code ?? ""} ${error.message}: ${source.slice(0, 200)}`;
  }
  // Results have hidden properties, which JSON does not.
  const plain = JSON.parse(JSON.stringify(found ?? null));
  if (!isDeepStrictEqual(plain, entry.expected)) wrong.push({ ...entry, found: plain });
}
for (const entry of wrong.slice(0, 5)) console.log(JSON.stringify(entry));
console.log(`${count} values, ${wrong.length} wrong, the slowest in ${slowest.toFixed(0)} ms`);
process.exit(wrong.length === 0 && count > 0 ? 0 : 1);
