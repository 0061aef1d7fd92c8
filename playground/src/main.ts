// Puts the page together: the state, the question to the engine, and the views.

import { EditorView } from "@codemirror/view";
import { type App, selectedStep } from "./app";
import type {} from "./boot";
import { readCatalogue, recordedEvent } from "./catalogue";
import { Client } from "./client";
import { byId, copy, h } from "./dom";
import { policyEditor, setText } from "./editor/editor";
import { languageServer } from "./editor/language-server";
import { marks, showMarks } from "./editor/marks";
import { type Problem, showProblems, withFixes } from "./editor/problems";
import { linkOf, stateInLink } from "./link";
import { type LspAction, WHOLE } from "./lsp";
import { bytesOf } from "./packed";
import type { Answer, Question, Tab } from "./question";
import { reportOf } from "./report";
import { readState, type State } from "./state";
import { themeSwitch } from "./views/appearance";
import { renderCommand } from "./views/command";
import { compareView } from "./views/compare";
import { renderDecision } from "./views/decision";
import { renderDelays } from "./views/delays";
import { gallery } from "./views/gallery";
import { machineView } from "./views/machine";
import { picker } from "./views/picker";
import { renderProblems } from "./views/problem-list";
import { settings } from "./views/settings";
import { renderStatus } from "./views/status";
import { tabList } from "./views/tabs";
import { renderTimeline } from "./views/timeline";

const PANELS: { id: Tab; title: string; panel: string }[] = [
  { id: "policy", title: "Policy", panel: "policy-panel" },
  { id: "failures", title: "Failures", panel: "failures-panel" },
  { id: "delays", title: "Delays", panel: "delays-panel" },
  { id: "compare", title: "Compare", panel: "compare-panel" },
  { id: "machine", title: "State machine", panel: "machine-panel" },
];

