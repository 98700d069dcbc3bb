/** The editor: text, mistakes as they are typed, types of names. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic as Mark, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import {
    EditorView,
    drawSelection,
    highlightActiveLine,
    highlightActiveLineGutter,
    hoverTooltip,
    keymap,
    lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Diagnostic } from "simple-compiler";
import { KEYWORDS, simple } from "./language";
import { type Names, describe } from "./names";

const colours = HighlightStyle.define([
    { tag: tags.keyword, class: "t-keyword" },
    { tag: [tags.atom, tags.number, tags.bool], class: "t-constant" },
    { tag: tags.string, class: "t-text" },
    { tag: [tags.escape, tags.special(tags.string)], class: "t-escape" },
    { tag: tags.comment, class: "t-comment" },
    { tag: tags.typeName, class: "t-type" },
    { tag: [tags.function(tags.variableName), tags.definition(tags.variableName)], class: "t-function" },
    { tag: [tags.labelName, tags.meta], class: "t-label" },
]);

/** What the editor needs of the page. */
export interface Surroundings {
    parent: HTMLElement;
    text: string;
    changed(): void;
    run(): void;
    stop(): void;
    /** Names of the latest program that was right. */
    names(): Promise<Names | undefined>;
}

export function createEditor(around: Surroundings): EditorView {
    const command = (action: () => void) => () => {
        action();
        return true;
    };
    const state = EditorState.create({
        doc: around.text,
        extensions: [
            Prec.highest(
                keymap.of([
                    { key: "Mod-Enter", run: command(around.run) },
                    { key: "Mod-.", run: command(around.stop) },
                ]),
            ),
            lineNumbers(),
            lintGutter(),
            history(),
            drawSelection(),
            indentUnit.of("    "),
            indentOnInput(),
            bracketMatching(),
            closeBrackets(),
            highlightActiveLine(),
            highlightActiveLineGutter(),
            highlightSelectionMatches(),
            autocompletion({ override: [(context) => complete(context, around)] }),
            hoverTooltip((view, position) => hover(view, position, around)),
            simple(),
            syntaxHighlighting(colours),
            keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
            EditorView.contentAttributes.of({ "aria-label": "Program", "aria-describedby": "help", spellcheck: "false" }),
            EditorView.updateListener.of((update) => update.docChanged && around.changed()),
        ],
    });
    return new EditorView({ state, parent: around.parent });
}

/** Shows what the compiler says about the text that is there. */
export function showDiagnostics(view: EditorView, found: Diagnostic[]): void {
    const end = view.state.doc.length;
    const marks = found.map(({ code, severity, message, primary, secondary, help }): Mark => {
        const lines = [message, primary.text, ...secondary.map((note) => `line ${note.place.line}: ${note.text}`), ...help.map((line) => `help: ${line}`)];
        return {
            from: Math.min(primary.place.from, end),
            to: Math.min(primary.place.to, end),
            severity,
            source: code,
            message: lines.filter(Boolean).join("\n"),
        };
    });
    view.dispatch(setDiagnostics(view.state, marks));
}

/** Puts the cursor there. */
export function goTo(view: EditorView, line: number, column: number): void {
    const found = view.state.doc.line(Math.min(line, view.state.doc.lines));
    const before = [...found.text].slice(0, column - 1).join("");
    view.dispatch({ selection: { anchor: found.from + before.length }, effects: EditorView.scrollIntoView(found.from, { y: "center" }) });
    view.focus();
}

/** The name of the function around a line, by indentation. */
function functionAround(state: EditorState, position: number): string | undefined {
    const line = state.doc.lineAt(position);
    const width = (text: string): number => text.length - text.trimStart().length;
    let most = Infinity;
    for (let number = line.number; number > 0; number--) {
        const text = state.doc.line(number).text;
        if (text.trim() === "" || (number < line.number && width(text) >= most)) continue;
        const head = /^\s*(?:(?:static|pub|async) )*(?:fn|me) (\w+)/.exec(text);
        if (head) return head[1];
        most = Math.min(most, width(text));
    }
    return undefined;
}

async function hover(view: EditorView, position: number, around: Surroundings) {
    const word = view.state.wordAt(position);
    if (!word) return null;
    const names = await around.names();
    const text = names && describe(names, view.state.sliceDoc(word.from, word.to), functionAround(view.state, position));
    if (!text) return null;
    return {
        pos: word.from,
        end: word.to,
        above: true,
        create: () => {
            const dom = document.createElement("pre");
            dom.className = "hover";
            dom.textContent = text;
            return { dom };
        },
    };
}

async function complete(context: CompletionContext, around: Surroundings) {
    const word = context.matchBefore(/\w+/);
    if ((!word || /^\d/.test(word.text)) && !context.explicit) return null;
    const from = word?.from ?? context.pos;
    const options = new Map<string, { label: string; type: string; detail?: string; boost?: number }>();
    const member = context.state.sliceDoc(from - 1, from) === ".";
    const inText = context.state.doc.toString().match(/[A-Za-z_]\w{2,}/g) ?? [];
    for (const label of inText) if (label !== word?.text) options.set(label, { label, type: "text" });
    if (!member) for (const label of KEYWORDS) options.set(label, { label, type: "keyword" });
    const names = await around.names();
    for (const { name, signature } of names?.functions ?? []) {
        const label = name.split(".").at(-1)!;
        if (/^\w+$/.test(label)) options.set(label, { label, type: "function", detail: signature.replace(/^fn [^(]*/, ""), boost: 2 });
    }
    for (const [label] of names?.types ?? []) options.set(label, { label, type: "class", boost: 1 });
    const inside = functionAround(context.state, context.pos);
    for (const { name, locals } of names?.functions ?? []) {
        if (name !== "<module>" && name.split(".").at(-1) !== inside) continue;
        for (const [label, type] of locals) options.set(label, { label, type: "variable", detail: type, boost: 3 });
    }
    return { from, options: [...options.values()], validFor: /^\w*$/ };
}
