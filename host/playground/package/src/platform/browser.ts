/** What differs between Node and browsers, for browsers. */

import type { Message, Task } from "../worker.js";

/** A worker, as far as we need it. */
export interface Thread {
    terminate(): void;
}

/** A module of this package, compiled while it arrives. */
export async function load(name: "simple.core.wasm" | "runtime.wasm"): Promise<WebAssembly.Module> {
    // Written out, so that bundlers find the files.
    const url =
        name === "runtime.wasm"
            ? new URL("../../generated/runtime.wasm", import.meta.url)
            : new URL("../../generated/simple.core.wasm", import.meta.url);
    return WebAssembly.compileStreaming(fetch(url));
}

/** Starts a worker with a task. */
export function startWorker(task: Task, hear: (message: Message) => void, failed: (what: string) => void): Thread {
    const worker = new Worker(new URL("./browser-worker.js", import.meta.url), { type: "module", name: "program" });
    worker.onmessage = (event: MessageEvent<Message>) => hear(event.data);
    worker.onerror = (event) => failed(event.message);
    worker.postMessage(task);
    return worker;
}
