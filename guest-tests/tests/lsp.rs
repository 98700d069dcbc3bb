//! `simple lsp` through the real command: a client that speaks the protocol.

use guest_tests::simple;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// The next message; none at the end.
fn read(stdout: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut bytes = vec![0; length];
    stdout.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A client and the server that it started.
struct Client {
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    last: u64,
    /// What was told about documents so far.
    told: BTreeMap<String, Value>,
}

impl Client {
    fn start(folder: &Path) -> Client {
        let mut child = Command::new(simple::path())
            .args(["lsp", "--stdio"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let stdin = child.stdin.take().expect("a piped input");
        let mut stdout = BufReader::new(child.stdout.take().expect("a piped output"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout)
                && sender.send(message).is_ok()
            {}
        });
        let mut client = Client { child, stdin, messages, last: 0, told: BTreeMap::new() };
        let answer =
            client.ask("initialize", json!({"capabilities": {}, "processId": null, "rootUri": null}));
        assert_eq!(answer["serverInfo"]["name"], "simple");
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        self.stdin.flush().expect("the server reads");
    }

    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).expect("the server writes");
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().unwrap_or_default().to_owned();
            self.told.insert(uri, message["params"]["diagnostics"].clone());
        }
        message
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The whole answer to a request; notifications before it are passed over.
    fn response(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.response(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    fn open(&mut self, uri: &str, text: &str) -> Value {
        let document = json!({"uri": uri, "languageId": "simple", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.diagnostics(uri, 1)
    }

    /// Waits for what is wrong with a version of a document.
    fn diagnostics(&mut self, uri: &str, version: i64) -> Value {
        loop {
            let message = self.receive();
            let params = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && params["version"] == version
            {
                return params["diagnostics"].clone();
            }
        }
    }

    fn replace(&mut self, uri: &str, version: i64, range: Value, text: &str) -> Value {
        let document = json!({"uri": uri, "version": version});
        let change =
            if range.is_null() { json!({"text": text}) } else { json!({"range": range, "text": text}) };
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [change]}));
        self.diagnostics(uri, version)
    }

    fn stop(mut self) {
        assert!(self.ask("shutdown", Value::Null).is_null());
        self.tell("exit", Value::Null);
        assert!(self.child.wait().expect("it ends").success());
    }
}

fn place(line: u32, character: u32) -> Value {
    json!({"line": line, "character": character})
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({"start": place(line, from), "end": place(line, to)})
}

fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({"textDocument": {"uri": uri}, "position": place(line, character)})
}

fn with(mut params: Value, name: &str, value: Value) -> Value {
    params[name] = value;
    params
}

const MAIN: &str = "\
use shapes.{area}

## A place.
struct Point:
    x: i64
    fn norm(scale: i64 = 1) -> i64: self.x * scale

val p = Point(x: 3)
print \"é😀 {p.x}\" + area(p.norm(2))
";
const SHAPES: &str = "## The size.\npub fn area(r: i64) -> i64: r * r\n\nprint area(1)\n";

/// A folder with a program and a module, and a client that has opened the program.
fn project() -> (tempfile::TempDir, Client, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().canonicalize().expect("a path");
    std::fs::write(path.join("shapes.spl"), SHAPES).expect("written");
    std::fs::write(path.join("main.spl"), MAIN).expect("written");
    let mut client = Client::start(&path);
    let uri = |name: &str| format!("file://{}/{name}", path.display());
    let (main, shapes) = (uri("main.spl"), uri("shapes.spl"));
    assert_eq!(client.open(&main, MAIN), json!([]));
    (folder, client, main, shapes)
}

#[test]
fn meanings() {
    let (_folder, mut client, main, shapes) = project();
    let hover = client.ask("textDocument/hover", at(&main, 8, 23));
    assert_eq!(hover["contents"]["value"], "```simple\nfn area(r: i64) -> i64\n```\n\n---\n\nThe size.");
    // Columns are counted in units of UTF-16.
    assert_eq!(hover["range"], range(8, 20, 24));
    let hover = client.ask("textDocument/hover", at(&main, 7, 9));
    assert_eq!(hover["contents"]["value"], "```simple\nstruct Point(x: i64)\n```\n\n---\n\nA place.");
    assert!(client.ask("textDocument/hover", at(&main, 1, 0)).is_null());

    let definition = client.ask("textDocument/definition", at(&main, 8, 23));
    assert_eq!(definition, json!({"uri": shapes, "range": range(1, 7, 11)}));
    let definition = client.ask("textDocument/definition", at(&main, 5, 42));
    assert_eq!(definition, json!({"uri": main, "range": range(4, 4, 5)}));

    let references = client.ask(
        "textDocument/references",
        with(at(&main, 8, 23), "context", json!({"includeDeclaration": true})),
    );
    let wanted = json!([
        {"uri": main, "range": range(0, 12, 16)}, {"uri": main, "range": range(8, 20, 24)},
        {"uri": shapes, "range": range(1, 7, 11)}, {"uri": shapes, "range": range(3, 6, 10)},
    ]);
    assert_eq!(references, wanted);
    let highlights = client.ask("textDocument/documentHighlight", at(&main, 4, 4));
    assert_eq!(highlights.as_array().map(Vec::len), Some(4), "{highlights}");

    let symbols = client.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": main}}));
    assert_eq!((&symbols[0]["name"], &symbols[0]["children"][1]["name"]), (&json!("Point"), &json!("norm")));
    assert_eq!(symbols[1]["detail"], "val p: Point");

    let tokens = client.ask("textDocument/semanticTokens/full", json!({"textDocument": {"uri": main}}));
    let data: Vec<u64> =
        tokens["data"].as_array().expect("numbers").iter().filter_map(Value::as_u64).collect();
    assert_eq!(data[..10], [0, 12, 4, 1, 0, 3, 7, 5, 3, 1], "{data:?}");
    client.stop();
}

