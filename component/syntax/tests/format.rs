//! The formatter: files under `guest-tests/format`, each a text, a line `# ---- formatted ----` and the text in the house style
//! (`BLESS=1 cargo test` rewrites it); and what holds for every program that there is.

use base::Cx;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use syntax::{T, Unformatted};

const MARKER: &str = "# ---- formatted ----\n";

fn guest_tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests")
}

fn format(text: &str) -> Result<String, Unformatted> {
    let mut cx = Cx::default();
    let file = cx.sources.add("test.spl", text);
    let formatted = syntax::format(&mut cx, file);
    assert_eq!(formatted == Err(Unformatted::Rejected), cx.diags.has_errors());
    formatted
}

#[test]
fn golden() {
    let mut files = Vec::new();
    programs(&guest_tests().join("format"), &mut files);
    assert!(!files.is_empty());
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("the file is UTF-8");
        let (input, expected) = text.split_once(MARKER).unwrap_or((&text, ""));
        let mut cx = Cx::default();
        let file = cx.sources.add("test.spl", input);
        let actual = syntax::format(&mut cx, file)
            .unwrap_or_else(|why| panic!("{}: {why:?}: {:#?}", path.display(), cx.diags.list()));
        check(input, &path.display().to_string());
        if actual == expected {
            continue;
        }
        if bless {
            std::fs::write(&path, format!("{input}{MARKER}{actual}")).expect("the file can be written");
        } else {
            let _ = writeln!(failures, "== {}\n-- expected\n{expected}\n-- actual\n{actual}", path.display());
        }
    }
    assert!(failures.is_empty(), "BLESS=1 rewrites the formatted parts\n{failures}");
}

fn programs(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            programs(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "spl") {
            files.push(path);
        }
    }
}

/// Checks what holds for every text; true where it was formatted.
fn check(text: &str, what: &str) -> bool {
    let formatted = match format(text) {
        Ok(formatted) => formatted,
        Err(Unformatted::Rejected) => return false,
        Err(Unformatted::Changed) => panic!("{what}: formatting would change this:\n{text}"),
    };
    assert_eq!(spelled(text), spelled(&formatted), "{what}: other tokens");
    let again = format(&formatted).unwrap_or_else(|why| panic!("{what}: {why:?}:\n{formatted}"));
    if again != formatted {
        let at = again.lines().zip(formatted.lines()).position(|(a, b)| a != b).unwrap_or_default();
        let lines =
            |text: &str| text.lines().skip(at.saturating_sub(4)).take(8).collect::<Vec<_>>().join("\n");
        panic!(
            "{what}: the second time is another:\n-- once\n{}\n-- twice\n{}",
            lines(&formatted),
            lines(&again)
        );
    }
    // A piece of a text or comment may end in spaces, code may not.
    assert!(formatted.is_empty() || formatted.ends_with('\n'), "{what}: no line end");
    assert!(!formatted.ends_with("\n\n"), "{what}: blank lines at the end");
    true
}

/// Kinds and spellings of all tokens.
fn spelled(text: &str) -> Vec<(T, String)> {
    let mut cx = Cx::default();
    let file = cx.sources.add("test.spl", text);
    let tokens = syntax::tokenize(&mut cx, file);
    let spelling = |token: &syntax::Token| text[token.start as usize..token.end as usize].to_owned();
    tokens.iter().map(|token| (token.kind, spelling(token))).collect()
}

#[test]
fn every_program_there_is() {
    let mut files = Vec::new();
    programs(&guest_tests(), &mut files);
    programs(&guest_tests().join("../component/std"), &mut files);
    let mut formatted = 0;
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let what = path.display().to_string();
        let done = check(&text, &what);
        formatted += usize::from(done);
        let runs = ["/run/", "/examples/", "/std/"].iter().any(|folder| what.contains(folder));
        assert!(done || !runs, "{what} is not formatted");
    }
    assert!(formatted > 400, "{formatted} of {} programs were formatted", files.len());
}

