/** The page: ties editor, compiler, programs and views together. */

import type { EditorView } from "@codemirror/view";
import { type Diagnostic, type Run, startProgram } from "simple-compiler";
import { ask, ready } from "./compiler";
import { createEditor, goTo, showDiagnostics } from "./editor";
import { examples, welcome } from "./examples";
import { type Names, readNames } from "./names";
import { Output } from "./output";
import { fromFragment, toFragment } from "./share";
import "./style.css";
import { initTheme } from "./theme";
import { type View, views } from "./views";

const KEPT = "simple.program";
/** Milliseconds without a key before the text is looked at. */
const PAUSE = 60;
const MOST_OUTPUT = 1 << 22;

const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const runButton = element<HTMLButtonElement>("run");
const problems = element<HTMLButtonElement>("problems");
const result = element("result");
const timing = element("timing");

const output = new Output(element("output"), (line, column) => goTo(view, line, column));
let view: EditorView;
let running: Run | undefined;
let shown: View = views[0]!;
let latest: Diagnostic[] = [];
let names: { source: string; names: Names } | undefined;

const text = (): string => view.state.doc.toString();
const time = (milliseconds: number): string => `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;

// Checking: one question at a time, and behind it the text that is there then.

let pause: ReturnType<typeof setTimeout> | undefined;
let checking = false;

function changed(): void {
    clearTimeout(pause);
    pause = setTimeout(check, PAUSE);
}

async function check(): Promise<void> {
    if (checking) return changed();
    checking = true;
    const source = text();
    try {
        localStorage.setItem(KEPT, source);
    } catch {
        // Storage may be full or forbidden; the program is only not kept then.
    }
    const { diagnostics, milliseconds, fault } = await ask({ kind: "check", source });
    checking = false;
    if (source !== text()) return changed();
    latest = diagnostics;
    showDiagnostics(view, diagnostics);
    const errors = diagnostics.filter((found) => found.severity === "error").length;
    const warnings = diagnostics.length - errors;
    const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
    const counted = [errors && count(errors, "error"), warnings && count(warnings, "warning")].filter(Boolean).join(", ");
    const first = diagnostics[0];
    problems.textContent = fault ?? (first ? `${counted} · line ${first.primary.place.line}: ${first.message}` : "No problems");
    problems.disabled = diagnostics.length === 0;
    problems.dataset["state"] = fault || errors ? "error" : warnings ? "warning" : "right";
    element("checked").textContent = `checked in ${time(milliseconds)}`;
    if (shown.text) await showView();
}

async function currentNames(): Promise<Names | undefined> {
    const source = text();
    if (names?.source !== source) {
        const { value } = await ask<string>({ kind: "names", source });
        // While something is wrong the names are those from before.
        if (value !== undefined) names = { source, names: readNames(value) };
    }
    return names?.names;
}

// Running.

function setRunning(run: Run | undefined): void {
    running = run;
    runButton.textContent = run ? "Stop" : "Run";
    runButton.classList.toggle("stop", run !== undefined);
    runButton.title = run ? "Ctrl+." : "Ctrl+Enter";
}

let starting = false;

async function start(): Promise<void> {
    if (running || starting || runButton.disabled) return;
    starting = true;
    select(views[0]!);
    output.clear();
    result.textContent = "Compiling …";
    timing.textContent = "";
    const { runtime } = await ready;
    const compiled = await ask<Uint8Array>({ kind: "program", source: text() });
    starting = false;
    if (!compiled.value) {
        result.textContent = compiled.fault ?? "Not started: the program has errors";
        for (const { code, message, primary } of compiled.diagnostics.filter((found) => found.severity === "error")) {
            const { file, line, column } = primary.place;
            const frame = { function: "", file, line, column };
            output.fail({ code, title: message, message, frames: [frame], report: `error[${code}]: ${message}\n  at ${file}:${line}:${column}\n` });
        }
        return;
    }
    result.textContent = "Running …";
    const run = startProgram(compiled.value, runtime, {
        args: element<HTMLInputElement>("args").value.split(/\s+/).filter(Boolean),
        input: element<HTMLTextAreaElement>("stdin").value,
        memory: 1 << 29,
        maxOutput: MOST_OUTPUT,
        onOutput: (text, stream) => output.add(text, stream),
    });
    setRunning(run);
    const outcome = await run.finished;
    setRunning(undefined);
    output.flush();
    if (outcome.error) output.fail(outcome.error);
    result.textContent = outcome.error ? `Ended by an error: ${outcome.error.title}` : `Ended with exit code ${outcome.exitCode}`;
    const ran = outcome.milliseconds === undefined ? [] : [`ran ${time(outcome.milliseconds)}`];
    timing.textContent = [`compiled in ${time(compiled.milliseconds)}`, ...ran].join(" · ");
}

function stop(): void {
    running?.stop();
}

// Views.

const tabs = document.querySelector<HTMLElement>("[role=tablist]")!;
for (const view of views) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${view.id}`;
    tab.textContent = view.title;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "panel");
    tab.onclick = () => select(view);
    tabs.append(tab);
}
tabs.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    select(views[(views.indexOf(shown) + step + views.length) % views.length]!);
    element(`tab-${shown.id}`).focus();
};

