/** What differs between Node and browsers, for Node. */

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { Message, Task } from "../worker.js";
import type { Thread } from "./browser.js";

/** Megabytes of stack for a program, as in the other engines. */
const STACK = 32;

/** A module of this package. */
export async function load(name: "simple.core.wasm" | "runtime.wasm"): Promise<WebAssembly.Module> {
    return WebAssembly.compile(await readFile(new URL(`../../generated/${name}`, import.meta.url)));
}

/** Starts a worker with a task. */
export function startWorker(task: Task, hear: (message: Message) => void, failed: (what: string) => void): Thread {
    const worker = new Worker(new URL("./node-worker.js", import.meta.url), {
        workerData: task,
        resourceLimits: { stackSizeMb: STACK },
    });
    worker.on("message", hear);
    worker.on("error", (error) => failed(String(error)));
    return { terminate: () => void worker.terminate() };
}
