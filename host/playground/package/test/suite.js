// The programs of guest-tests and what they are to show; guest-tests/src/lib.rs describes the form.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the checkout. */
export const top = join(dirname(fileURLToPath(import.meta.url)), "../../../..");

/** The test programs of a folder of guest-tests. */
export function cases(folder) {
    const path = join(top, "guest-tests", folder);
    const names = readdirSync(path).filter((name) => name.endsWith(".spl"));
    return names.sort().map((name) => read(join(path, name)));
}

function read(path) {
    const found = { name: basename(path), source: readFileSync(path, "utf8"), args: [], input: "", exit: 0, stdout: "", stderr: "" };
    let part = "stdout";
    for (const line of found.source.split("\n")) {
        const [, word, rest = ""] = /^#~ (\S+)(?: (.*))?$/.exec(line) ?? [];
        if (word === "args") found.args.push(...rest.split(/\s+/).filter(Boolean));
        else if (word === "stdin") found.input += `${rest}\n`;
        else if (word === "exit") found.exit = Number(rest);
        else if (word === "stdout" || word === "stderr") part = word;
        else if (word === "|") found[part] += `${rest}\n`;
        else if (word !== undefined) throw new Error(`${path}: unknown directive ${word}`);
    }
    const beside = path.replace(/\.spl$/, ".out");
    if (existsSync(beside)) found.stdout = readFileSync(beside, "utf8");
    return found;
}

/** Text in whole lines. */
export function lines(text) {
    return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
