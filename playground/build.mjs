// Builds the page: one HTML file, which needs no server and no network.
//
//   node build.mjs [FILE]      by default ../target/playground/index.html
//
// The element `<script type="application/json" id="start">{}</script>` occurs exactly once, on a line of its own. To open the page
// with a policy, replace its `{}` with JSON such as {"name": "policy.toml", "policy": "version = 1 …"}, in which each `<` is
// written as \u003c. Other keys are those of `State` in src/state.ts, such as "failures" and "tab". The Content-Security-Policy
// allows scripts by their hashes, and data is not a script, so nothing else changes.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import lzma from "lzma";
import { catalogue } from "./catalogue.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const output = resolve(process.argv[2] ?? join(root, "target/playground/index.html"));
const engine = join(root, "wasm/npm");

/** The packages whose code is in the page. */
const bundled = new Set();

/** A file with all that it imports, as one script that can stand in HTML. */
async function bundle(file, options = {}) {
  const result = await build({
    entryPoints: [join(here, "src", file)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "iife",
    target: ["chrome109", "firefox115", "safari16.4"],
    legalComments: "none",
    charset: "utf8",
    alias: { "@exitwise/engine": join(engine, "index.js") },
    ...options,
  });
  const text = result.outputFiles[0].text.trim();
  for (const path of Object.keys(result.metafile.inputs)) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
    if (name) bundled.add(name);
  }
  if (/<\/script|<!--/i.test(text)) throw new Error(`${file} contains what would end its script`);
  return text;
}

/** The licenses of the packages in the page: all have the MIT license, which asks for its text and the copyright. */
function licenses() {
  const texts = [...bundled].toSorted().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const text = readFileSync(join(folder, "LICENSE"), "utf8");
    const [copyright] = /^Copyright .*$/m.exec(text) ?? [];
    if (license !== "MIT" || !copyright) throw new Error(`${name} has the license ${license}`);
    return { line: `${name} ${version}: ${copyright}`, terms: text.slice(text.indexOf("Permission is hereby granted")).trim() };
  });
  return `${texts.map(({ line }) => line).join("\n")}\n\n${texts[0].terms}`;
}

/** Data, compressed, in base64. Compressing takes long, so the result is kept for the next build. */
function packed(data) {
  const folder = join(root, "target/playground/packed");
  const file = join(folder, createHash("sha256").update(data).digest("hex"));
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, Buffer.from(lzma.compress(data, 9)).toString("base64"));
  }
  return readFileSync(file, "utf8");
}

const [style, worker, page, boot] = await Promise.all([
  bundle("style.css"),
  bundle("worker.ts", { define: { "import.meta.url": '""' }, external: ["node:*"] }),
  bundle("main.ts"),
  bundle("boot.ts"),
]);
const hashes = [boot, page].map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
const rules = [
  "default-src 'none'",
  `script-src ${hashes.join(" ")} 'wasm-unsafe-eval'`,
  "worker-src blob:",
  // CodeMirror adds styles while it runs, and drawings set the widths of their bars.
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
];
const parts = {
  licenses: licenses(),
  policy: rules.join("; "),
  style,
  engine: packed(readFileSync(join(engine, "engine.wasm"))),
  packed: packed(Buffer.from(JSON.stringify({ page, worker, catalogue: JSON.stringify(catalogue(root)) }))),
  boot,
};
const template = readFileSync(join(here, "src/page.html"), "utf8");
const html = template.replaceAll(/@(\w+)@/g, (_, name) => parts[name]);
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, html);

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
const gzipped = (text) => kilobytes(gzipSync(text, { level: 9 }).length);
console.log(`${output}: ${kilobytes(Buffer.byteLength(html))}, gzipped ${gzipped(html)}`);
console.log(
  `  engine, compressed: ${kilobytes((parts.engine.length * 3) / 4)}; scripts and catalogue: ${kilobytes((parts.packed.length * 3) / 4)}`,
);
