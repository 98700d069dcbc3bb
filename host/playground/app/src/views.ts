/** What the compiler makes of a program, for people to read. */

import { ask } from "./compiler";

export interface View {
    id: string;
    title: string;
    /** The text, or nothing while the program is wrong. */
    text?: (source: string) => Promise<{ text: string | undefined; milliseconds: number }>;
}

const stage = (stage: "hir" | "mir" | "clif") => async (source: string) => {
    const { value, milliseconds } = await ask<string>({ kind: "dump", source, stage });
    return { text: value, milliseconds };
};

export const views: View[] = [
    { id: "output", title: "Output" },
    { id: "types", title: "Types", text: stage("hir") },
    { id: "mir", title: "MIR", text: stage("mir") },
    { id: "clif", title: "CLIF", text: stage("clif") },
    { id: "asm", title: "x86-64", text: machineCode },
    { id: "wat", title: "WAT", text: wat },
];

async function machineCode(source: string) {
    const { value, milliseconds } = await ask<string>({ kind: "dump", source, stage: "asm" });
    if (value === undefined) return { text: undefined, milliseconds };
    const code = await ask<Uint8Array>({ kind: "code", source, target: "x86-64" });
    return { text: `; an artifact of ${code.value?.length.toLocaleString("en")} bytes\n\n${value}`, milliseconds };
}

async function wat(source: string) {
    const { value, milliseconds } = await ask<Uint8Array>({ kind: "program", source });
    if (!value) return { text: undefined, milliseconds };
    const [{ BinaryReader }, { WasmDisassembler }] = await Promise.all([
        import("wasmparser/dist/esm/WasmParser.js"),
        import("wasmparser/dist/esm/WasmDis.js"),
    ]);
    const reader = new BinaryReader();
    reader.setData(value.buffer as ArrayBuffer, 0, value.length);
    const text = new WasmDisassembler().disassemble(reader);
    return { text: `;; a module of ${value.length.toLocaleString("en")} bytes\n\n${text}`, milliseconds };
}
