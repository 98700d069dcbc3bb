// The page in headless Chromium. CHROMIUM names the browser; SCREENSHOTS a folder for pictures of the page.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../scripts/serve.js";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const pictures = process.env.SCREENSHOTS;
const FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const LOOP = 'print "begun"\nvar n = 0\nwhile true:\n    n += 1\n';

let server, profile, context, page, address;
let said = [];

before(async () => {
    server = await serve();
    address = `http://localhost:${server.address().port}/`;
    profile = mkdtempSync(join(tmpdir(), "simple-page-"));
    context = await chromium.launchPersistentContext(profile, {
        executablePath,
        args: FLAGS.split(" "),
        viewport: { width: 1280, height: 800 },
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    context.setDefaultTimeout(20_000);
});

after(async () => {
    await context?.close();
    server?.closeAllConnections();
    server?.close();
    rmSync(profile, { recursive: true, force: true });
});

beforeEach(async () => {
    said = [];
    page = await context.newPage();
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
});

afterEach(async () => {
    await page.close();
    assert.deepEqual(said, [], "the console is quiet");
});

async function open(fragment = "") {
    await page.goto(address + fragment);
    await page.locator("#run:enabled").waitFor();
    await page.locator("#checked:not(:empty)").waitFor();
}

async function type(program) {
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(program);
}

const result = (text) => page.locator("#result", { hasText: text }).waitFor();
const output = () => page.locator("#output").textContent();
const picture = (name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`) });

test("it loads: sizes and times", async (t) => {
    const from = performance.now();
    await open();
    const loaded = performance.now() - from;
    const sizes = await page.evaluate(() =>
        performance.getEntriesByType("resource").map((entry) => [entry.name.replace(/.*\//, ""), entry.encodedBodySize]),
    );
    const dist = fileURLToPath(new URL("../dist", import.meta.url));
    const files = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(".br"));
    const all = files.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0);
    t.diagnostic(`first visit: ${Math.round(loaded)} ms until the first program is checked`);
    t.diagnostic(`of the page's own thread: ${sizes.map(([name, size]) => `${name} ${size}`).join(", ")}`);
    t.diagnostic(`all files, packed: ${all} bytes; the compiler: ${files.filter((file) => /core.*wasm/.test(file)).map((file) => statSync(join(dist, file)).size)}`);
    t.diagnostic(await page.locator("#timing").textContent());
    assert.ok(all < 4 << 20, "the page is small enough");
    await page.locator("#problems", { hasText: "No problems" }).waitFor();
    await picture("light");
});

test("a program is typed and run", async () => {
    await open();
    await type('print "Hello, {6 * 7}!"\n');
    await page.keyboard.press("Control+Enter");
    await result("Ended with exit code 0");
    assert.equal(await output(), "Hello, 42!\n");
});

test("arguments and input", async () => {
    await open();
    await type("print get_cli_args()\nprint input().upper()\n");
    await page.locator("summary").click();
    await page.locator("#args").fill("one two");
    await page.locator("#stdin").fill("a line\n");
    await page.locator("#run").click();
    await result("Ended with exit code 0");
    assert.equal(await output(), "[one, two]\nA LINE\n");
});

test("a mistake appears while typing, and goes", async () => {
    await open();
    await type('val city = "Zürich 🦢"\nprint city.no_such_thing()\n');
    await page.locator("#problems", { hasText: "1 error" }).waitFor();
    assert.match(await page.locator(".cm-lintRange-error").textContent(), /no_such_thing/);
    await picture("mistake");
    await page.locator("#run").click();
    await result("Not started");
    await type("print 1\n");
    await page.locator("#problems", { hasText: "No problems" }).waitFor();
    assert.equal(await page.locator(".cm-lintRange-error").count(), 0);
});

test("a check of 200 lines takes less than 50 ms", async (t) => {
    await open();
    const part = (n) => `fn work_${n}(a: i64, b):\n    var total = a\n    for i in 0..10:\n        total += i * a\n    print "{total} {b}"\n    total\n\nprint work_${n}(${n}, "x")\n\n`;
    const program = Array.from({ length: 22 }, (_, n) => part(n)).join("");
    assert.ok(program.split("\n").length > 195);
    const times = [];
    for (let n = 0; n < 10; n++) {
        await type(`${program}print ${n}\n`);
        await page.waitForTimeout(400);
        times.push(parseFloat((await page.locator("#checked").textContent()).replace(/[^\d.]*/, "")));
    }
    times.sort((a, b) => a - b);
    t.diagnostic(`milliseconds: ${times.join(" ")}`);
    assert.ok(times[5] < 50, `${times[5]} ms`);
});

test("an error at run time leads to its line", async () => {
    await open();
    await type("fn divide(a: i64, b: i64) -> i64:\n    a / b\n\nprint divide(1, 0)\n");
    await page.locator("#run").click();
    await result("Ended by an error: division by zero");
    assert.equal(await output(), "error[E3001]: division by zero\n  at divide (main.spl:2:5)\n  at <module> (main.spl:4:7)\n");
    await page.locator(".place").first().click();
    assert.equal(await page.locator(".cm-activeLine").textContent(), "    a / b");
});

test("an endless loop is stopped, and the page stays awake meanwhile", async () => {
    await open();
    await type(LOOP);
    await page.locator("#run").click();
    await page.locator("#output", { hasText: "begun" }).waitFor();
    const frame = await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame((from) => requestAnimationFrame((to) => resolve(to - from)))),
    );
    assert.ok(frame < 500, `a frame took ${frame} ms`);
    await page.keyboard.press("Control+.");
    await result("interrupted");
    await type('print "again"\n');
    await page.locator("#run").click();
    await result("Ended with exit code 0");
    assert.equal(await output(), "again\n");
});

