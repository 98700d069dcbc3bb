// The language client: starts `simple lsp`, and starts it anew when the setting that names the command changes.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

async function start() {
    const command = vscode.workspace.getConfiguration("simple").get("command", "simple");
    const server = { command, args: ["lsp"] };
    client = new LanguageClient("simple", "Simple", server, {
        documentSelector: [{ language: "simple" }],
        synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{spl,smf}") },
    });
    try {
        await client.start();
    } catch (error) {
        client = undefined;
        vscode.window.showErrorMessage(`The language server did not start (${command} lsp): ${error}. See the setting simple.command.`);
    }
}

async function stop() {
    await client?.stop();
    client = undefined;
}

async function activate(context) {
    context.subscriptions.push(
        vscode.workspace.onDidChangeConfiguration(async (event) => {
            if (event.affectsConfiguration("simple.command")) {
                await stop();
                await start();
            }
        }),
    );
    await start();
}

module.exports = { activate, deactivate: stop };
