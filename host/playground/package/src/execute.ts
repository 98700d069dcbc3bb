/** A program and its runtime in this thread: the host's side of wit/abi/src/module.rs. */

import { Places } from "./places.js";
import { type Frame, type RunTimeError, kindOf, report } from "./report.js";

/** What a program gets of the world. */
export interface Host {
    /** Bytes that the heap may take. */
    memory: number;
    args: string[];
    /** Prints; false asks the program to stop. */
    write(stream: number, bytes: Uint8Array): boolean;
    /** The next line of the input without its end, while there is one. */
    readLine(): string | undefined;
}

/** How a program ended. */
export interface Ended {
    exitCode: number;
    error: RunTimeError | undefined;
    /** Objects that were still counted in the end: leaks. None after an error or `exit`. */
    liveObjects: number | undefined;
    /** The most bytes that objects took at a time. */
    peakBytes: number | undefined;
}

/** A runtime function failed. */
class Failure extends Error {
    constructor(
        readonly kind: string,
        readonly first: bigint,
        message: string,
    ) {
        super(message);
    }
}

/** The end of the input, as the runtime is told. */
const INPUT_END = -1;

/** Runs a program to its end. Whatever it does is an outcome. */
export function execute(program: WebAssembly.Module, runtimeModule: WebAssembly.Module, host: Host): Ended {
    // Reports show both ends of a stack, whatever its depth.
    Error.stackTraceLimit = Infinity;
    let memory: WebAssembly.Memory | undefined;
    let announced = new Uint8Array();
    const bytes = (at: number, length: number): Uint8Array => new Uint8Array(memory!.buffer, at >>> 0, length >>> 0);
    const announce = (text: string): number => {
        announced = new TextEncoder().encode(text);
        return announced.length;
    };
    const runtime = new WebAssembly.Instance(runtimeModule, {
        host: {
            limit: () => BigInt(host.memory),
            write: (stream: number, at: number, length: number) => Number(host.write(stream, bytes(at, length))),
            read_line: () => {
                const line = host.readLine();
                return line === undefined ? INPUT_END : announce(line);
            },
            args: () => announce(host.args.map((arg) => `${arg}\0`).join("")),
            take: (at: number) => bytes(at, announced.length).set(announced),
            fail: (kind: number, first: bigint, at: number, length: number) => {
                throw new Failure(kindOf(kind), first, new TextDecoder().decode(bytes(at, length)));
            },
        },
    });
    const runtimeExports = runtime.exports as Record<string, () => bigint>;
    memory = runtime.exports["memory"] as WebAssembly.Memory;
    let started = false;
    try {
        const { exports } = new WebAssembly.Instance(program, { simple: runtime.exports });
        const entry = exports as Record<string, () => bigint>;
        entry["start"]!();
        const code = entry["main"]!();
        started = true;
        runtimeExports["end"]!();
        return {
            exitCode: Number(BigInt.asIntN(32, code)),
            error: undefined,
            liveObjects: Number(runtimeExports["live_objects"]!()),
            peakBytes: Number(runtimeExports["peak_bytes"]!()),
        };
    } catch (error) {
        const ended = { liveObjects: undefined, peakBytes: undefined };
        if (error instanceof Failure && error.kind === "Exit") {
            return { exitCode: Number(BigInt.asIntN(32, error.first)), error: undefined, ...ended };
        }
        // No call of the program is to blame for what happens while the runtime cleans up.
        return { exitCode: 1, error: failed(error, started ? undefined : program), ...ended };
    }
}

function failed(error: unknown, program: WebAssembly.Module | undefined): RunTimeError {
    const [kind, message] = reason(error);
    if (!program) return report(kind, message);
    const places = new Places(program);
    let offsets = stack(error as Error);
    if (kind !== "StackOverflow") return report(kind, message, calls(offsets, (offset) => places.calls(offset)));
    // Reported in the innermost function that looks at the room on the stack, at its declaration, as in the other engines.
    const first = offsets.findIndex((offset) => places.declared(offset) !== undefined);
    offsets = first < 0 ? [] : offsets.slice(first);
    const innermost = places.declared(offsets[0] ?? 0) ?? [];
    return report(kind, message, [...innermost, ...calls(offsets.slice(1), (offset) => places.calls(offset))]);
}

function reason(error: unknown): [kind: string, message: string | undefined] {
    if (error instanceof Failure) {
        return [error.kind, error.kind === "Interrupted" ? undefined : error.message];
    }
    // V8 and JavaScriptCore, SpiderMonkey.
    if (error instanceof RangeError || (error as Error).message === "too much recursion") {
        return ["StackOverflow", undefined];
    }
    return ["Internal", `the program broke a rule of its sandbox: ${(error as Error).message}`];
}

/** Of a deep stack only the two ends are looked up. */
function calls(offsets: number[], look: (offset: number) => Frame[]): Frame[] {
    const MANY = 64;
    if (offsets.length <= 2 * MANY) return offsets.flatMap(look);
    return [...offsets.slice(0, MANY), ...offsets.slice(-MANY)].flatMap(look);
}

/** Offsets of the program's calls in its module, innermost first: those of the same module as the outermost one, which the program is. Engines that do
 * not say offsets give none. */
function stack(error: Error): number[] {
    const found = [...(error.stack ?? "").matchAll(/([^\s(@]+):wasm-function\[\d+\]:0x([0-9a-f]+)/g)];
    const program = found.at(-1)?.[1];
    return found.filter(([, url]) => url === program).map(([, , offset]) => parseInt(offset!, 16));
}