test("a program that prints without end leaves the page usable", async () => {
    await open();
    await type('while true:\n    print "more and more"\n');
    await page.locator("#run").click();
    await result("interrupted");
    assert.match(await output(), /more was printed than is shown/);
});

test("every view shows something", async () => {
    await open();
    await type("fn heaviest(weights):\n    weights.max()\n\nprint heaviest([3, 1, 2])\n");
    for (const [title, expected] of [["Types", /fn heaviest/], ["MIR", /bb0:/], ["CLIF", /block0/], ["x86-64", /an artifact of [\d,]+ bytes[^]*ret/], ["WAT", /\(module/]]) {
        await page.getByRole("tab", { name: title, exact: true }).click();
        await page.waitForFunction((source) => new RegExp(source).test(document.getElementById("view").textContent), expected.source);
        await picture(`view-${title}`);
    }
    await page.getByRole("tab", { name: "WAT" }).press("ArrowRight");
    assert.equal(await page.getByRole("tab", { name: "Output" }).getAttribute("aria-selected"), "true");
});

test("types of names, and names that begin so", async () => {
    await open();
    await type("fn total(numbers: [i64]):\n    var sum_of_all = 0\n    for n in numbers:\n        sum_of_all += n\n    sum_of_all\n\nprint total([1, 2])\n");
    await page.locator("#problems", { hasText: "No problems" }).waitFor();
    await page.locator(".cm-line", { hasText: /^ {4}sum_of_all$/ }).hover({ position: { x: 70, y: 10 } });
    await page.locator(".hover", { hasText: "sum_of_all: i64" }).waitFor();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("tot");
    await page.locator(".cm-tooltip-autocomplete", { hasText: "total" }).waitFor();
});

test("lines are indented", async () => {
    await open();
    await type("");
    await page.keyboard.type("fn sign(n: i64):\nif n < 0:\nreturn -1\nelse:\nreturn 1\n", { delay: 5 });
    const lines = await page.locator(".cm-line").allTextContents();
    assert.deepEqual(lines.slice(0, 5), ["fn sign(n: i64):", "    if n < 0:", "        return -1", "    else:", "        return 1"]);
});

test("a link carries the program", async () => {
    await open();
    await type('print "shared: Zürich 🦢"\n');
    await page.locator("#share").click();
    await page.locator("#share", { hasText: "Copied" }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.startsWith(`${address}#code=`));
    await type("print 0\n");
    await page.waitForTimeout(300);
    await page.goto("about:blank");
    await page.goto(link);
    await page.locator("#run:enabled").click();
    await result("Ended with exit code 0");
    assert.equal(await output(), "shared: Zürich 🦢\n");
});

test("examples run", async () => {
    await open();
    const names = await page.locator("#examples option").allTextContents();
    assert.ok(names.length > 10);
    await page.locator("#examples").selectOption("tour");
    await page.locator("#run").click();
    await result("Ended with exit code 0");
    assert.match(await output(), /That was the tour\./);
    await page.emulateMedia({ colorScheme: "dark" });
    await picture("dark");
    await page.setViewportSize({ width: 390, height: 844 });
    await picture("phone-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await picture("phone-light");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide} pixels wide on a phone`);
});

test("it works without a network once it was loaded", async (t) => {
    await open();
    await page.evaluate(() => navigator.serviceWorker.ready);
    // The server is gone, so what comes now was kept.
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const from = performance.now();
    await page.reload();
    await page.locator("#checked:not(:empty)").waitFor();
    t.diagnostic(`without a network: ${Math.round(performance.now() - from)} ms until the program is checked`);
    await type("print 6 * 7\n");
    await page.locator("#run").click();
    await result("Ended with exit code 0");
    assert.equal(await output(), "42\n");
    await page.getByRole("tab", { name: "WAT" }).click();
    await page.locator("#view", { hasText: "(module" }).waitFor();
});
