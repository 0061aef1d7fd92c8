// The engine of exitwise, compiled to WebAssembly. index.d.ts describes what is here.

/** A request that the engine cannot answer. */
export class ExitwiseError extends Error {
  constructor(message, diagnostics) {
    super(message);
    this.name = "ExitwiseError";
    this.diagnostics = diagnostics;
  }
}

export async function load(wasm) {
  const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm ?? (await packaged()));
  return new Engine(module);
}

/** Reads the module of this package: from its file in Node, with a request in a browser. */
async function packaged() {
  const url = new URL("./engine.wasm", import.meta.url);
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(url);
  }
  return (await fetch(url)).arrayBuffer();
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class Engine {
  #module;
  #exports;

  /** The same functions, each of which returns the text that the command line prints. */
  json = {
    check: (policy, { name = "policy.toml", native, events } = {}) =>
      this.#answer("check", { policy: { name, text: policy }, native, events }),
    decide: (policy, event, { name = "policy.toml" } = {}) =>
      this.#answer("decide", { policy: { name, text: policy }, event: asText(event) }),
    explain: (policy, document, { name = "policy.toml", document: documentName = "failure.json" } = {}) =>
      this.#answer("explain", { policy: { name, text: policy }, document: asText(document), name: documentName }),
    simulate: (policy, { name = "policy.toml", ...options } = {}) =>
      this.#answer("simulate", { policy: { name, text: policy }, ...options }),
    diff: (old, now, { names = ["old.toml", "new.toml"], all } = {}) =>
      this.#answer("diff", { old: { name: names[0], text: old }, new: { name: names[1], text: now }, all }),
  };

  constructor(module) {
    this.#module = module;
    this.#start();
    this.version = this.#answer("version");
  }

  check(policy, options) {
    return JSON.parse(this.json.check(policy, options));
  }

  decide(policy, event, options) {
    return JSON.parse(this.json.decide(policy, event, options));
  }

  explain(policy, document, options) {
    const lines = this.json.explain(policy, document, options).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  simulate(policy, options) {
    return JSON.parse(this.json.simulate(policy, options));
  }

  diff(old, now, options) {
    return JSON.parse(this.json.diff(old, now, options));
  }

  compile(policy, { name = "policy.toml", backend = "native", function: arn } = {}) {
    return this.#answer("compile", { policy: { name, text: policy }, backend, function: arn });
  }

  weave(definition, policies, { backend = "native", function: arn } = {}) {
    const named = Object.entries(policies).map(([state, policy]) => [
      state,
      typeof policy === "string" ? { name: "policy.toml", text: policy } : policy,
    ]);
    return this.#answer("weave", { definition, policies: Object.fromEntries(named), backend, function: arn });
  }

  recordings(document) {
    return JSON.parse(this.#answer("recordings", { document: asText(document) }));
  }

  rules(policy) {
    return JSON.parse(this.#answer("rules", { policy: { name: "policy.toml", text: policy } }));
  }

  languageServer(method, params) {
    return JSON.parse(this.#answer("languageServer", { method, params }));
  }

  #start() {
    this.#exports = new WebAssembly.Instance(this.#module).exports;
  }

  #answer(command, request) {
    const bytes = encoder.encode(JSON.stringify(request === undefined ? command : { [command]: request }));
    const { memory, request: place, answer, response, response_length: length } = this.#exports;
    let isError;
    try {
      // The memory may grow for the request, and then has another buffer.
      const address = place(bytes.length);
      new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
      isError = answer();
    } catch (error) {
      // The module has stopped in the middle of its work, so its memory cannot be trusted.
      this.#start();
      throw new ExitwiseError(`there is a bug in exitwise: ${error.message}`, null);
    }
    const text = decoder.decode(new Uint8Array(memory.buffer, response(), length()));
    if (isError) {
      const { message, diagnostics } = JSON.parse(text);
      throw new ExitwiseError(message, diagnostics);
    }
    return text;
  }
}

function asText(document) {
  return typeof document === "string" ? document : JSON.stringify(document);
}
