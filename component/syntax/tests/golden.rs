//! Runs the files under `guest-tests/lex` and `guest-tests/parse`.
//!
//! A file is a Simple text, then a line `# ---- expected ----`, then what is expected as comment lines. The folder
//! decides whether tokens or the tree are printed; findings follow, one line each. Leading comment lines may say
//! `# show: diagnostics` to leave the tree out, and `# budget: 100` to limit the work. `BLESS=1 cargo test`
//! rewrites the expected part.

use base::{Budget, Cx, Diagnostic};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const MARKER: &str = "# ---- expected ----";

#[test]
fn lex() {
    run("lex");
}

#[test]
fn parse() {
    run("parse");
}

fn run(folder: &str) {
    let folder_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder_path)
        .expect("the folder exists")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no tests in {}", folder_path.display());
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = String::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "spl")) {
        let text = std::fs::read_to_string(path).expect("the file is UTF-8");
        let (input, expected) = split(&text);
        let actual = output(folder, input);
        if actual.trim_end() == expected.trim_end() {
            continue;
        }
        if bless {
            let comments: String = actual
                .lines()
                .map(|line| if line.is_empty() { "#\n".to_owned() } else { format!("# {line}\n") })
                .collect();
            std::fs::write(path, format!("{input}{MARKER}\n{comments}")).expect("the file can be written");
        } else {
            let _ = writeln!(failures, "== {}\n-- expected\n{expected}\n-- actual\n{actual}", path.display());
        }
    }
    assert!(failures.is_empty(), "BLESS=1 rewrites the expected parts\n{failures}");
}

/// The input, and the expected part without its comment marks.
fn split(text: &str) -> (&str, String) {
    let at = text.find(MARKER).unwrap_or(text.len());
    let (input, rest) = text.split_at(at);
    let lines =
        rest.lines().skip(1).map(|line| line.strip_prefix("# ").unwrap_or(line.trim_start_matches('#')));
    (input, lines.fold(String::new(), |all, line| all + line + "\n"))
}

fn directive<'a>(input: &'a str, name: &str) -> Option<&'a str> {
    let comments = input.lines().take_while(|line| line.starts_with('#'));
    comments.filter_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(": ")).next()
}

fn output(folder: &str, input: &str) -> String {
    let mut cx = Cx::default();
    if let Some(limit) = directive(input, "budget") {
        cx.budget = Budget::new(limit.trim().parse().expect("a budget is a number"));
    }
    let file = cx.sources.add("test.spl", input);
    let mut out = if folder == "lex" {
        let tokens = syntax::tokenize(&mut cx, file);
        syntax::dump_tokens(&cx, file, &tokens)
    } else {
        let module = syntax::parse(&mut cx, file);
        syntax::dump_ast(&cx, &module)
    };
    if directive(input, "show") == Some("diagnostics") {
        out.clear();
    }
    for diagnostic in cx.diags.list() {
        out.push_str(&finding(&cx, diagnostic));
    }
    out
}

/// One finding: code, place, the text there, message, and what follows it.
fn finding(cx: &Cx, diagnostic: &Diagnostic) -> String {
    let place = |span| {
        let at = cx.sources.line_col(span);
        let text = cx.sources.slice(span).lines().next().unwrap_or("");
        let text: String = text.chars().take(30).collect();
        format!("{}:{} `{text}`", at.line, at.column)
    };
    let mut out =
        format!("{} {}: {}\n", diagnostic.code.number(), place(diagnostic.primary.span), diagnostic.message);
    if !diagnostic.primary.text.is_empty() {
        let _ = writeln!(out, "  | {}", diagnostic.primary.text);
    }
    for label in &diagnostic.secondary {
        let _ = writeln!(out, "  | {}: {}", place(label.span), label.text);
    }
    for help in &diagnostic.help {
        let _ = writeln!(out, "  = {help}");
    }
    out
}
