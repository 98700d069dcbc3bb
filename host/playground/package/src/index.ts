/** The compiler of Simple, and a way to run its programs. `Compiler.load()` is the beginning. */

export { CompilerFault, Compiler, componentHash, loadModules } from "./compiler.js";
export type { Compiled, Modules, Program, Settings, Stage, Target } from "./compiler.js";
export type { Diagnostic, Note, Place, Severity } from "./diagnostics.js";
export { startProgram } from "./run.js";
export type { Outcome, Run, RunOptions, Stream } from "./run.js";
export type { Frame, RunTimeError } from "./report.js";
export type { FunctionType } from "./types.js";
