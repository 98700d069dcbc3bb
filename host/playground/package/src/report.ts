/** Run-time errors in the form and wording of all engines: wit/abi/src/report.rs. */

import { errorKinds } from "../generated/facts.js";

/** A call that was active, in source terms. */
export interface Frame {
    function: string;
    file: string;
    line: number;
    column: number;
}

/** Why a program ended. */
export interface RunTimeError {
    /** Such as `E3001`. */
    code: string;
    /** Such as `division by zero`. */
    title: string;
    message: string;
    /** Innermost first; the middle of a deep stack is left out. */
    frames: Frame[];
    /** All of it in lines, as every engine prints it. */
    report: string;
}

const INNER_FRAMES = 16;
const OUTER_FRAMES = 4;

const byNumber = new Map(errorKinds.map((kind) => [kind.number, kind]));
const byName = new Map(errorKinds.map((kind) => [kind.name, kind]));

/** The name of a kind that a runtime gave by its number. */
export function kindOf(number: number): string {
    return byNumber.get(number)?.name ?? "Internal";
}

/** A report of a kind, by its name in the table; without a message its title is the message. */
export function report(name: string, message?: string, calls: Frame[] = []): RunTimeError {
    const kind = byName.get(name);
    if (!kind) throw new Error(`no such kind of error: ${name}`);
    const { code, title } = kind;
    const cut = calls.length > INNER_FRAMES + OUTER_FRAMES;
    const inner = calls.slice(0, INNER_FRAMES);
    const outer = cut ? calls.slice(-OUTER_FRAMES) : calls.slice(INNER_FRAMES);
    const line = (frame: Frame): string => `  at ${frame.function} (${frame.file}:${frame.line}:${frame.column})\n`;
    const lines = [...inner.map(line), ...(cut ? ["  ...\n"] : []), ...outer.map(line)];
    return {
        code,
        title,
        message: message ?? title,
        frames: [...inner, ...outer],
        report: `error[${code}]: ${message ?? title}\n${lines.join("")}`,
    };
}
