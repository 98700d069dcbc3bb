//! Machine code and interpreter give every operation the same meaning: each function of `guest-tests/emit/operations.lmir` is
//! called with the values at which operations go wrong, on both, and what they print must be the same.

mod support;

use abi::{Repr, RtFn};
use base::EntityId;
use codegen::OptLevel;
use loader::{BufferHost, Limits};
use mir::interp::{Execution, State};
use mir::legal::{Func, text, verify};
use std::fmt::Write;
use std::sync::Arc;
use support::artifact;

const OPERATIONS: &str = include_str!("../../../guest-tests/emit/operations.lmir");
const CALLS: &str = include_str!("../../../guest-tests/emit/calls.lmir");
const BLOCKS: &str = include_str!("../../../guest-tests/emit/blocks.lmir");

/// Operands worth trying, as they are written in a constant.
fn operands(repr: Repr) -> &'static [&'static str] {
    match repr {
        Repr::I8 => &["0", "1", "-1", "7", "-128", "127"],
        Repr::I16 => &["0", "1", "-1", "15", "-32768", "32767"],
        Repr::I32 => &["0", "1", "-1", "33", "-2147483648", "2147483647"],
        Repr::I64 => &["0", "1", "-1", "65", "-9223372036854775808", "9223372036854775807", "4294967296"],
        Repr::F32 => &["0.0", "-0.0", "1.5", "-2.5", "3e38", "0x7fc00000", "0x7f800000", "-5e9"],
        Repr::F64 => &[
            "0.0",
            "-0.0",
            "0.5",
            "-2.5",
            "1e300",
            "0x7ff8000000000000",
            "0xfff0000000000000",
            "-5e9",
            "1e19",
        ],
        Repr::Ref | Repr::Any => &["0"],
    }
}

/// True where the operation has a meaning for the operands.
fn is_defined(func: &Func, operands: &[&str]) -> bool {
    match func.name.split(' ').next().unwrap_or_default() {
        "sdiv" | "srem" => !matches!(operands[1], "0" | "-1"),
        "udiv" | "urem" => operands[1] != "0",
        // These take addresses.
        "load" | "store" | "unique" | "retain" | "release" | "any" => false,
        _ => true,
    }
}

