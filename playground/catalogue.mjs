// Collects what the page embeds besides the engine, from the files of the repository.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The failures in lambda/tests/failures, with the class and the description of PROVENANCE.md. */
function events(root) {
  const folder = join(root, "lambda/tests/failures");
  const rows = readFileSync(join(folder, "PROVENANCE.md"), "utf8").matchAll(
    /^\| `([^`]+)\.json` \| [^|]+ \| ((?:[^|\\]|\\.)+) \| ((?:[^|\\]|\\.)+) \|/gm,
  );
  const events = [];
  for (const [, name, type, shows] of rows) {
    const event = unfolded(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
    events.push({ name, class: type.replaceAll("\\|", "|").trim(), shows: shows.replaceAll("\\|", "|").trim(), event });
  }
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  // Neighbours of about the same length compress best.
  events.sort((a, b) => JSON.stringify(a.event).length - JSON.stringify(b.event).length);
  if (files.length !== events.length) throw new Error(`${files.length} failures, but ${events.length} rows about them`);
  return events;
}

/** The event with a Cause that is JSON as an object, `causeJson`, which takes less space. src/catalogue.ts folds it again. */
function unfolded(event) {
  const { Cause, ...rest } = event.taskError ?? {};
  try {
    const cause = JSON.parse(Cause);
    if (JSON.stringify(cause) === Cause && Object.keys(event.taskError).at(-1) === "Cause")
      return { ...event, taskError: { ...rest, causeJson: cause } };
  } catch {
    // A Cause that is plain text stays as it is.
  }
  return event;
}

/** The sections of the cookbook under a heading, as [title, text]. */
function sections(text, heading) {
  const chapter = text.split(/^## /m).find((it) => it.startsWith(heading));
  if (!chapter) throw new Error(`docs/cookbook.md has no heading ${heading}`);
  return chapter
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title, ...lines] = section.split("\n");
      return [title, lines.join("\n")];
    });
}

const blocks = (text) => [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, code]) => ({ language, code }));
const plain = (title) => title.replace(/: \[.*$/, "").replaceAll("`", "");

/** The policies in policies/, with their titles in the cookbook, and its recipes. */
function policies(root, cookbook) {
  const titles = new Map(
    sections(cookbook, "Ten situations").map(([title]) => [/`(\w[\w-]*\.toml)`/.exec(title)?.[1], plain(title)]),
  );
  const files = readdirSync(join(root, "policies")).filter((file) => file.endsWith(".toml"));
  const shipped = files.map((name) => {
    const text = readFileSync(join(root, "policies", name), "utf8");
    return { name, title: titles.get(name) ?? "The smallest policy", text };
  });
  const recipes = sections(cookbook, "Recipes").map(([title, text]) => {
    const code = blocks(text).find(({ language }) => language === "toml").code;
    return { name: "policy.toml", title: plain(title), text: code };
  });
  shipped.sort((a, b) => Number(b.name === "default.toml") - Number(a.name === "default.toml"));
  return [...shipped, ...recipes];
}

/** The settings of other systems in the cookbook, each with the policy that says the same. */
function pairs(cookbook) {
  return sections(cookbook, "How other systems count").map(([title, text]) => {
    const all = blocks(text);
    const theirs = all.find(({ language }) => language !== "toml");
    const ours = all.find(({ language, code }) => language === "toml" && code.startsWith("version"));
    const notes = text
      .split("```")[2]
      .split(/\n{2,}/)
      .map((it) => it.trim().replaceAll("\n", " "))
      .filter(Boolean);
    return { title: plain(title), language: theirs.language, theirs: theirs.code, ours: ours.code, notes };
  });
}

export function catalogue(root) {
  const cookbook = readFileSync(join(root, "docs/cookbook.md"), "utf8");
  return { events: events(root), policies: policies(root, cookbook), pairs: pairs(cookbook) };
}
