/** The worker that compiles. */

import { Compiler } from "simple-compiler";
import type { Answer, Question, Ready } from "./protocol";

const from = performance.now();
const loading = Compiler.load();

loading.then(
    (compiler) => {
        // Whatever the first check has to do once is done before somebody waits for it.
        compiler.check('print "ready"');
        say({ ready: { runtime: compiler.modules.runtime, milliseconds: performance.now() - from } });
    },
    (error) => say({ failed: String(error) }),
);

self.onmessage = async (event: MessageEvent<{ id: number; question: Question }>) => {
    const { id, question } = event.data;
    const compiler = await loading;
    const from = performance.now();
    try {
        const { value, diagnostics } = answer(compiler, question);
        const milliseconds = performance.now() - from;
        const transfer = value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [];
        say({ id, value, diagnostics, milliseconds }, transfer);
    } catch (error) {
        say({ id, value: undefined, diagnostics: [], milliseconds: performance.now() - from, fault: (error as Error).message });
    }
};

function answer(compiler: Compiler, question: Question) {
    switch (question.kind) {
        case "check":
            return compiler.check(question.source);
        case "names":
            return compiler.dump(question.source, "hir");
        case "program":
            return compiler.emit(question.source, "wasm32");
        case "code":
            return compiler.emit(question.source, question.target);
        case "dump":
            return compiler.dump(question.source, question.stage);
    }
}

function say(message: Answer | Ready, transfer: Transferable[] = []): void {
    self.postMessage(message, { transfer });
}