/// All combinations of operands.
fn combinations(params: &[Repr]) -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    for &repr in params {
        let longer = |before: &Vec<&'static str>| {
            operands(repr).iter().map(|operand| [before.as_slice(), &[operand]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// A function that calls another with each combination of operands and prints what comes back.
fn caller(index: usize, func: &Func, callee: usize) -> String {
    let mut body = format!("\nfn{index} \"call {}\" () -> () @loc0 {{\nblock0:\n", func.name);
    let mut next = 0;
    let mut line = |text: String, body: &mut String| {
        let _ = writeln!(body, "    v{next} = {text}");
        next += 1;
        format!("v{}", next - 1)
    };
    for operands in combinations(&func.sig.params) {
        if !is_defined(func, &operands) {
            continue;
        }
        let mut args = Vec::new();
        for (repr, operand) in func.sig.params.iter().zip(operands) {
            let op = if repr.is_float() { "fconst" } else { "iconst" };
            args.push(line(format!("{op}.{} {operand}", repr.name()), &mut body));
        }
        // Several results are one instruction: their values are numbered by hand.
        let first: usize = line("iconst.i64 0".to_owned(), &mut body)[1..].parse().expect("a number");
        let results: Vec<String> = (1..=func.sig.results.len()).map(|n| format!("v{}", first + n)).collect();
        for _ in &results {
            line(String::new(), &mut String::new());
        }
        let typed =
            results.iter().zip(&func.sig.results).map(|(name, repr)| format!("{name}: {}", repr.name()));
        let typed: Vec<String> = typed.collect();
        let _ = writeln!(body, "    {} = call fn{callee}({})", typed.join(", "), args.join(", "));
        for (mut result, &repr) in results.into_iter().zip(&func.sig.results) {
            let show = match repr {
                Repr::I8 | Repr::I16 | Repr::I32 => {
                    result = line(format!("zext.i64 {result}"), &mut body);
                    RtFn::rt_show_i64
                }
                Repr::Ref => {
                    let bits = line(format!("bits.i32 {result}"), &mut body);
                    result = line(format!("zext.i64 {bits}"), &mut body);
                    RtFn::rt_show_i64
                }
                Repr::Any => {
                    result = line(format!("bits.i64 {result}"), &mut body);
                    RtFn::rt_show_i64
                }
                Repr::I64 => RtFn::rt_show_i64,
                Repr::F32 => {
                    result = line(format!("ftof.f64 {result}"), &mut body);
                    RtFn::rt_show_f64
                }
                Repr::F64 => RtFn::rt_show_f64,
            };
            let shown = line(format!("rt {}({result})", show.name()), &mut body);
            let newline = line("iconst.i8 1".to_owned(), &mut body);
            let _ = writeln!(body, "    rt rt_print({shown}, {newline})\n    release.ref {shown}");
        }
    }
    body + "    return\n}\n"
}

/// Runs a program on both; how many lines it printed.
fn both(source: &str) -> usize {
    let program = text::read(source).unwrap_or_else(|error| panic!("{error:?}"));
    let errors = verify::verify(&program);
    assert!(errors.is_empty(), "{errors:#?}");
    let limits = mir::interp::Limits::default();
    let mut execution = Execution::new(Arc::new(program), Vec::new(), limits).expect("it starts");
    execution.host_mut().input_closed = true;
    let state = loop {
        match execution.step(1 << 24) {
            State::Running => {}
            state => break state,
        }
    };
    let interpreted = String::from_utf8_lossy(&execution.host_mut().out).into_owned();
    for opt in [OptLevel::None, OptLevel::Speed] {
        let mut host = BufferHost::new(1 << 24);
        let outcome = loader::run(&artifact(source, opt), &Limits::default(), &mut host).expect("it starts");
        let printed = String::from_utf8_lossy(&host.out);
        let difference = interpreted.lines().zip(printed.lines()).position(|(a, b)| a != b);
        if let Some(at) = difference {
            let line = |text: &str| text.lines().nth(at).unwrap_or_default().to_owned();
            panic!("{opt:?}, line {at}: interpreter {}, machine code {}", line(&interpreted), line(&printed));
        }
        assert_eq!(interpreted.len(), printed.len());
        match &state {
            State::Exited(code) => assert_eq!((*code as i32, None), (outcome.exit_code, outcome.error)),
            State::Failed(report) => assert_eq!(Some(report), outcome.error.as_ref()),
            State::Running | State::NeedsInput => unreachable!("the loop ended and the input is closed"),
        }
    }
    interpreted.lines().count()
}

#[test]
fn every_operation() {
    let operations = text::read(OPERATIONS).expect("a program");
    let mut compared = 0;
    // One program per operation: what differs is then easy to see.
    for (id, func) in operations.funcs.iter() {
        if func.sig.results.is_empty() {
            continue;
        }
        let count = operations.funcs.len();
        let caller = caller(count, func, id.index());
        let entry = count + 1;
        let source = format!(
            "{}\n{caller}\nfn{entry} \"main\" () -> (i64) @loc0 {{\nblock0:\n    call fn{count}()\n    v0 = iconst.i64 0\n    return v0\n}}\n",
            OPERATIONS.replacen("\nfn0 ", &format!("entry = fn{entry}\n\nfn0 "), 1),
        );
        compared += both(&source);
    }
    assert!(compared > 3000, "only {compared} results");
}

#[test]
fn calls_with_arguments_beyond_the_registers() {
    both(CALLS);
}

#[test]
fn switches() {
    for value in ["0", "1", "2", "5", "-1", "7", "99", "100", "1000", "1001"] {
        let main = format!(
            "\nfn4 \"main\" () -> (i64) @loc0 {{\nblock0:\n    v0 = iconst.i64 {value}\n    v1: i64 = call fn0(v0)\n    return v1\n}}\n"
        );
        both(&(BLOCKS.replacen("\nfn0 ", "entry = fn4\n\nfn0 ", 1) + &main));
    }
}
