import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { defineConfig } from "vite";

const brotli = promisify(brotliCompress);
/** Packing the compiler takes longer than everything else, and it changes seldom. */
const kept = join(import.meta.dirname, "../node_modules/.cache/brotli");

/** Behind the bundle: each file packed beside itself, and a service worker that knows them all. */
function finish() {
    let out;
    return {
        name: "finish",
        configResolved: (config) => void (out = config.build.outDir),
        async closeBundle() {
            const folder = join(import.meta.dirname, out);
            const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
                .filter((entry) => entry.isFile() && !/\.(br|map)$/.test(entry.name) && entry.name !== "sw.js")
                .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll("\\", "/"))
                .sort();
            const hash = createHash("sha256");
            for (const file of files) hash.update(file).update(await readFile(join(folder, file)));
            const worker = await readFile(join(import.meta.dirname, "src/sw.js"), "utf8");
            const list = files.map((file) => (file === "index.html" ? "./" : file));
            const facts = `const FILES = ${JSON.stringify(list)};\nconst VERSION = ${JSON.stringify(hash.digest("hex").slice(0, 16))};\n`;
            await writeFile(join(folder, "sw.js"), facts + worker);
            for (const file of [...files, "sw.js"]) {
                const bytes = await readFile(join(folder, file));
                await writeFile(join(folder, `${file}.br`), await pack(bytes));
            }
        },
    };
}

async function pack(bytes) {
    const path = join(kept, createHash("sha256").update(bytes).digest("hex"));
    if (existsSync(path)) return readFile(path);
    const packed = await brotli(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    await mkdir(kept, { recursive: true });
    await writeFile(path, packed);
    return packed;
}

export default defineConfig({
    // The page may lie in any folder of a host.
    base: "./",
    build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
    worker: { format: "es" },
    plugins: [finish()],
});
