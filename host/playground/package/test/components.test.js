// Libraries as components, called from JavaScript: `simple build --lib` makes them, jco gives them a face.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { transpile } from "@bytecodealliance/jco";
import { top } from "./suite.js";

const simple = process.env.SIMPLE_COMMAND ?? join(top, "target/release/simple");
// Below this package, so that the modules find jco's part of WASI.
const folder = mkdtempSync(join(import.meta.dirname, "../generated/component-"));
after(() => rmSync(folder, { recursive: true }));

let count = 0;

/** The functions of a library, in an instance of its own. */
async function load(name) {
    const file = join(folder, `${name}.wasm`);
    execFileSync(simple, ["build", "--lib", join(top, `guest-tests/library/${name}.spl`), "-o", file]);
    const { files } = await transpile(readFileSync(file), { name, nodejsCompat: true });
    const place = join(folder, `${name}${(count += 1)}`);
    for (const [path, bytes] of Object.entries(files)) {
        mkdirSync(dirname(join(place, path)), { recursive: true });
        writeFileSync(join(place, path), bytes);
    }
    return import(pathToFileURL(join(place, `${name}.js`)));
}

describe("a library in JavaScript", () => {
    let shapes;
    before(async () => {
        shapes = await load("shapes");
    });

    test("takes and gives numbers and texts", () => {
        assert.equal(shapes.add(2n, 40n), 42n);
        assert.equal(shapes.add(2n ** 63n - 1n, 1n), -(2n ** 63n));
        assert.equal(shapes.greet("Zürich 🦢", 2), "Hello, Zürich 🦢! Hello, Zürich 🦢! ");
        assert.equal(shapes.greet("", 0), "");
        assert.deepEqual(shapes.words("a b  c"), ["a", "b", "", "c"]);
    });

    test("takes and gives records, options, tuples", () => {
        assert.deepEqual(shapes.centre([{ x: 1, y: 2 }, { x: 3, y: 5 }]), { x: 2, y: 3.5 });
        assert.equal(shapes.centre([]), undefined);
        assert.deepEqual(shapes.flip(["a", 200]), [200, "a"]);
        assert.equal(shapes.maybe(5n, true), "5");
        assert.equal(shapes.maybe(undefined, false), undefined);
    });

    test("takes and gives variants and enums", () => {
        const circle = { tag: "circle", val: [{ x: 1, y: 1 }, 2] };
        assert.equal(shapes.area(circle), 12);
        assert.equal(shapes.area({ tag: "empty" }), 0);
        const grown = shapes.grow(circle);
        assert.deepEqual(grown.map(({ tag }) => tag), ["circle", "polygon", "circle", "empty"]);
        assert.deepEqual(grown[0].val, circle.val);
        assert.deepEqual(grown[1].val, [{ x: 1.5, y: -2 }]);
        assert.equal(shapes.next("red"), "green");
        assert.equal(shapes.next("blue"), "red");
    });

    test("gives results: values or what is thrown", () => {
        assert.equal(shapes.divide(-7, 2), -3);
        assert.throws(() => shapes.divide(7, 0), { payload: "division of 7 by zero" });
    });

    test("takes more arguments than there are flat values", () => {
        const numbers = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
        assert.equal(shapes.many(...numbers, "a", "b", "", "d", "é"), "12345678abdé");
    });

    test("keeps its variables over many calls", () => {
        const before = shapes.count();
        for (let i = 0; i < 2000; i += 1) shapes.greet("some text that is not short".repeat(10), 3);
        assert.equal(shapes.count(), before + 2000n);
    });
});

test("a run-time error ends the component in a trap", async () => {
    const shapes = await load("shapes");
    assert.equal(shapes.boom(5n), 2n);
    assert.throws(() => shapes.boom(0n), WebAssembly.RuntimeError);
});
