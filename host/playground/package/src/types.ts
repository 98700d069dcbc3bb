/** Types as people write them. */

import type { Node, Table } from "../generated/interfaces/simple-compiler-types.js";

/** A function of a program. */
export interface FunctionType {
    name: string;
    /** Type parameters; that of an untyped parameter `x` is called `'x`. */
    generics: string[];
    params: string[];
    result: string;
}

/** The functions of a table. */
export function functions(table: Table): FunctionType[] {
    return table.functions.map((found) => {
        const print = (index: number): string => type(table.nodes, index, found.generics);
        return {
            name: found.name,
            generics: found.generics,
            params: [...found.params].map(print),
            result: print(found.result),
        };
    });
}

function type(nodes: Node[], index: number, generics: string[]): string {
    const print = (of: number): string => type(nodes, of, generics);
    const node = nodes[index]!;
    const named = ({ name, args }: { name: string; args: Uint32Array }): string =>
        args.length === 0 ? name : `${name}<${[...args].map(print).join(", ")}>`;
    switch (node.tag) {
        case "unit":
            return "()";
        case "boolean":
            return "bool";
        case "int":
            return `${node.val.signed ? "i" : "u"}${node.val.bits}`;
        case "float":
            return `f${node.val}`;
        case "text":
        case "any":
        case "range":
        case "never":
            return node.tag;
        case "array":
            return `[${print(node.val)}]`;
        case "dict":
            return `{${print(node.val[0])}: ${print(node.val[1])}}`;
        case "tuple":
            return `(${[...node.val].map(print).join(", ")})`;
        case "option":
            return `${print(node.val)}?`;
        case "function":
            return `fn(${[...node.val.params].map(print).join(", ")}) -> ${print(node.val.result)}`;
        case "named":
            return named(node.val);
        case "dynamic":
            return `dyn ${named(node.val)}`;
        case "parameter":
            return generics[node.val] ?? `'${node.val}`;
    }
}
