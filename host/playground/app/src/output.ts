/** The output of a program, with errors that lead to their lines. */

import type { RunTimeError, Stream } from "simple-compiler";

/** Characters that are shown; a program may print more. */
const MOST = 400_000;

export class Output {
    #waiting: [text: string, stream: Stream][] = [];
    #shown = 0;

    constructor(
        readonly element: HTMLElement,
        readonly go: (line: number, column: number) => void,
    ) {}

    clear(): void {
        this.#waiting = [];
        this.#shown = 0;
        this.element.replaceChildren();
    }

    /** Adds text, with the next frame that the page draws. */
    add(text: string, stream: Stream): void {
        if (this.#shown > MOST) return;
        this.#shown += text.length;
        const last = this.#waiting.at(-1);
        if (last?.[1] === stream) last[0] += text;
        else if (this.#waiting.push([text, stream]) === 1) requestAnimationFrame(() => this.flush());
    }

    flush(): void {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const [text, stream] of waiting) this.#append(text, stream);
        if (waiting.length > 0 && this.#shown > MOST) this.#append("\n… more was printed than is shown here\n", "stderr");
        this.element.scrollTop = this.element.scrollHeight;
    }

    fail(error: RunTimeError): void {
        this.flush();
        const [head, ...rest] = error.report.trimEnd().split("\n");
        this.#append(`${head}\n`, "stderr");
        let frame = 0;
        for (const line of rest) {
            const place = line.startsWith("  at ") ? error.frames[frame++] : undefined;
            if (!place) {
                this.#append(`${line}\n`, "stderr");
                continue;
            }
            const link = document.createElement("button");
            link.type = "button";
            link.className = "place";
            link.textContent = line.trim();
            link.onclick = () => this.go(place.line, place.column);
            this.element.append("  ", link, "\n");
        }
        this.element.scrollTop = this.element.scrollHeight;
    }

    #append(text: string, stream: Stream): void {
        if (stream === "stdout") {
            this.element.append(text);
            return;
        }
        const part = document.createElement("span");
        part.className = "stderr";
        part.textContent = text;
        this.element.append(part);
    }
}
