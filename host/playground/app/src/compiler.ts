/** The page's side of the worker that compiles. */

import type { Answer, Question, Ready } from "./protocol";

const worker = new Worker(new URL("./compile-worker.ts", import.meta.url), { type: "module", name: "compiler" });
const waiting = new Map<number, (answer: Answer) => void>();
let last = 0;

/** The runtime that programs need, and how long loading took. */
export const ready = new Promise<{ runtime: WebAssembly.Module; milliseconds: number }>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<Answer | Ready>) => {
        const message = event.data;
        if ("ready" in message) resolve(message.ready);
        else if ("failed" in message) reject(new Error(message.failed));
        else {
            waiting.get(message.id)?.(message);
            waiting.delete(message.id);
        }
    };
    worker.onerror = (event) => reject(new Error(event.message));
});

export function ask<T>(question: Question): Promise<Answer & { value: T | undefined }> {
    const id = ++last;
    return new Promise((resolve) => {
        waiting.set(id, (answer) => resolve(answer as Answer & { value: T | undefined }));
        worker.postMessage({ id, question });
    });
}
