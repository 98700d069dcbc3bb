/** The compiler: the component, loaded once, asked about whole programs. */

import type { Root } from "../generated/simple.js";
import type { Failure, Session, Stage, Target } from "../generated/interfaces/simple-compiler-compile.js";
import { instantiate } from "../generated/simple.js";
import { componentHash, smallModules } from "../generated/facts.js";
import * as platform from "#platform";
import { type Diagnostic, diagnostics } from "./diagnostics.js";
import { type Run, type RunOptions, startProgram } from "./run.js";
import { type FunctionType, functions } from "./types.js";

export { componentHash };
export type { Stage, Target };

/** The text of a program; or several files by their paths, of which `main` is the program. */
export type Program = string | { main: string; files: Record<string, string> };

/** What a compilation may use. */
export interface Settings {
    /** Work units until the compiler gives up; they do not depend on the machine. */
    budget?: number;
    /** `none` compiles faster. */
    optimization?: "none" | "speed";
    /** Check every intermediate form: finds bugs of the compiler. */
    verify?: boolean;
    /** Bytes that a result may have. */
    maxOutput?: number;
}

/** A result, where the program is right, and what there is to say about it. */
export interface Compiled<T> {
    value: T | undefined;
    diagnostics: Diagnostic[];
    workUnits: number;
}

/** A bug of the compiler, or a limit of its memory: says nothing about the program. */
export class CompilerFault extends Error {
    override name = "CompilerFault";
}

/** The WebAssembly modules that everything is made of. They can be sent to workers. */
export interface Modules {
    compiler: WebAssembly.Module;
    runtime: WebAssembly.Module;
}

/** Fetches the modules that belong to this package and compiles them as they arrive. */
export async function loadModules(): Promise<Modules> {
    const [compiler, runtime] = await Promise.all([platform.load("simple.core.wasm"), platform.load("runtime.wasm")]);
    return { compiler, runtime };
}

/** The path of a program that has none. */
const MAIN = "main.spl";
/** An instance that has grown beyond this is left to the garbage collector: its memory never shrinks. */
const KEEP = 192 << 20;

const small = new Map(
    Object.entries(smallModules).map(([name, bytes]) => [name, new WebAssembly.Module(new Uint8Array(bytes))]),
);

/** A compiler in this thread. Its methods block until they are done; in a page they belong into a worker. */
export class Compiler {
    readonly modules: Modules;
    readonly #settings: Settings;
    #instance: { root: Root; memory: WebAssembly.Memory | undefined } | undefined;

    constructor(modules: Modules, settings: Settings = {}) {
        this.modules = modules;
        this.#settings = settings;
    }

    /** A compiler of the modules that belong to this package. */
    static async load(settings: Settings = {}): Promise<Compiler> {
        return new Compiler(await loadModules(), settings);
    }

    /** Looks for mistakes. The value is true where there are none. */
    check(program: Program): Compiled<true> {
        return this.#ask(program, (session) => {
            session.check();
            return true;
        });
    }

    /** An artifact with machine code, or a module of WebAssembly. */
    emit(program: Program, target: Target): Compiled<Uint8Array> {
        return this.#ask(program, (session) => session.emit(target));
    }

    /** What a stage makes of the program, to be read by people. `target` matters for `clif` and `asm`. */
    dump(program: Program, stage: Stage, target: Target = "x86-64"): Compiled<string> {
        return this.#ask(program, (session) => session.dump(stage, target));
    }

    /** The functions of the program with their types. */
    types(program: Program): Compiled<FunctionType[]> {
        return this.#ask(program, (session) => functions(session.types()));
    }

    /** A module file of the program or library, with machine code for these targets; the bytes are those of `simple compile`. */
    compile(program: Program, targets: Target[] = []): Compiled<Uint8Array> {
        return this.#ask(program, (session) =>
            session.compile({ targets, compression: "none", sources: true, stub: new Uint8Array() }),
        );
    }

    /** Compiles the program and starts it in a worker. The value is the running program. */
    run(program: Program, options: RunOptions = {}): Compiled<Run> {
        const { value, ...rest } = this.emit(program, "wasm32");
        return { value: value && startProgram(value, this.modules.runtime, options), ...rest };
    }

    #ask<T>(program: Program, question: (session: Session) => T): Compiled<T> {
        const instance = (this.#instance ??= this.#instantiate());
        const { budget = 400_000_000, optimization = "speed", verify = false, maxOutput = 1 << 28 } = this.#settings;
        try {
            const session = new instance.root.compile.Session({
                budget: BigInt(budget),
                optimization,
                verify,
                maxOutput: BigInt(maxOutput),
            });
            try {
                add(session, program);
                const value = attempt(() => question(session));
                return { value, diagnostics: diagnostics(session), workUnits: Number(session.stats().workUnits) };
            } finally {
                dispose(session);
            }
        } catch (error) {
            // After a trap the instance is in no state to go on.
            this.#instance = undefined;
            if (error instanceof CompilerFault) throw error;
            throw new CompilerFault(`the compiler failed: ${error}`, { cause: error });
        } finally {
            if ((instance.memory?.buffer.byteLength ?? 0) > KEEP) this.#instance = undefined;
        }
    }

    #instantiate(): { root: Root; memory: WebAssembly.Memory | undefined } {
        let memory: WebAssembly.Memory | undefined;
        const root = instantiate(
            (name) => small.get(name) ?? this.modules.compiler,
            {},
            (module, imports) => {
                const instance = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
                if (instance.exports["memory"] instanceof WebAssembly.Memory) memory = instance.exports["memory"];
                return instance;
            },
        );
        return { root, memory };
    }
}

/** Pushes the program in, and what it uses as far as it is there; the compiler says what is missing. */
function add(session: Session, program: Program): void {
    const { main, files } = typeof program === "string" ? { main: MAIN, files: { [MAIN]: program } } : program;
    const text = files[main];
    if (text === undefined) throw new CompilerFault(`${main} is not among the files`);
    let missing = session.addModule(main, text);
    for (;;) {
        const wanted = missing.flatMap((module) => module.candidates);
        const path = wanted.find((candidate) => Object.hasOwn(files, candidate));
        if (path === undefined) return;
        missing = session.addModule(path, files[path]!);
    }
}

/** The answer, or nothing where the program is wrong. */
function attempt<T>(question: () => T): T | undefined {
    try {
        return question();
    } catch (error) {
        // jco throws what an interface calls an error as this.
        const failure = (error as { payload?: Failure }).payload;
        switch (failure?.tag) {
            case "rejected":
                return undefined;
            case "too-large":
                throw new CompilerFault(`the result has ${failure.val} bytes`);
            case "internal":
                throw new CompilerFault(`a bug of the compiler: ${failure.val}`);
            case undefined:
                throw error;
        }
    }
}

function dispose(session: Session): void {
    const symbol = (Symbol as { dispose?: symbol }).dispose ?? Symbol.for("dispose");
    (session as unknown as Record<symbol, () => void>)[symbol]!();
}