function select(view: View): void {
    shown = view;
    for (const { id } of views) {
        element(`tab-${id}`).setAttribute("aria-selected", String(id === view.id));
        element(`tab-${id}`).tabIndex = id === view.id ? 0 : -1;
    }
    element("panel").setAttribute("aria-labelledby", `tab-${view.id}`);
    for (const id of ["output", "inputs"]) element(id).hidden = view.text !== undefined;
    element("view").hidden = view.text === undefined;
    if (view.text) void showView();
}

async function showView(): Promise<void> {
    const wanted = shown;
    const source = text();
    const made = await wanted.text!(source);
    if (wanted !== shown || source !== text()) return;
    const pane = element("view");
    pane.classList.toggle("stale", made.text === undefined);
    if (made.text !== undefined) {
        const top = pane.dataset["of"] === wanted.id ? pane.scrollTop : 0;
        pane.textContent = made.text;
        pane.scrollTop = top;
        timing.textContent = `${wanted.title} made in ${time(made.milliseconds)}`;
    } else if (pane.dataset["of"] !== wanted.id) {
        pane.textContent = "There is nothing to show until the program has no errors.";
    }
    pane.dataset["of"] = wanted.id;
}

// Programs from elsewhere.

function load(program: string): void {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: program }, selection: { anchor: 0 } });
    goTo(view, 1, 1);
}

const menu = element<HTMLSelectElement>("examples");
menu.append(new Option("Examples", ""), ...[...examples.keys()].map((name) => new Option(name, name)));
menu.onchange = () => {
    const program = examples.get(menu.value);
    menu.value = "";
    if (program === undefined) return;
    stop();
    load(program);
};

const share = element<HTMLButtonElement>("share");
share.onclick = async () => {
    history.replaceState(null, "", await toFragment(text()));
    let said = "In the address";
    try {
        await navigator.clipboard.writeText(location.href);
        said = "Copied";
    } catch {
        // Without permission the address itself is there to be copied.
    }
    share.textContent = said;
    setTimeout(() => (share.textContent = "Share"), 1600);
};
window.addEventListener("hashchange", async () => {
    const program = await fromFragment(location.hash);
    if (program !== undefined && program !== text()) load(program);
});

runButton.onclick = () => (running ? stop() : void start());
problems.onclick = () => {
    const place = latest[0]?.primary.place;
    if (place) goTo(view, place.line, place.column);
};
document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    if (event.key === "Enter") void start();
    else if (event.key === ".") stop();
    else return;
    event.preventDefault();
});

function kept(): string | null {
    try {
        return localStorage.getItem(KEPT);
    } catch {
        return null;
    }
}

async function begin(): Promise<void> {
    initTheme(element<HTMLButtonElement>("theme"));
    const program = (await fromFragment(location.hash)) ?? kept() ?? welcome;
    view = createEditor({ parent: element("editor"), text: program, changed, run: () => void start(), stop, names: currentNames });
    select(views[0]!);
    // Production builds only: a page under development changes.
    if (import.meta.env.PROD && "serviceWorker" in navigator) void navigator.serviceWorker.register("./sw.js");
    try {
        const { milliseconds } = await ready;
        runButton.disabled = false;
        await check();
        performance.mark("first-check");
        result.textContent = "Ready";
        timing.textContent = `compiler loaded in ${time(milliseconds)}`;
    } catch (error) {
        problems.textContent = `The compiler cannot be loaded: ${(error as Error).message}`;
        problems.dataset["state"] = "error";
    }
}

void begin();
