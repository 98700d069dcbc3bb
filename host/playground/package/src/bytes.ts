/** Places in a text: the compiler counts bytes of UTF-8, JavaScript counts units of UTF-16, people count characters. */

/** Offsets of a text. */
export class TextMap {
    readonly #text: string;
    /** Where each unit of UTF-16 begins in UTF-8; none where all characters are ASCII. */
    readonly #bytes: Uint32Array | undefined;
    readonly #lines: number[] = [0];

    constructor(text: string) {
        this.#text = text;
        for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines.push(at + 1);
        if (/^[\x00-\x7f]*$/.test(text)) return;
        this.#bytes = new Uint32Array(text.length + 1);
        let bytes = 0;
        for (let at = 0; at < text.length; at++) {
            this.#bytes[at] = bytes;
            const unit = text.charCodeAt(at);
            const next = text.charCodeAt(at + 1);
            if (unit < 0x80) bytes += 1;
            else if (unit < 0x800) bytes += 2;
            else if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
                // A pair: four bytes, of which none begins at the second unit.
                this.#bytes[++at] = bytes;
                bytes += 4;
            } else bytes += 3;
        }
        this.#bytes[text.length] = bytes;
    }

    /** The unit of UTF-16 that holds a byte. */
    offset(byte: number): number {
        const bytes = this.#bytes;
        if (!bytes) return Math.min(byte, this.#text.length);
        let [low, high] = [0, this.#text.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (bytes[middle]! < byte) low = middle + 1;
            else high = middle;
        }
        return bytes[low]! > byte ? low - 1 : low;
    }

    /** Line and column of a unit, both from 1; columns count characters. */
    lineColumn(offset: number): { line: number; column: number } {
        let [low, high] = [0, this.#lines.length];
        while (high - low > 1) {
            const middle = (low + high) >> 1;
            if (this.#lines[middle]! <= offset) low = middle;
            else high = middle;
        }
        return { line: low + 1, column: [...this.#text.slice(this.#lines[low], offset)].length + 1 };
    }
}
