/** The section that says which part of a module was written where: wit/abi/src/module.rs. */

import type { Frame } from "./report.js";

interface Loc {
    file: number;
    line: number;
    column: number;
    function: string;
    inlinedAt: number | undefined;
    isStd: boolean;
}

interface Checked {
    start: number;
    end: number;
    loc: number;
}

/** Places of a module. */
export class Places {
    readonly #lines: { offset: number; loc: number | undefined }[] = [];
    readonly #files: string[] = [];
    readonly #locs: Loc[] = [];
    readonly #checked: Checked[] = [];

    /** Those of a module that was compiled by us; none where there is no such section. */
    constructor(module: WebAssembly.Module) {
        const [section] = WebAssembly.Module.customSections(module, "simple.places");
        if (!section) return;
        const read = new Reader(new Uint8Array(section));
        const strings = read.list(() => read.text());
        let offset = 0;
        this.#lines = read.list(() => ({ offset: (offset += read.number()), loc: read.option() }));
        this.#files = read.list(() => strings[read.number()]!);
        this.#locs = read.list(() => ({
            file: read.number(),
            line: read.number(),
            column: read.number(),
            function: strings[read.number()]!,
            inlinedAt: read.option(),
            isStd: read.number() === 1,
        }));
        let last = 0;
        this.#checked = read.list(() => {
            const start = last + read.number();
            last = start + read.number();
            return { start, end: last, loc: read.number() };
        });
    }

    /** The calls that an offset in the module stands for, innermost first; those of the standard library are left out. */
    calls(offset: number): Frame[] {
        return this.#frames(last(this.#lines, (line) => line.offset <= offset)?.loc);
    }

    /** The function around an offset, if it looks at the room on the stack: the place of its declaration. */
    declared(offset: number): Frame[] | undefined {
        const checked = last(this.#checked, (func) => func.start <= offset);
        return checked && offset < checked.end ? this.#frames(checked.loc) : undefined;
    }

    #frames(innermost: number | undefined): Frame[] {
        const frames = [];
        for (let index = innermost; index !== undefined; index = this.#locs[index]!.inlinedAt) {
            const { file, line, column, function: name, isStd } = this.#locs[index]!;
            if (!isStd) frames.push({ function: name, file: this.#files[file]!, line, column });
        }
        return frames;
    }
}

/** The last item for which something holds that holds for the first ones only. */
function last<T>(items: T[], holds: (item: T) => boolean): T | undefined {
    let [low, high] = [0, items.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (holds(items[middle]!)) low = middle + 1;
        else high = middle;
    }
    return items[low - 1];
}

/** A cursor over the bytes of a section. */
class Reader {
    #at = 0;

    constructor(readonly bytes: Uint8Array) {}

    /** An unsigned integer in LEB128. */
    number(): number {
        let value = 0;
        for (let factor = 1; ; factor *= 128) {
            const byte = this.bytes[this.#at++];
            if (byte === undefined) throw new RangeError("the section of source places is cut short");
            value += (byte & 0x7f) * factor;
            if (byte < 0x80) return value;
        }
    }

    option(): number | undefined {
        const number = this.number();
        return number === 0 ? undefined : number - 1;
    }

    text(): string {
        const length = this.number();
        return new TextDecoder().decode(this.bytes.subarray(this.#at, (this.#at += length)));
    }

    list<T>(item: () => T): T[] {
        return Array.from({ length: this.number() }, item);
    }
}
