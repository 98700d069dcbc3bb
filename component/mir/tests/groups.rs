//! Large groups of functions that call each other without declared types.

use base::Cx;
use mir::interp::{Execution, Limits, State};
use std::fmt::Write as _;
use std::sync::Arc;

/// Far more than can be inferred one inside the other.
const MANY: usize = 2000;

#[test]
fn numbers() {
    let text = group(|i, next| format!("fn f{i}(n):\n    if n == 0: 0 else: f{next}(n - 1) + 1\n"));
    assert_eq!(output(&format!("{text}print f0(2500)\n")), "2500\n");
}

#[test]
fn two_callees() {
    let text = group(|i, next| {
        let other = (i * 7 + 3) % MANY;
        format!("fn f{i}(n):\n    if n < 1: {i} else if n % 2 == 0: f{next}(n - 1) else: f{other}(n - 2)\n")
    });
    assert_eq!(output(&format!("{text}print f0(1)\nprint f7(0)\n")), "3\n7\n");
}

/// A type that all pass on stays open, and each call chooses it.
#[test]
fn generic() {
    let text = group(|i, next| format!("fn f{i}(n: i64, x):\n    if n <= 0: x else: f{next}(n - 1, x)\n"));
    assert_eq!(output(&format!("{text}print f0(9, \"nine\")\nprint f1(3, [3])\n")), "nine\n[3]\n");
}

/// What many operators leave open is decided by the program's calls.
#[test]
fn operators_left_open() {
    let text =
        group(|i, next| format!("fn f{i}(n, x, y):\n    if n == 0: x + y else: f{next}(n - 1, x + y, y)\n"));
    assert_eq!(output(&format!("{text}print f0(10, 1, 2)\n")), "23\n");
}

/// No cycle: each is inferred before the one that calls it.
#[test]
fn chain() {
    let mut text = String::new();
    for i in 0..MANY {
        let _ = writeln!(text, "fn f{i}(x):\n    f{}(x)\n", i + 1);
    }
    let _ = writeln!(text, "fn f{MANY}(x):\n    x\nprint f0(1)\nprint f0(\"one\")");
    assert_eq!(output(&text), "1\none\n");
}

fn group(function: impl Fn(usize, usize) -> String) -> String {
    (0..MANY).map(|i| function(i, (i + 1) % MANY)).collect()
}

fn output(source: &str) -> String {
    let mut cx = Cx::default();
    let file = cx.sources.add("program.spl", source);
    let module = syntax::parse(&mut cx, file);
    let mut program = sema::check_alone(&mut cx, stdlib::SOURCES, &module).expect("within the budget");
    let findings: Vec<&String> = cx.diags.list().iter().map(|finding| &finding.message).collect();
    assert!(findings.is_empty(), "{findings:?}");
    let program = mir::instantiate::instantiate(&mut cx, &mut program, &mir::library::Templates::default());
    let findings: Vec<&String> = cx.diags.list().iter().map(|finding| &finding.message).collect();
    let program = program.unwrap_or_else(|| panic!("{findings:?}"));
    let mut run = Execution::new(Arc::new(program), Vec::new(), Limits::default()).expect("an entry");
    let state = run.run();
    assert!(matches!(state, State::Exited(0)), "{state:?}");
    String::from_utf8_lossy(&run.take_output().0).into_owned()
}
