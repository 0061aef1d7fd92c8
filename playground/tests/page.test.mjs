// What a person does on the page, and what it shows, in a real browser.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { answered, cursorBehind, launch, open, page, pictures, policyIn, root } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Opens the page for a test, and asserts at its end that nothing was requested and nothing said. */
async function withPage(options, work) {
  const { tab, context, faults } = await open(browser, options);
  try {
    await work(tab, context);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds. The rules of the page allow no script but its own; the browser's debugger may run one. */
async function faultsOfAccessibility(tab) {
  const { violations } = await tab.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  const nodesOf = (nodes) => nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join("\n");
  return violations.map(({ id, nodes }) => `${id}: ${nodesOf(nodes)}`);
}

const policy = (name) => readFileSync(join(root, "policies", name), "utf8");

test("a mistake is shown at once, and its fix mends it", () =>
  withPage({}, async (tab) => {
    await cursorBehind(tab, 'type = "TEMPO');
    await tab.keyboard.press("Backspace");
    await answered(tab);
    const problem = tab.locator("#problems li.error");
    await problem.first().waitFor();
    assert.match(await problem.first().innerText(), /P017 unknown type TEMPRARY[\s\S]*help: write "TEMPORARY"/);
    assert.ok((await tab.locator(".cm-lintRange-error").count()) > 0, "the mistake is underlined");
    assert.match(await tab.locator("#status").innerText(), /error/);
    await tab.getByRole("button", { name: 'write "TEMPORARY"' }).first().click();
    await answered(tab);
    await tab.locator("#problems").waitFor({ state: "hidden" });
    assert.equal(await policyIn(tab), policy("default.toml"));
    assert.match(await tab.locator("#status").innerText(), /no\s+problems/);
  }));

test("a problem is without faults of accessibility, too", () =>
  withPage({}, async (tab) => {
    await cursorBehind(tab, "max_retries = 3");
    await tab.keyboard.type("x");
    await answered(tab);
    await tab.locator("#right.stale .notice:not(.fault)").waitFor();
    await tab.screenshot({ path: join(pictures, "light-problem.png") });
    assert.deepEqual(await faultsOfAccessibility(tab), []);
  }));

test("keys are completed, and explained on hover", () =>
  withPage({}, async (tab) => {
    await cursorBehind(tab, 'name = "host-unhealthy"');
    await tab.keyboard.type("\nmax");
    const options = tab.locator(".cm-tooltip-autocomplete li");
    await options.first().waitFor();
    assert.match(await options.first().innerText(), /^max_retries/);
    await tab.waitForTimeout(150); // CodeMirror ignores a choice that comes too fast to be one.
    await tab.keyboard.press("Enter");
    await tab.keyboard.type("2");
    await answered(tab);
    assert.ok((await policyIn(tab)).includes('name = "host-unhealthy"\nmax_retries = 2\nwhen'));
    await tab.getByText("max_retries", { exact: true }).first().hover();
    await tab.locator(".hover .markdown").waitFor();
  }));

test("a picked failure lights the rule that decides, and dims those passed over with the reason", () =>
  withPage({}, async (tab) => {
    await tab.getByRole("button", { name: "Remove all" }).click();
    const search = tab.getByRole("combobox", { name: "Search the catalogue of failures" });
    await search.fill("start-pull-io-timeout");
    await search.press("ArrowDown");
    await search.press("Enter");
    await answered(tab);
    assert.match(await tab.locator("#decision").innerText(), /TEMPORARY[\s\S]*network-fault:145/);
    assert.match(await tab.locator("#said").innerText(), /TEMPORARY, wait .*; rule network-fault, line 145/);
    assert.match(await tab.locator(".cm-decides-line").innerText(), /\[\[rule\]\]/);
    const dimmed = tab.locator(".cm-passed", { hasText: "not-ready-yet" });
    await dimmed.scrollIntoViewIfNeeded();
    await dimmed.hover({ position: { x: 160, y: 8 } });
    await tab.locator(".hover .reason", { hasText: "not-ready-yet was passed over" }).waitFor();
    assert.match(await tab.locator(".hover .reason").innerText(), /reason is .*dial tcp/s);
  }));

test("failures come one by one, and the state of each decision goes into the next event", () =>
  withPage({}, async (tab) => {
    await tab.getByRole("button", { name: "Remove all" }).click();
    await tab.getByRole("tab", { name: "Build" }).click();
    await tab.getByLabel("Exit code", { exact: true }).fill("NetworkError");
    for (let failure = 1; failure <= 4; failure++) {
      await tab.getByRole("button", { name: "Add", exact: true }).click();
      await answered(tab);
    }
    const rows = await tab.locator(".timeline .step").allInnerTexts();
    assert.equal(rows.length, 5);
    for (const row of rows.slice(0, 3))
      assert.match(row, /NetworkError\)[^×]*×\s+TEMPORARY\s+1m\s+network-error:275\s+NetworkError/);
    assert.match(rows[3], /FATAL/);
    assert.match(rows[4], /Failed: RetriesExhausted.network-error\s+4 runs, 3m of waiting/);
    assert.match(
      await tab.locator("#command").innerText(),
      /exitwise simulate --policy default.toml --failures NetworkError,NetworkError,NetworkError,NetworkError --run-time 40s/,
    );
  }));

test("a pasted history is read like the command line reads it", () =>
  withPage({}, async (tab) => {
    await tab.getByRole("button", { name: "Remove all" }).click();
    await tab.getByRole("tab", { name: "Paste" }).click();
    const area = tab.getByLabel("A recorded failure");
    await area.fill("{");
    await tab.locator(".paste .status", { hasText: /JSON/ }).waitFor();
    await area.fill(readFileSync(join(root, "cli/tests/cmd/history.json"), "utf8"));
    await tab.locator(".paste .status", { hasText: "2 failures found" }).waitFor();
    await tab.getByRole("button", { name: "Add", exact: true }).click();
    await answered(tab);
    assert.equal(await tab.locator(".timeline .step:not(.end)").count(), 2);
    assert.match(await tab.locator("#decision").innerText(), /network-error:275/);
  }));

test("a failed test is red at its line", () =>
  withPage({}, async (tab) => {
    await cursorBehind(tab, 'expect = ["TEMPORARY 6');
    await tab.locator(".test.passed").first().waitFor();
    await tab.keyboard.type("1");
    await answered(tab);
    await tab.locator(".test.failed").first().waitFor();
    assert.match(await tab.locator("#status").innerText(), /1 of 30 tests/);
  }));

test("a shared link opens the same page", () =>
  withPage({}, async (tab, context) => {
    await cursorBehind(tab, "max_retries = ");
    await tab.keyboard.press("Delete");
    await tab.keyboard.type("7");
    await tab.getByRole("tab", { name: "Compare" }).click();
    await tab.getByLabel("Old policy").first().selectOption("original.toml");
    await answered(tab);
    await tab.waitForTimeout(600);
    const before = await tab.evaluate(() => window.exitwise.state);
    const hash = await tab.evaluate(() => location.hash);
    assert.match(hash, /^#1\./);
    assert.match(await tab.locator(".difference").innerText(), /limits.max_retries\s+3\s+7/);
    const { tab: other, context: otherContext, faults } = await open(browser, { hash });
    assert.deepEqual(await other.evaluate(() => window.exitwise.state), before);
    const shown = (it) => it.locator("#right").innerText();
    assert.equal(await shown(other), await shown(tab));
    assert.deepEqual(faults, []);
    await otherContext.close();
    const broken = await open(browser, { hash: "#1.not-compressed" });
    assert.equal(await policyIn(broken.tab), policy("default.toml"));
    await broken.tab.evaluate((hash) => (location.hash = hash), hash);
    await broken.tab.waitForFunction(() => window.exitwise.state.tab === "compare");
    assert.deepEqual(await broken.tab.evaluate(() => window.exitwise.state), before);
    await broken.context.close();
  }));

test("the command line opens the page with a policy", async () => {
  const text = readFileSync(page, "utf8");
  const empty = '<script type="application/json" id="start">{}</script>';
  assert.equal(text.split(empty).length, 2, "the element occurs exactly once");
  const start = JSON.stringify({ name: "mine.toml", policy: `# </script><b>\n${policy("minimal.toml")}` }).replaceAll(
    "<",
    "\\u003c",
  );
  const file = join(mkdtempSync(join(tmpdir(), "playground-")), "page.html");
  writeFileSync(
    file,
    text.replace(empty, () => empty.replace("{}", () => start)),
  );
  await withPage({ file }, async (tab) => {
    assert.equal(await policyIn(tab), `# </script><b>\n${policy("minimal.toml")}`);
    assert.match(await tab.locator("#command").innerText(), /mine.toml/);
  });
});

test("an engine that cannot be loaded is said, and the policy can still be read", async () => {
  const text = readFileSync(page, "utf8");
  const file = join(mkdtempSync(join(tmpdir(), "playground-")), "page.html");
  const truncated = text.replace(/(id="engine">[^<]{4000})[^<]*/, "$1");
  assert.notEqual(truncated, text);
  writeFileSync(file, truncated);
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(pathToFileURL(file).href);
  await tab.getByRole("alert").filter({ hasText: "There is no answer" }).waitFor();
  await tab.locator(".cm-content", { hasText: "What to do after a container task has failed" }).waitFor();
  await context.close();
});

test("the report is Markdown with the policy, the decisions and the command", () =>
  withPage({ permissions: ["clipboard-read", "clipboard-write"] }, async (tab) => {
    await tab.getByRole("button", { name: "Copy as Markdown" }).click();
    await tab.locator("button[data-said]").waitFor();
    const report = await tab.evaluate(() => navigator.clipboard.readText());
    assert.match(report, /^### Retry policy `default.toml`\n\nWorst case: 12 runs, 1h20m of waiting/);
    assert.match(
      report,
      /\| 2 \| NetworkError \| app exited with 4 \(NetworkError\)[^|]* \| TEMPORARY 1m \| `network-error`, line 275 \|/,
    );
    assert.ok(report.includes("```toml\n") && report.includes("exitwise explain --policy default.toml failures.jsonl"));
  }));

test("every view is without faults of accessibility, in light and dark, and on a phone", async () => {
  const forms = [
    { name: "light", options: { viewport: { width: 1280, height: 800 } } },
    { name: "dark", options: { colorScheme: "dark" } },
    { name: "phone", options: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } },
  ];
  for (const { name, options } of forms) {
    await withPage(options, async (tab) => {
      const check = async (view) => {
        assert.deepEqual(await faultsOfAccessibility(tab), [], `${name}, ${view}`);
      };
      for (const way of ["Paste", "Build"]) {
        await tab.getByRole("tab", { name: way }).click();
        await check(way);
      }
      await tab.getByRole("tab", { name: "Catalogue" }).click();
      for (const view of ["Failures", "Delays", "Compare", "State machine"]) {
        await tab.getByRole("tab", { name: view }).click();
        if (view === "Compare") await tab.getByLabel("Old policy").first().selectOption("original.toml");
        await answered(tab);
        await tab.waitForTimeout(250);
        await tab.screenshot({ path: join(pictures, `${name}-${view.toLowerCase().replace(" ", "-")}.png`) });
        await check(view);
      }
      if (name === "phone") {
        await tab.getByRole("tab", { name: "Policy", exact: true }).click();
        await tab.screenshot({ path: join(pictures, `${name}-policy.png`) });
        await check("Policy");
      }
      const width = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${name}: the page is ${width} pixels wider than the window`);
      await tab.getByRole("button", { name: "Policies …" }).click();
      await tab.locator("dialog .pair summary").nth(1).click();
      await tab.screenshot({ path: join(pictures, `${name}-policies.png`) });
      await check("Policies");
      await tab.keyboard.press("Escape");
    });
  }
});

test("a phone shows the policy alone, and a window that grows shows it beside the failures", () =>
  withPage({ viewport: { width: 390, height: 844 } }, async (tab) => {
    assert.ok(!(await tab.locator("#policy").isVisible()));
    await tab.getByRole("button", { name: "network-error:275" }).first().click();
    await tab.locator("#policy").waitFor();
    assert.ok(!(await tab.locator("#right").isVisible()));
    await tab.locator(".cm-decides-line").waitFor();
    await tab.setViewportSize({ width: 1440, height: 900 });
    await tab.locator("#decision").waitFor();
    assert.equal(await tab.getByRole("tab", { name: "Failures", selected: true }).count(), 1);
  }));

test("all can be reached with the keyboard, in the order of the page", () =>
  withPage({}, async (tab) => {
    const reached = [];
    for (let step = 0; step < 40; step++) {
      await tab.keyboard.press("Tab");
      reached.push(
        await tab.evaluate(
          () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent?.slice(0, 24),
        ),
      );
    }
    const expected = [
      "Skip the policy",
      "Policies …",
      "Share",
      "Copy as Markdown",
      "Failures",
      "Policy",
      "network-error:275",
      "Search the catalogue of failures",
    ];
    const places = expected.map((label) => reached.indexOf(label));
    assert.ok(!places.includes(-1), `not reached: ${expected[places.indexOf(-1)]}; reached: ${reached.join(" | ")}`);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      reached.join(" | "),
    );
  }));

test("the page keeps to its sizes", () => {
  const html = readFileSync(page);
  const gzipped = gzipSync(html, { level: 9 }).length;
  console.log(`page: ${(html.length / 1000).toFixed(0)} kB, gzipped ${(gzipped / 1000).toFixed(0)} kB`);
  assert.ok(html.length <= 1_200_000, `${html.length} bytes`);
  // Two thirds of it are the engine.
  assert.ok(gzipped <= 720_000, `${gzipped} bytes gzipped`);
});
