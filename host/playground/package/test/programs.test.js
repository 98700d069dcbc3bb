// Every program of the suite shows in Node what it shows on every engine.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Compiler } from "simple-compiler";
import { cases, lines } from "./suite.js";

let compiler;
before(async () => {
    compiler = await Compiler.load();
});

for (const folder of ["run", "examples"]) {
    describe(folder, () => {
        for (const program of cases(folder)) {
            test(program.name, async () => {
                const { name, source, args, input } = program;
                const compiled = compiler.run({ main: name, files: { [name]: source } }, { args, input, time: 60_000 });
                assert.deepEqual(compiled.diagnostics.filter((found) => found.severity === "error"), []);
                const outcome = await compiled.value.finished;
                const shown = {
                    // What a process can give.
                    exit: outcome.exitCode & 0xff,
                    stdout: lines(outcome.stdout),
                    stderr: lines(outcome.stderr + (outcome.error?.report ?? "")),
                };
                assert.deepEqual(shown, { exit: program.exit, stdout: program.stdout, stderr: program.stderr });
                assert.ok(!outcome.liveObjects, `${outcome.liveObjects} objects are left`);
            });
        }
    });
}