async function start(): Promise<void> {
  const { worker, catalogue: json } = window.packed;
  const catalogue = readCatalogue(json);
  const given: unknown = JSON.parse(byId("start").textContent || "{}");
  const first = readState(given, {
    policy: catalogue.policies[0]?.text ?? "",
    name: catalogue.policies[0]?.name ?? "policy.toml",
    failures: [
      { from: "catalogue", name: "task-spot-interrupted-137" },
      { from: "facts", facts: "NetworkError" },
      { from: "catalogue", name: "api-throttled-generic" },
    ],
    selected: 1,
    runSeconds: 40,
    seed: 0,
    other: null,
    tab: "failures",
    backend: "native",
  });
  let state: State = (await stateInLink(first)) ?? first;
  let answer: Answer | null = null;
  let good: Answer | null = null;
  let problems: Problem[] = [];
  /** Whether the editor underlines problems. */
  let hasProblems = false;
  /** The text of the policy that the newest answer is about. */
  let answered = "";

  const client = new Client(worker, showNewest, showFault);
  let version = "";
  client.load(bytesOf(byId("engine").textContent ?? "")).then((loaded) => {
    version = loaded;
    byId("version").textContent = version;
  }, showFault);

  const editor = policyEditor({
    parent: byId("policy"),
    label: "Policy",
    text: state.policy,
    onChange: (policy) => {
      if (policy !== state.policy) app.change({ policy });
    },
    extensions: [marks, languageServer(client)],
  });
  const app: App = {
    client,
    catalogue,
    get version() {
      return version;
    },
    editor,
    get state() {
      return state;
    },
    get answer() {
      return answer;
    },
    get good() {
      return good;
    },
    change(change) {
      const { selected, failures } = state;
      const isTyped = Object.keys(change).join() === "policy";
      state = { ...state, ...change };
      // What shows the policy is the editor; all else waits for the answer.
      if (!isTyped) render();
      ask(state.selected !== selected || state.failures !== failures);
      keepInAddress();
    },
    open(policy, name) {
      state = { ...state, name };
      setText(editor, policy);
      editor.dispatch({ selection: { anchor: 0 }, effects: EditorView.scrollIntoView(0) });
      app.change({ policy });
    },
    goTo(line) {
      if (getComputedStyle(byId("policy-panel")).display === "none") app.change({ tab: "policy" });
      editor.dispatch({ selection: { anchor: scrollTo(line) } });
      editor.focus();
    },
  };
  /** Number of the question whose decision is to be scrolled to. 0 if none: nothing moves while somebody types. */
  let scrollFor = 0;

  const tabs = tabList({ label: "Views", tabs: PANELS, onSelect: (tab) => app.change({ tab }) });
  const views = {
    picker: picker(app),
    settings: settings(app),
    compare: compareView(app, byId("compare-panel")),
    machine: machineView(app, byId("machine-panel")),
  };
  const dialog = gallery(app);
  const shareButton: HTMLElement = h("button", { onclick: async () => copy(await linkOf(state), shareButton) }, "Share");
  const reportButton: HTMLElement = h(
    "button",
    { onclick: async () => copy(reportOf(app, await linkOf(state)), reportButton) },
    "Copy as Markdown",
  );
  byId("tabs").append(tabs.element);
  byId("actions").append(
    h("button", { onclick: () => dialog.showModal() }, "Policies …"),
    shareButton,
    reportButton,
    themeSwitch(),
  );
  byId("failures-panel").append(views.picker.element);
  byId("loop").append(views.settings.element);
  document.body.append(dialog);

  function render(): void {
    document.body.dataset.tab = state.tab;
    tabs.select(state.tab);
    for (const { id, panel } of PANELS) byId(panel).classList.toggle("shown", id === state.tab);
    byId("policy-name").textContent = state.name;
    renderTimeline(app, byId("timeline"));
    renderDecision(app, byId("decision"), byId("said"));
    if (state.tab === "delays") renderDelays(app, byId("delays-panel"));
    if (state.tab === "compare") views.compare.render();
    if (state.tab === "machine") views.machine.render();
    views.picker.render();
    views.settings.render();
    renderStatus(app, byId("status"));
    renderCommand(app, byId("command"));
  }

  /** Scrolls to a line of the policy. Returns where it starts. */
  function scrollTo(line: number): number {
    const { from } = editor.state.doc.line(Math.min(line, editor.state.doc.lines));
    editor.dispatch({ effects: EditorView.scrollIntoView(from, { y: "center" }) });
    return from;
  }

  function showNewest(newest: Answer, question: Question): void {
    answer = newest;
    if (newest.good) good = newest;
    answered = question.policy;
    byId("fault").hidden = true;
    problems = withFixes(newest.diagnostics, []);
    document.body.dataset.shown = String(question.number);
    showAnswer();
    document.body.dataset.milliseconds = newest.milliseconds.toFixed(2);
    if (newest.diagnostics.length > 0) void findFixes(newest, question.policy);
  }

  /** Says that the engine cannot answer: the browser is too old, or there is a bug. */
  function showFault(problem: string | Error): void {
    const text = typeof problem === "string" ? problem : problem.message;
    byId("fault").textContent = `There is no answer: ${text}.`;
    byId("fault").hidden = false;
  }

  function showAnswer(): void {
    // An answer about another text than the editor's has its marks at other places; the next one is under way.
    if (answer && answered === editor.state.doc.toString()) {
      const decision = answer.good ? (selectedStep(app)?.decision ?? null) : null;
      if (problems.length > 0 || hasProblems) showProblems(editor, problems);
      hasProblems = problems.length > 0;
      const { hints, symbols, check } = answer;
      showMarks(editor, { hints, symbols, decision, tests: check.tests });
      if (scrollFor > 0 && Number(document.body.dataset.shown) >= scrollFor) {
        scrollFor = 0;
        if (decision?.line && !editor.hasFocus) scrollTo(decision.line);
      }
    }
    byId("right").classList.toggle("stale", answer !== null && !answer.good);
    renderProblems(app, byId("problems"), problems);
    render();
  }

  /** Asks for quick fixes as soon as somebody pauses: each of them is tried, which takes longer than all else. */
  async function findFixes(to: Answer, text: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (answer !== to || client.isBusy) return;
    const params = { range: WHOLE, context: { diagnostics: [] } };
    const actions = (await client.language<LspAction[] | null>(text, "textDocument/codeAction", params)) ?? [];
    if (answer !== to || actions.length === 0) return;
    problems = withFixes(to.diagnostics, actions);
    if (text === editor.state.doc.toString()) showProblems(editor, problems);
    renderProblems(app, byId("problems"), problems);
  }

  let asked = "";
  let number = 0;
  /** Asks the engine about the state, unless it has answered that already. */
  function ask(scrolls: boolean): void {
    const { policy, name, failures, runSeconds, seed, other, tab, backend } = state;
    const question: Question = {
      number,
      policy,
      name,
      failures: failures.map((failure) => ({ failure, event: recordedEvent(catalogue, failure) })),
      runSeconds,
      seed,
      delays: tab === "delays",
      other: tab === "compare" ? other : null,
      machine: tab === "machine" ? backend : null,
    };
    const text = JSON.stringify(question);
    const isNew = text !== asked;
    if (isNew) number += 1;
    if (scrolls) scrollFor = number;
    if (!isNew) return showAnswer();
    client.ask({ ...question, number });
    asked = JSON.stringify({ ...question, number });
    document.body.dataset.asked = String(number);
  }

  let keeping = 0;
  /** Keeps the state in the address, so that a reload and a bookmark show the same. */
  function keepInAddress(): void {
    clearTimeout(keeping);
    keeping = setTimeout(async () => history.replaceState(null, "", await linkOf(state)), 400);
  }

  addEventListener("hashchange", async () => {
    const linked = await stateInLink(first);
    if (!linked) return;
    state = linked;
    setText(editor, state.policy);
    render();
    ask(true);
    leavePolicy();
  });
  // On a wide screen, the policy is always shown, and is no view of its own.
  const wide = matchMedia("(min-width: 821px)");
  const leavePolicy = (): void => {
    if (wide.matches && state.tab === "policy") app.change({ tab: "failures" });
  };
  wide.addEventListener("change", leavePolicy);
  // For tests, and for whoever opens the console.
  Object.assign(window, { exitwise: app });
  render();
  ask(true);
  leavePolicy();
}

start().catch((error: Error) => {
  byId("right").replaceChildren(
    h("p", { class: "failed", role: "alert" }, `The page cannot start: ${error.message}. It needs a browser of 2023 or newer.`),
  );
});
