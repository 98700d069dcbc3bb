/** Programs in workers: they can be stopped at any time, and whoever started them never waits. */

import * as platform from "#platform";
import { type RunTimeError, report } from "./report.js";
import type { Message, Task } from "./worker.js";

export type Stream = "stdout" | "stderr";

/** What a program gets, and what it may use. */
export interface RunOptions {
    args?: string[];
    /** The standard input. */
    input?: string;
    /** Bytes of heap, at most 4 GiB. */
    memory?: number;
    /** Milliseconds from its start. */
    time?: number;
    /** Bytes of output in all; more ends the program. */
    maxOutput?: number;
    /** Gets the output as it comes. */
    onOutput?: (text: string, stream: Stream) => void;
}

/** How a program ended, with all of its output. */
export interface Outcome {
    /** The result of `main`, or the argument of `exit`; 1 after an error. */
    exitCode: number;
    error: RunTimeError | undefined;
    stdout: string;
    stderr: string;
    /** Objects that were still counted in the end: leaks. None after an error or `exit`. */
    liveObjects: number | undefined;
    /** The most bytes that objects took at a time. */
    peakBytes: number | undefined;
    /** From the program's start to its end, as far as it had one. */
    milliseconds: number | undefined;
}

/** A running program. */
export interface Run {
    /** Ends it now, as an error; the last output of one that prints very often is lost. */
    stop(): void;
    /** Never rejected. */
    readonly finished: Promise<Outcome>;
}

/** Starts a program that was emitted for `wasm32`, in a worker of its own. */
export function startProgram(program: Uint8Array, runtime: WebAssembly.Module, options: RunOptions = {}): Run {
    const { args = [], input = "", memory = 1 << 30, maxOutput = 1 << 26, time, onOutput } = options;
    const task: Task = { program, runtime, memory, args, input, maxOutput };
    const output = { stdout: "", stderr: "" };
    const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
    let finish: (outcome: Outcome) => void;
    const finished = new Promise<Outcome>((resolve) => (finish = resolve));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const end = (outcome: Omit<Outcome, Stream>): void => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        thread.terminate();
        finish({ ...outcome, ...output });
    };
    const fail = (error: RunTimeError): void =>
        end({ exitCode: 1, error, liveObjects: undefined, peakBytes: undefined, milliseconds: undefined });
    const hear = (message: Message): void => {
        if (over) return;
        switch (message.type) {
            case "started":
                if (time !== undefined) timer = setTimeout(() => fail(report("TimedOut")), time);
                break;
            case "output": {
                const stream = message.stream === 0 ? "stdout" : "stderr";
                const text = decoders[stream].decode(message.bytes, { stream: true });
                output[stream] += text;
                onOutput?.(text, stream);
                break;
            }
            case "ended":
                end({ ...message.ended, milliseconds: message.milliseconds });
                break;
        }
    };
    const thread = platform.startWorker(task, hear, (what) => fail(report("Internal", `the worker failed: ${what}`)));
    return { stop: () => fail(report("Interrupted")), finished };
}
