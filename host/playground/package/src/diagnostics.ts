/** What the compiler says about a program, with places as JavaScript counts them. */

import type { Session } from "../generated/interfaces/simple-compiler-compile.js";
import type { Diagnostic as Raw, Span } from "../generated/interfaces/simple-compiler-diagnostics.js";
import { TextMap } from "./bytes.js";

export type Severity = "error" | "warning";

/** A range of a source text. */
export interface Place {
    file: string;
    /** From 1. */
    line: number;
    /** From 1, in characters. */
    column: number;
    /** First unit of UTF-16, as strings count. */
    from: number;
    /** Behind the last one. */
    to: number;
}

/** A place, and what it has to do with the matter. */
export interface Note {
    place: Place;
    text: string;
}

export interface Diagnostic {
    /** Stable, such as `E1004`. */
    code: string;
    severity: Severity;
    /** One line. */
    message: string;
    primary: Note;
    secondary: Note[];
    /** What to write instead. */
    help: string[];
}

/** Everything that a session has found. */
export function diagnostics(session: Session): Diagnostic[] {
    const files = new Map<number, { path: string; map: TextMap }>();
    const place = (span: Span): Place => {
        let file = files.get(span.file);
        if (!file) {
            const source = session.source(span.file);
            file = { path: source?.path ?? "?", map: new TextMap(source?.text ?? "") };
            files.set(span.file, file);
        }
        const from = file.map.offset(span.start);
        return { file: file.path, ...file.map.lineColumn(from), from, to: file.map.offset(span.end) };
    };
    const note = (label: Raw["primary"]): Note => ({ place: place(label.span), text: label.text });
    return session.diagnostics().map((raw) => ({
        code: raw.code,
        severity: raw.severity,
        message: raw.message,
        primary: note(raw.primary),
        secondary: raw.secondary.map(note),
        help: raw.help,
    }));
}
