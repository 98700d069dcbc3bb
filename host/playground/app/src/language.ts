/** How Simple looks and is indented in the editor. The compiler is the judge of what it means; this only has to be quick and not to mislead. */

import { LanguageSupport, StreamLanguage, type StringStream, indentService } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { tags } from "@lezer/highlight";

export const KEYWORDS =
    `fn me val var let mut const if elif else for while loop match case break continue return pass struct class enum trait impl union mixin
    static pub use export import from as is in not and or xor extends where with then type alias extern lazy dyn defer errdefer
    assert expect self super unwrap move async await spawn yield`.split(/\s+/);
const ATOMS = new Set(["true", "false", "nil", "None", "Some", "Ok", "Err", "Self"]);
const TYPES = new Set("i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 bool text any".split(" "));
const words = new Set(KEYWORDS);

interface State {
    /** What is open, innermost last: `"` a text, `{` an expression in it or a brace, `'''` the text of many lines, a comment. */
    open: ('"' | "{" | "brace" | '"""' | "comment")[];
    /** The word before says that a name is defined here. */
    defines: boolean;
}

function token(stream: StringStream, state: State): string | null {
    const inside = state.open.at(-1);
    if (inside === '"') return inText(stream, state);
    if (inside === '"""' || inside === "comment") return toEnd(stream, state, inside);
    if (stream.eatSpace()) return null;
    if (inside === "{" && stream.match(/^:[-+<>^=#.,\w%]+(?=\})/)) return "special";
    if (stream.match("/*")) {
        state.open.push("comment");
        return toEnd(stream, state, "comment");
    }
    if (stream.match(/^#(?!\[).*/) || stream.match(/^\/\/\/.*/)) return "comment";
    if (stream.match(/^[rf]?"""/)) {
        state.open.push('"""');
        return toEnd(stream, state, '"""');
    }
    if (stream.match(/^r"[^"]*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'/)) return "string";
    if (stream.match(/^f?"/)) {
        state.open.push('"');
        return "string";
    }
    if (stream.match(/^'[A-Za-z_]\w*/)) return "labelName";
    if (stream.match(/^@[A-Za-z_]\w*/)) return "meta";
    if (stream.match(/^(?:0x[\da-fA-F_]+|0b[01_]+|0o[0-7_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?)(?:_?[A-Za-z]\w*)?/)) return "number";
    if (stream.match(/^[A-Za-z_]\w*/)) return word(stream, state);
    const next = stream.next();
    if (next === "{") state.open.push("brace");
    if (next === "}" && (inside === "{" || inside === "brace")) {
        state.open.pop();
        if (inside === "{") return "special";
    }
    if (next && "()[]{}".includes(next)) return "bracket";
    return next && ",;.:".includes(next) ? "punctuation" : "operator";
}

function word(stream: StringStream, state: State): string {
    const found = stream.current();
    const defines = state.defines;
    state.defines = found === "fn" || found === "me";
    // A field or method may have the name of a word.
    const member = stream.string[stream.start - 1] === "." && stream.string[stream.start - 2] !== ".";
    if (defines) return "definition";
    if (!member && ATOMS.has(found)) return "atom";
    if (!member && words.has(found)) return "keyword";
    if (TYPES.has(found) || /^[A-Z][A-Z_0-9]*[a-z]/.test(found) || /^[A-Z]$/.test(found)) return "typeName";
    if (stream.peek() === "(") return "function";
    return "variableName";
}

function inText(stream: StringStream, state: State): string {
    if (stream.match(/^\\./) || stream.match("{{") || stream.match("}}")) return "escape";
    if (stream.eat('"')) {
        state.open.pop();
        return "string";
    }
    if (stream.match(/^\{(?=[^}'"\\])/)) {
        state.open.push("{");
        return "special";
    }
    stream.next();
    stream.eatWhile(/[^"\\{}]/);
    if (stream.eol()) state.open.pop();
    return "string";
}

function toEnd(stream: StringStream, state: State, inside: '"""' | "comment"): string {
    const end = inside === "comment" ? "*/" : '"""';
    while (!stream.eol()) {
        if (stream.match(end)) {
            state.open.pop();
            break;
        }
        stream.next();
    }
    return inside === "comment" ? "comment" : "string";
}

const language = StreamLanguage.define<State>({
    name: "simple",
    startState: () => ({ open: [], defines: false }),
    copyState: (state) => ({ ...state, open: [...state.open] }),
    token(stream, state) {
        // A text ends with its line, and so does what was open in it.
        if (stream.sol() && state.open.some((part) => part === '"')) state.open = state.open.slice(0, state.open.indexOf('"'));
        return token(stream, state);
    },
    tokenTable: {
        definition: tags.definition(tags.variableName),
        function: tags.function(tags.variableName),
        special: tags.special(tags.string),
    },
    languageData: {
        commentTokens: { line: "#" },
        closeBrackets: { brackets: ["(", "[", "{", '"', "'"] },
        indentOnInput: /^\s*(?:elif\b.*:|else:|case\b.*:|[)\]}])$/,
    },
});

/** Four columns behind a colon or an open bracket; `else` below its `if`, `case` below its neighbours. */
const indentation = indentService.of((context, position) => {
    const at = context.state.doc.lineAt(position);
    const before = (number: number): string | undefined => {
        for (let line = number; line > 0; line--) {
            const text = context.state.doc.line(line).text;
            if (text.trim() !== "" && !text.trimStart().startsWith("#")) return text;
        }
        return undefined;
    };
    // What is broken at the position is the next line: the text before it is this line's own.
    const breaks = context.simulatedBreak !== null;
    const previous = breaks ? at.text.slice(0, position - at.from) : before(at.number - 1);
    if (previous === undefined || previous.trim() === "") return previous === undefined ? 0 : indentOf(previous);
    const own = breaks ? at.text.slice(position - at.from).trimStart() : at.text.trimStart();
    const code = previous.replace(/\s+#.*$/, "").trimEnd();
    const indent = indentOf(previous);
    if (/[:([{]$/.test(code)) return /^[)\]}]/.test(own) ? indent : indent + 4;
    const head = /^(else|elif|case)\b/.exec(own)?.[1];
    if (head) {
        const partners = head === "case" ? /^case\b/ : /^(if|elif|for|while|val .*= if|var .*= if)\b/;
        for (let number = at.number - 1; number > 0; number--) {
            const text = context.state.doc.line(number).text;
            if (partners.test(text.trimStart()) && indentOf(text) <= indent) return indentOf(text);
        }
    }
    if (/^[)\]}]/.test(own) || /^\s*(return|break|continue|pass)\b/.test(code)) return Math.max(0, indent - 4);
    return indent;
});

function indentOf(line: string): number {
    let columns = 0;
    for (const unit of line) {
        if (unit === " ") columns += 1;
        else if (unit === "\t") columns += 4;
        else break;
    }
    return columns;
}

export function simple(): LanguageSupport {
    return new LanguageSupport(language, [indentation, EditorState.tabSize.of(4)]);
}
