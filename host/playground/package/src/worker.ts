/** The thread of one program. */

import { type Ended, execute } from "./execute.js";

/** What it is told. */
export interface Task {
    program: Uint8Array;
    runtime: WebAssembly.Module;
    memory: number;
    args: string[];
    input: string;
    maxOutput: number;
}

/** What it says. */
export type Message =
    | { type: "started" }
    | { type: "output"; stream: number; bytes: Uint8Array }
    | { type: "ended"; ended: Ended; milliseconds: number };

/** Writes that go out at once; a program that prints more than that gets them together. */
const AT_ONCE = 500;
const MILLISECONDS_TOGETHER = 16;
const BYTES_TOGETHER = 1 << 15;

/** Runs the program of a task. */
export function perform(task: Task, say: (message: Message) => void): void {
    const program = new WebAssembly.Module(withoutNames(task.program));
    const output = new Output(task.maxOutput, say);
    const lines = task.input.split("\n");
    if (lines.at(-1) === "") lines.pop();
    lines.reverse();
    say({ type: "started" });
    const from = performance.now();
    const ended = execute(program, task.runtime, {
        memory: task.memory,
        args: task.args,
        write: (stream, bytes) => output.write(stream, bytes),
        readLine: () => lines.pop(),
    });
    const milliseconds = performance.now() - from;
    output.flush();
    say({ type: "ended", ended, milliseconds });
}

class Output {
    #left: number;
    #writes = 0;
    #stream = 0;
    #waiting: Uint8Array[] = [];
    #bytes = 0;
    #last = 0;

    constructor(
        limit: number,
        readonly say: (message: Message) => void,
    ) {
        this.#left = limit;
    }

    write(stream: number, bytes: Uint8Array): boolean {
        this.#left -= bytes.length;
        if (this.#left < 0) return false;
        if (stream !== this.#stream) this.flush();
        this.#stream = stream;
        this.#waiting.push(bytes.slice());
        this.#bytes += bytes.length;
        const now = ++this.#writes <= AT_ONCE || performance.now() - this.#last > MILLISECONDS_TOGETHER;
        if (now || this.#bytes > BYTES_TOGETHER) this.flush();
        return true;
    }

    flush(): void {
        if (this.#bytes > 0) {
            const bytes = new Uint8Array(this.#bytes);
            let at = 0;
            for (const part of this.#waiting) {
                bytes.set(part, at);
                at += part.length;
            }
            this.say({ type: "output", stream: this.#stream, bytes });
        }
        this.#waiting = [];
        this.#bytes = 0;
        this.#last = performance.now();
    }
}

/** The module without the names of its functions: engines put them into each frame of a stack, and they may be long. The section stands behind the code, whose
 * offsets stay as they are. */
function withoutNames(module: Uint8Array): Uint8Array<ArrayBuffer> {
    const kept = [module.subarray(0, 8)];
    let at = 8;
    while (at < module.length) {
        const start = at;
        const id = module[at++];
        let [size, bodyAt] = leb(module, at);
        at = bodyAt + size;
        if (id === 0) {
            [size, bodyAt] = leb(module, bodyAt);
            if (new TextDecoder().decode(module.subarray(bodyAt, bodyAt + size)) === "name") continue;
        }
        kept.push(module.subarray(start, at));
    }
    const bytes = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
    at = 0;
    for (const part of kept) {
        bytes.set(part, at);
        at += part.length;
    }
    return bytes;
}

/** A number in LEB128, and where it ends. */
function leb(bytes: Uint8Array, at: number): [value: number, end: number] {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++] ?? 0;
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) return [value, at];
    }
}
