// Makes `generated/` of what `cargo xtask build` left: the component as JavaScript and core modules, the runtime, and the table of run-time errors.
// SIMPLE_COMPONENT and SIMPLE_RUNTIME name the files; without them they are those of this checkout.

import { transpile } from "@bytecodealliance/jco";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const top = join(here, "../../../..");
const out = join(here, "../generated");
// What is smaller than this is a part of the JavaScript: modules of some bytes with which jco ties ends together.
const INLINE = 4096;

function find(variable, ...candidates) {
    const given = process.env[variable];
    const found = given ?? candidates.map((path) => join(top, "target/component", path)).find(existsSync);
    if (!found) throw new Error(`nothing is built: run \`cargo xtask build\`, or set ${variable}`);
    return found;
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const profile = process.env.SIMPLE_COMPONENT_PROFILE;
const component = await readFile(
    find(
        "SIMPLE_COMPONENT",
        ...(profile ? [`simple.${profile}.wasm`] : ["simple.component.wasm", "simple.component-dev.wasm"]),
    ),
);
const runtime = await readFile(find("SIMPLE_RUNTIME", "runtime.wasm"));
const made = await transpile(component, { name: "simple", instantiation: "sync", nodejsCompat: false, wasiShim: false });

await rm(out, { recursive: true, force: true });
let core;
const small = {};
for (const [name, bytes] of Object.entries(made.files)) {
    if (name.endsWith(".wasm")) {
        if (bytes.length < INLINE) {
            small[name] = [...bytes];
            continue;
        }
        if (core !== undefined) throw new Error("the component has several large modules");
        if (!component.includes(bytes)) throw new Error("jco changed the compiler's bytes");
        core = name;
    }
    const path = join(out, name);
    await mkdir(dirname(path), { recursive: true });
    // A mark for other tools, of which bundlers say that they do not know it.
    await writeFile(path, name === "simple.js" ? new TextDecoder().decode(bytes).replace(/^"use components";\n/, "") : bytes);
}
if (core !== "simple.core.wasm") throw new Error(`the compiler's module is called ${core}`);
await writeFile(join(out, "runtime.wasm"), runtime);

// The row `Panic = 6 "E3005" "panic";` of the table stands once, in Rust.
const table = await readFile(join(top, "wit/abi/src/error.rs"), "utf8");
const kinds = [...table.matchAll(/^ {4}(\w+) = (\d+) "(\w+)" "([^"]*)";$/gm)].map(
    ([, name, number, code, title]) => ({ name, number: Number(number), code, title }),
);
if (kinds.length < 17) throw new Error("the table of run-time errors is written in another way");

await writeFile(
    join(out, "facts.js"),
    `/** SHA-256 of the component that this was made of. */
export const componentHash = ${JSON.stringify(sha256(component))};
/** The small modules of the component, by the names that its JavaScript has for them. */
export const smallModules = ${JSON.stringify(small)};
/** The run-time errors: wit/abi/src/error.rs. */
export const errorKinds = ${JSON.stringify(kinds, null, 4)};
`,
);
await writeFile(
    join(out, "facts.d.ts"),
    `export declare const componentHash: string;
export declare const smallModules: Record<string, number[]>;
export declare const errorKinds: { name: string; number: number; code: string; title: string }[];
`,
);
console.log(`component ${component.length} bytes, sha256 ${sha256(component)}`);