#[test]
fn new_names() {
    let (folder, mut client, main, shapes) = project();
    let prepared = client.ask("textDocument/prepareRename", at(&main, 8, 23));
    assert_eq!(prepared["placeholder"], "area");
    let edit = client.ask("textDocument/rename", with(at(&main, 8, 23), "newName", json!("size")));
    assert_eq!(edit["changes"][&main].as_array().map(Vec::len), Some(2), "{edit}");
    assert_eq!(edit["changes"][&shapes].as_array().map(Vec::len), Some(2), "{edit}");
    // A field, with the argument that names it.
    let edit = client.ask("textDocument/rename", with(at(&main, 4, 4), "newName", json!("left")));
    assert_eq!(edit["changes"][&main].as_array().map(Vec::len), Some(4), "{edit}");
    for (line, character, name, why) in [
        (8, 23, "9x", "is not a name"),
        (8, 23, "p", "cannot stand for"),
        (8, 23, "for", "cannot stand for"),
        (8, 2, "x", "nothing here"),
    ] {
        let response =
            client.response("textDocument/rename", with(at(&main, line, character), "newName", json!(name)));
        let message = response["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(why), "{name}: {response}");
    }
    drop(folder);
    client.stop();
}

#[test]
fn typing() {
    let (_folder, mut client, main, _) = project();
    // The end of the text.
    let end = json!({"start": place(9, 0), "end": place(9, 0)});
    let found = client.replace(&main, 2, end, "val name: text = p.\n");
    assert!(!found.as_array().expect("a list").is_empty());
    let list = client.ask("textDocument/completion", at(&main, 9, 19));
    let names: Vec<&str> =
        list["items"].as_array().expect("a list").iter().filter_map(|it| it["label"].as_str()).collect();
    assert!(names.contains(&"x") && names.contains(&"norm") && !names.contains(&"while"), "{names:?}");
    let found = client.replace(&main, 3, range(9, 0, 19), "val name: text = p.x");
    assert_eq!((&found[0]["code"], &found[0]["range"]), (&json!("E1004"), &range(9, 17, 20)));
    client.replace(&main, 4, range(9, 0, 20), "ar");
    let list = client.ask("textDocument/completion", at(&main, 9, 2));
    let area =
        list["items"].as_array().expect("a list").iter().find(|it| it["label"] == "area").expect("proposed");
    assert_eq!(
        (&area["detail"], &area["documentation"]["value"]),
        (&json!("fn area(r: i64) -> i64"), &json!("The size."))
    );
    client.replace(&main, 5, range(9, 0, 2), "print p.norm(area(1), ");
    let help = client.ask("textDocument/signatureHelp", at(&main, 9, 22));
    assert_eq!(help["signatures"][0]["label"], "fn Point.norm(scale: i64 = ..) -> i64");
    assert_eq!(
        (&help["activeParameter"], &help["signatures"][0]["parameters"][0]["label"]),
        (&json!(1), &json!("scale: i64 = .."))
    );
    let found = client.replace(&main, 6, Value::Null, "if 1:\n  print  2\n");
    assert_eq!(found, json!([]));
    let options = json!({"tabSize": 4, "insertSpaces": true});
    let edits =
        client.ask("textDocument/formatting", json!({"textDocument": {"uri": main}, "options": options}));
    assert_eq!(
        edits,
        json!([{"range": {"start": place(1, 0), "end": place(2, 0)}, "newText": "    print 2\n"}])
    );
    client.stop();
}

#[test]
fn modules_that_are_open() {
    let (_folder, mut client, main, shapes) = project();
    client.open(&shapes, SHAPES);
    let text = SHAPES.replace("area", "surface");
    client.replace(&shapes, 2, Value::Null, &text);
    // The program uses the text in the editor, not the file.
    let found = client.told[&main].clone();
    assert!(found[0]["message"].as_str().is_some_and(|it| it.contains("has no `area`")), "{found}");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": shapes}}));
    assert_eq!(client.diagnostics(&main, 1), json!([]));
    client.stop();
}

/// Texts and messages that are no programs and no questions: the server answers and lives on.
#[test]
fn nonsense() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut client = Client::start(folder.path());
    let texts = [
        "",
        "\u{0}\u{1}",
        &"(".repeat(100_000),
        &"x = 1 +".repeat(20_000),
        &"a".repeat(1 << 20),
        "é\r\n\u{feff}😀",
        "fn f(a: f(b: (\n  \"{",
    ];
    for (number, text) in texts.iter().enumerate() {
        let uri = format!("untitled:{number}");
        client.open(&uri, text);
        for method in
            ["hover", "definition", "documentHighlight", "prepareRename", "completion", "signatureHelp"]
        {
            client.response(&format!("textDocument/{method}"), at(&uri, 0, 1));
            client.response(&format!("textDocument/{method}"), at(&uri, 7_000, 7_000));
        }
        for method in ["documentSymbol", "semanticTokens/full"] {
            client.response(&format!("textDocument/{method}"), json!({"textDocument": {"uri": uri}}));
        }
    }
    assert_eq!(client.response("textDocument/hover", json!({"no": "place"}))["error"]["code"], -32602);
    assert_eq!(client.response("textDocument/colour", json!({}))["error"]["code"], -32601);
    assert!(client.response("textDocument/hover", at("file:///absent.spl", 0, 0))["error"].is_object());
    client.tell("textDocument/didChange", json!({"nonsense": 1}));
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": "untitled:0"}}));
    client.stop();
}
