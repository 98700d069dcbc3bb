//! The files of `guest-tests/infer` (a program, then its signatures or its typed tree) and `guest-tests/diag` (a program, then what is said
//! about it). The golden part stands at the end, behind `#~ signatures`, `#~ hir` or `#~ diagnostics`, each line after `#~ | `;
//! `BLESS=1` writes it anew.

use base::Cx;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[test]
fn infer() {
    run("infer");
}

#[test]
fn diag() {
    run("diag");
}

/// Every diagnostic that sema reports has a file that shows it.
#[test]
fn every_code_has_a_file() {
    let mut shown = String::new();
    for path in files("diag") {
        shown.push_str(&read(&path));
    }
    // These take several files, which `modules/` shows, or a question, which `infer-hints/` shows.
    let elsewhere = [
        base::Code::UnknownModule,
        base::Code::ImportCycle,
        base::Code::BadLibrary,
        base::Code::BadQuestion,
        base::Code::NotExportable,
    ];
    let mut missing = Vec::new();
    for code in base::Code::ALL {
        let number = code.number();
        let of_sema = number.starts_with("E1") || number.starts_with("W1");
        if of_sema && !elsewhere.contains(code) && !shown.contains(&format!("#~ | {number}")) {
            missing.push(number);
        }
    }
    assert!(missing.is_empty(), "no file in guest-tests/diag shows {missing:?}");
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests").join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).expect("a folder of tests");
    let mut list: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder entry").path()).collect();
    list.retain(|path| path.extension().is_some_and(|extension| extension == "spl"));
    list.sort();
    list
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

fn run(name: &str) {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for path in files(name) {
        let text = read(&path);
        let Some(at) = text
            .find("#~ signatures")
            .or_else(|| text.find("#~ hir"))
            .or_else(|| text.find("#~ diagnostics"))
        else {
            failures.push(format!("{}: no golden part", path.display()));
            continue;
        };
        let kind = text[at..].lines().next().unwrap_or_default().trim_start_matches("#~ ").to_owned();
        let found = golden(&text[..at], &kind);
        let expected = &text[at..];
        if found != expected {
            if bless {
                std::fs::write(&path, format!("{}{found}", &text[..at])).expect("a writable file");
            } else {
                failures.push(format!("{}\n-- expected\n{expected}\n-- found\n{found}", path.display()));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} files differ (BLESS=1 accepts):\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn golden(source: &str, kind: &str) -> String {
    let mut cx = Cx::default();
    let file = cx.sources.add("test.spl", source);
    let module = syntax::parse(&mut cx, file);
    let program = sema::check_alone(&mut cx, stdlib::SOURCES, &module).expect("enough budget");
    let mut out = diagnostics(&cx);
    if kind != "diagnostics" && !cx.diags.has_errors() {
        out.push_str(&match kind {
            "hir" => sema::dump_hir(&cx, &program),
            _ => sema::dump::dump_signatures(&cx, &program),
        });
    }
    let mut golden = format!("#~ {kind}\n");
    for line in out.lines() {
        let _ = writeln!(golden, "#~ | {line}");
    }
    golden
}

/// One finding after the other: code, place, message, then labels and help.
fn diagnostics(cx: &Cx) -> String {
    let at = |span: base::Span| {
        let place = cx.sources.line_col(span);
        let own = cx.sources.file(span.file).path == "test.spl";
        if own { format!("{}:{}", place.line, place.column) } else { cx.sources.file(span.file).path.clone() }
    };
    let mut out = String::new();
    for diagnostic in cx.diags.list() {
        let _ = writeln!(
            out,
            "{} {} {}",
            diagnostic.code.number(),
            at(diagnostic.primary.span),
            diagnostic.message
        );
        let shown = cx.sources.slice(diagnostic.primary.span).lines().next().unwrap_or_default();
        let _ = writeln!(out, "  at `{shown}` {}", diagnostic.primary.text);
        for label in &diagnostic.secondary {
            let _ = writeln!(out, "  note {} {}", at(label.span), label.text);
        }
        for help in &diagnostic.help {
            let _ = writeln!(out, "  help {help}");
        }
    }
    out
}
