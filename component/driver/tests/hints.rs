//! The files of `guest-tests/infer-hints`: a program, then questions for type arguments and what is answered. A question is a line
//!
//! ```text
//! #~ infer largest | arg 0: [i64] | return: i64 | assign: i64? | T: Show | T = [U]
//! #~ infer <T: Show, U>(T, [U]) -> U | arg 1: [text]
//! ```
//! with the name of a template or a signature, and hints: the type of an argument, what the result is used as, the variable that it is put
//! into, a bound, an equality. Types are written as in a program. `BLESS=1` writes the answers anew, each line after `#~ | `.

mod questions;

use driver::{OptLevel, Options, Session};
use std::fmt::Write as _;

#[test]
fn files() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests/infer-hints");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("a folder entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let at = text.find("#~ infer").expect("a question");
        let found = format!("{}{}", &text[..at], answers(&text[..at], &text[at..]));
        count += 1;
        if found != text {
            if std::env::var_os("BLESS").is_some() {
                std::fs::write(&path, found).expect("a writable file");
            } else {
                failures.push(format!("{}\n-- found\n{found}", path.display()));
            }
        }
    }
    assert!(count > 0, "no files");
    assert!(
        failures.is_empty(),
        "{} files differ (BLESS=1 accepts):\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The questions with their answers: each first alone, then all at once, which must be the same.
fn answers(program: &str, questions: &str) -> String {
    let mut session = Session::new(Options {
        budget: 1 << 32,
        optimization: OptLevel::None,
        verify: true,
        max_output: 1 << 28,
    });
    session.add_module("test.spl", program);
    session.check().unwrap_or_else(|failure| panic!("{failure:?} {:?}", session.diagnostics()));
    let lines: Vec<&str> = questions.lines().filter_map(|line| line.strip_prefix("#~ infer ")).collect();
    let asked: Vec<_> = lines.iter().map(|line| questions::read(line)).collect();
    let alone: Vec<_> =
        asked.iter().map(|question| session.infer(question).expect("enough budget")).collect();
    assert_eq!(session.infer_all(&asked).expect("enough budget"), alone);
    assert_eq!(session.stats().inferences, 2 * alone.len() as u64);
    assert!(session.diagnostics().is_empty(), "questions say nothing about the program");
    let mut out = String::new();
    for (line, answer) in lines.iter().zip(&alone) {
        let _ = writeln!(out, "#~ infer {line}");
        match answer {
            Ok(found) => {
                for (name, ty) in &found.arguments {
                    let _ = writeln!(out, "#~ | {name} = {}", questions::show(&found.nodes, *ty));
                }
            }
            Err(wrong) => {
                for found in wrong {
                    let place = session.source(found.primary.span.file).expect("a file");
                    let line = place.line_col(found.primary.span.start).line;
                    let _ = writeln!(out, "#~ | {} {line} {}", found.code.number(), found.message);
                    for note in &found.secondary {
                        let line = place.line_col(note.span.start).line;
                        let _ = writeln!(out, "#~ |   {line} {}", note.text);
                    }
                    for help in &found.help {
                        let _ = writeln!(out, "#~ |   help {help}");
                    }
                }
            }
        }
    }
    out
}
