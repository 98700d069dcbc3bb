// The compiler in Node.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { Compiler, componentHash } from "simple-compiler";
import { cases, top } from "./suite.js";

// `cargo xtask web-test` names the files; they are what `cargo xtask build` made.
const component = process.env.SIMPLE_COMPONENT ?? join(top, "target/component/simple.component.wasm");
const simple = process.env.SIMPLE_COMMAND ?? join(top, "target/release/simple");

let compiler;
before(async () => {
    compiler = await Compiler.load();
});

test("a program runs", async () => {
    const { value, diagnostics } = compiler.run('print "Hello, {6 * 7}!"');
    assert.deepEqual(diagnostics, []);
    const outcome = await value.finished;
    assert.equal(outcome.stdout, "Hello, 42!\n");
    assert.equal(outcome.exitCode, 0);
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.liveObjects, 0);
});

test("a mistake has its place", () => {
    const source = 'val city = "Zürich 🦢"\nval wrong = city.no_such_thing()\nprint wrong\n';
    const { value, diagnostics } = compiler.check(source);
    assert.equal(value, undefined);
    const [found] = diagnostics;
    assert.match(found.code, /^E\d{4}$/);
    assert.equal(found.severity, "error");
    assert.equal(found.primary.place.file, "main.spl");
    assert.equal(found.primary.place.line, 2);
    const { from, to } = found.primary.place;
    assert.match(source.slice(from, to), /no_such_thing/);
    assert.ok(compiler.check('print "right"').value);
});

test("places count characters where the line has others than ASCII", () => {
    const source = 'print "🦢 ü", missing_name\n';
    const place = compiler.check(source).diagnostics[0].primary.place;
    assert.equal(source.slice(place.from, place.to), "missing_name");
    assert.equal(place.column, [...source.slice(0, place.from)].length + 1);
});

test("an error has a stack in source terms", async () => {
    const { value } = compiler.run("fn divide(a: i64, b: i64) -> i64:\n    a / b\n\nprint divide(1, 0)\n");
    const { error, exitCode } = await value.finished;
    assert.equal(exitCode, 1);
    assert.equal(error.code, "E3001");
    assert.equal(
        error.report,
        "error[E3001]: division by zero\n  at divide (main.spl:2:5)\n  at <module> (main.spl:4:7)\n",
    );
    assert.deepEqual(error.frames[0], { function: "divide", file: "main.spl", line: 2, column: 5 });
});

test("a time limit ends an endless loop, and what it printed is there", async () => {
    const { value } = compiler.run('print "before"\nvar n = 0\nwhile true:\n    n += 1\n', { time: 200 });
    const outcome = await value.finished;
    assert.equal(outcome.error.code, "E3009");
    assert.equal(outcome.exitCode, 1);
    assert.equal(outcome.stdout, "before\n");
});

test("a program is stopped from outside", async () => {
    const heard = Promise.withResolvers?.() ?? withResolvers();
    const { value } = compiler.run('print "running"\nwhile true:\n    pass\n', { onOutput: heard.resolve });
    await heard.promise;
    value.stop();
    assert.equal((await value.finished).error.code, "E3008");
});

test("memory and output have limits", async () => {
    const greedy = compiler.run("var xs = [1]\nwhile true:\n    xs = xs + xs\n", { memory: 1 << 24 });
    assert.equal((await greedy.value.finished).error.code, "E3007");
    const talkative = compiler.run('while true:\n    print "more"\n', { maxOutput: 1 << 16 });
    const outcome = await talkative.value.finished;
    assert.equal(outcome.error.code, "E3008");
    assert.ok(outcome.stdout.length > 1 << 15 && outcome.stdout.length <= 1 << 16);
});

test("a program of several files", async () => {
    const files = { "main.spl": "use shapes.{area}\nprint area(2, 3)\n", "shapes.spl": "fn area(a, b):\n    a * b\n" };
    const outcome = await compiler.run({ main: "main.spl", files }).value.finished;
    assert.equal(outcome.stdout, "6\n");
    const alone = compiler.check({ main: "main.spl", files: { "main.spl": files["main.spl"] } });
    assert.equal(alone.value, undefined);
});

test("types of functions", () => {
    const source = "fn longest(words: [text], least: i64 = 0) -> text?:\n    nil\n\nfn twice(x):\n    x + x\n\nprint twice(2)\n";
    const types = new Map(compiler.types(source).value.map((found) => [found.name, found]));
    assert.deepEqual(types.get("longest"), { name: "longest", generics: [], params: ["[text]", "i64"], result: "text?" });
    assert.equal(types.get("twice").params.length, 1);
    assert.ok(types.get("twice").generics.includes(types.get("twice").params[0]));
});

test("every stage is shown", () => {
    const shown = { tokens: /twice/, ast: /\(fn twice/, hir: /fn twice/, mir: /fn twice/, lir: /block0:/, clif: /block0/, asm: /ret/ };
    for (const [stage, expected] of Object.entries(shown)) {
        assert.match(compiler.dump("fn twice(n: i64) -> i64:\n    n + n\n\nprint twice(3)\n", stage).value, expected, stage);
    }
});

test("the work that is counted does not depend on what was compiled before", async () => {
    const source = cases("examples").find((program) => program.name === "json.spl").source;
    const first = compiler.emit(source, "x86-64");
    const fresh = await Compiler.load();
    const second = fresh.emit(source, "x86-64");
    assert.equal(first.workUnits, second.workUnits);
    assert.deepEqual(first.value, second.value);
});

test("a compiler that fails says so and goes on", () => {
    const small = new Compiler(compiler.modules, { maxOutput: 16 });
    assert.throws(() => small.emit("print 1", "wasm32"), { name: "CompilerFault" });
    assert.ok(small.check("print 1").value);
});

describe("the same compiler as the command's", () => {
    test("its bytes are those of the component's file", () => {
        assert.equal(componentHash, createHash("sha256").update(readFileSync(component)).digest("hex"));
    });

    for (const target of ["x86-64", "aarch64", "wasm32"]) {
        test(`code for ${target} is the command's, byte for byte`, () => {
            const folder = mkdtempSync(join(tmpdir(), "simple-"));
            try {
                for (const { name, source } of cases("examples")) {
                    const file = join(folder, "program.smf");
                    const path = join(top, "guest-tests/examples");
                    execFileSync(simple, ["compile", "--target", target, "-o", file, name], { cwd: path });
                    const made = compiler.compile({ main: name, files: { [name]: source } }, [target]);
                    const [ours, theirs] = [made.value, readFileSync(file)].map((bytes) =>
                        createHash("sha256").update(bytes).digest("hex"),
                    );
                    assert.equal(ours, theirs, name);
                }
            } finally {
                rmSync(folder, { recursive: true });
            }
        });
    }
});

/** For Node 20. */
function withResolvers() {
    const made = {};
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
    return made;
}
