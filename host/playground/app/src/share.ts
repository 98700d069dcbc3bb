/** A program in the fragment of an address: it never reaches a server. */

const KEY = "code";

export async function toFragment(program: string): Promise<string> {
    const packed = await through(new TextEncoder().encode(program), new CompressionStream("deflate-raw"));
    const base64 = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
    return `#${KEY}=${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The program of a fragment, if there is one. */
export async function fromFragment(fragment: string): Promise<string | undefined> {
    const code = new URLSearchParams(fragment.slice(1)).get(KEY);
    if (!code) return undefined;
    try {
        const bytes = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll("_", "/")), (unit) => unit.charCodeAt(0));
        return new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw")));
    } catch {
        // Somebody cut the address.
        return undefined;
    }
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
    return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}
