/** Names of a program and their types, read off the printed typed tree. */

export interface Names {
    /** By the function's last name, in the order of the program: what is in it. */
    functions: { name: string; signature: string; locals: Map<string, string> }[];
    /** Structs, classes, enums: as they were declared. */
    types: Map<string, string>;
}

/** The function that holds what stands at the module's level. */
const MODULE = "<module>";

export function readNames(tree: string): Names {
    const names: Names = { functions: [], types: new Map() };
    for (const line of tree.split("\n")) {
        const type = /^(struct|class|enum|trait) (\w+)/.exec(line);
        if (type) names.types.set(type[2]!, line);
        const head = /^f\d+ fn (\S+?)(<[^(]*>)?\((.*)\) -> (.*):$/.exec(line);
        if (head) {
            const [, name, generics = "", params, result] = head;
            names.functions.push({ name: name!, signature: `fn ${name}${generics}(${params}) -> ${result}`, locals: new Map() });
            continue;
        }
        const current = names.functions.at(-1);
        if (!current) continue;
        const params = /^ {2}params (.*)$/.exec(line);
        if (params) {
            const named = split(params[1]!).map((part) => /^(\w*?)\d+: (.*)$/.exec(part)).filter((part) => part !== null);
            for (const [, name, type] of named) current.locals.set(name!, type!);
            current.signature = current.signature.replace(/\(.*\) -> /, () => `(${named.map(([, name, type]) => `${name}: ${type}`).join(", ")}) -> `);
        }
        for (const [, name, type] of line.matchAll(/\blet ([A-Za-z_]\w*?)\d+: (.*?) = /g)) current.locals.set(name!, type!);
    }
    return names;
}

/** What a name is, in a function of the program. */
export function describe(names: Names, word: string, inside: string | undefined): string | undefined {
    const last = (name: string): string => name.split(".").at(-1)!;
    for (const place of [inside, MODULE]) {
        const found = names.functions.find((func) => place !== undefined && last(func.name) === place && func.locals.has(word));
        if (found) return `${word}: ${found.locals.get(word)}`;
    }
    const functions = names.functions.filter((func) => last(func.name) === word);
    if (functions.length > 0) return functions.map((func) => func.signature).join("\n");
    return names.types.get(word);
}

/** Parts between commas that stand in no bracket. */
function split(text: string): string[] {
    const parts = [""];
    let depth = 0;
    for (let at = 0; at < text.length; at++) {
        const unit = text[at]!;
        if ("([{<".includes(unit)) depth++;
        if (")]}".includes(unit) || (unit === ">" && text[at - 1] !== "-")) depth--;
        if (unit === "," && depth === 0) parts.push("");
        else parts[parts.length - 1] += unit;
    }
    return parts.map((part) => part.trim());
}