/// The same programs with other indentation, other spaces and other line ends.
#[test]
fn layouts_of_every_program() {
    let mut files = Vec::new();
    programs(&guest_tests().join("run"), &mut files);
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let Ok(formatted) = format(&text) else { continue };
        let what = path.display().to_string();
        for layout in [narrow, tabs, wide, crlf] {
            check(&layout(&formatted), &what);
        }
        // What is only indented otherwise comes back as it was.
        if !formatted.contains("\"\"\"") && !formatted.contains("/*") && !formatted.contains("#if") {
            assert_eq!(format(&narrow(&formatted)).as_ref(), Ok(&formatted), "{what}");
            assert_eq!(format(&tabs(&formatted)).as_ref(), Ok(&formatted), "{what}");
        }
    }
}

fn indented(text: &str, step: &str) -> String {
    let line = |line: &str| {
        let room = line.len() - line.trim_start_matches(' ').len();
        format!("{}{}{}\n", step.repeat(room / 4), " ".repeat(room % 4), &line[room..])
    };
    text.lines().map(line).collect()
}

fn narrow(text: &str) -> String {
    indented(text, "  ")
}

fn wide(text: &str) -> String {
    indented(text, "       ")
}

fn tabs(text: &str) -> String {
    indented(text, "\t")
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Lines of programs, put together at random: few are programs, and those must keep their meaning.
const LINES: &[&str] = &[
    "val x = 1",
    "x+1",
    "f(a,b)",
    "if x:",
    "else:",
    "elif y :",
    "for i in 0..3:",
    "fn g(a:i64)->i64:",
    "print -x",
    "xs.map \\x:",
    ".filter(_ > 2)",
    "match x:",
    "case 1: 2",
    "| Some(y) ->",
    "return x",
    "# a comment",
    "/* a",
    "b */",
    "foo(",
    ")",
    "[1,2,",
    "3]",
    "a +",
    "+ b",
    "and c",
    "x  # behind",
    "\"a {x + 1} b\"",
    "\"\"\"t",
    "\"\"\"",
    "\\",
    "",
    "@when(linux)",
    "@end",
    "struct P:",
    "x: i64",
    "a[1:2]",
    "a[i : j]",
    "d = {k:v}",
    ";",
    "y ; z",
    "x = if a: b else: c",
    "fn(x):",
    "it \"a\":",
    "expect x==1",
    "not in y",
    "-1",
    "?? 2",
    "x -> y",
    "x->push(1)",
    "given_lazy(:a) \\: 1",
];

/// Empty bodies and lines that fall between two blocks can mean something that only their layout says. The formatter leaves such texts alone
/// instead of guessing, but it may not do so often.
#[test]
fn random_lines() {
    let (formatted, left) = (Cell::new(0u32), Cell::new(0u32));
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    let lines = prop::collection::vec((0usize..5, prop::sample::select(LINES)), 1..9);
    let run = |(lines, step): (Vec<(usize, &str)>, usize)| {
        let text: String =
            lines.iter().map(|(depth, line)| format!("{}{line}\n", " ".repeat(depth * step))).collect();
        if format(&text) == Err(Unformatted::Changed) {
            left.set(left.get() + 1);
        } else {
            formatted.set(formatted.get() + u32::from(check(&text, "lines")));
        }
        Ok(())
    };
    TestRunner::new(config).run(&(lines, 3usize..5), run).unwrap_or_else(|error| panic!("{error}"));
    let (formatted, left) = (formatted.get(), left.get());
    assert!(formatted > 300 && left * 200 < formatted, "{formatted} formatted, {left} left alone");
}

#[test]
fn what_has_errors_is_left_alone() {
    for text in ["val = 3", "foo(", "\"open", "a b c d", "\u{0}", "    x\n  y +", "actor A:\n    pass\n"] {
        assert_eq!(format(text), Err(Unformatted::Rejected), "{text:?}");
    }
    for text in ["", "\n\n", "  \t ", "\u{feff}"] {
        assert_eq!(
            format(text).map(|text| text.trim_start_matches('\u{feff}').to_owned()),
            Ok(String::new())
        );
    }
}
