// Serves the built page on localhost, packed where the browser takes that. `node serve.js [port]`; prints the address.

import { createServer } from "node:http";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
};

/** The server, once it listens. */
export function serve(port = 0) {
    const server = createServer(answer);
    return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => resolve(server));
    });
}

async function answer(request, response) {
    const { pathname } = new URL(request.url, "http://localhost");
    const path = normalize(join(folder, decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname)));
    const type = TYPES[extname(path)];
    if (!path.startsWith(folder + sep) || !type || !existsSync(path)) {
        response.writeHead(404).end();
        return;
    }
    const packed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "") && existsSync(`${path}.br`);
    const bytes = await readFile(packed ? `${path}.br` : path);
    response.writeHead(200, {
        "content-type": type,
        "content-length": bytes.length,
        ...(packed ? { "content-encoding": "br" } : {}),
        // Files in `assets` have a hash of their contents in their names.
        "cache-control": pathname.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    });
    response.end(bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const server = await serve(Number(process.argv[2] ?? 8380));
    console.log(`http://localhost:${server.address().port}/`);
}
