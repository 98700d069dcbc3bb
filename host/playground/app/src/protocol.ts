/** What the page asks the worker that compiles. */

import type { Diagnostic, Stage, Target } from "simple-compiler";

export type Question =
    | { kind: "check" | "names" | "program"; source: string }
    | { kind: "dump"; source: string; stage: Stage }
    | { kind: "code"; source: string; target: Target };

export interface Answer {
    id: number;
    /** Nothing where the program is wrong. */
    value: unknown;
    diagnostics: Diagnostic[];
    milliseconds: number;
    /** The compiler failed. */
    fault?: string;
}

/** The worker's first word. */
export type Ready = { ready: { runtime: WebAssembly.Module; milliseconds: number } } | { failed: string };
