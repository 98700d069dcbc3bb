//! Programs that stay alive between calls, written in legal MIR.

mod support;

use abi::ErrorKind;
use codegen::OptLevel;
use loader::{BufferHost, Call, CallError, Limits, LinkError, Linking, Place, Process, Program, Stopper};
use std::time::Duration;
use support::artifact;

/// A variable `n` that the entry sets to 40; `bump` adds its argument to it; `div` divides by its argument; `spin` never ends.
const PROGRAM: &str = r#"
file "div.spl"
loc0 = 0:1:5 "div"
ty32 = class "variables" ("n": ty5 [0]) leaves [i64@0] size 8
sig0 = (i64) -> (i64)
slot0 = symbol0
symbol0 = variable "n" ty32 set symbol1 is 7 0
symbol1 = code "<n>" (fn1) is 8 30
symbol2 = code "bump" (fn2) is 1 10
symbol3 = code "div" (fn3) is 2 20
symbol4 = code "spin" (fn4) is 3 20
entry = fn0
fn0 "main" () -> (i64) {
block0:
    call fn1()
    v0 = iconst.i64 0
    return v0
}
fn1 "<n>" () -> () {
block0:
    v0 = slot.ref slot0
    v1 = iconst.i64 40
    store.i64 v0+8, v1
    return
}
fn2 "bump" (i64) -> (i64) {
block0(v0: i64):
    v1 = slot.ref slot0
    v2 = load.i64 v1+8
    v3 = add.i64 v2, v0
    store.i64 v1+8, v3
    return v3
}
fn3 "div" (i64) -> (i64) @loc0 {
block0(v0: i64):
    v1 = iconst.i64 0
    v2 = eq.i64 v0, v1
    branch v2, block1, block2
block1 cold:
    v3 = iconst.i32 1
    rt rt_raise(v3, v1, v1)
    unreachable
block2:
    v4 = iconst.i64 100
    v5 = sdiv.i64 v4, v0
    return v5
}
fn4 "spin" () -> () {
block0:
    jump block1
block1:
    v0 = rt rt_poll()
    jump block1
}
"#;

/// `twice` bumps two times, by the program's own function, and adds a variable of its own.
const MORE: &str = r#"
ty32 = class "variables" ("m": ty5 [0]) leaves [i64@0] size 8
sig0 = (i64) -> (i64)
slot0 = symbol0
slot1 = symbol2
symbol0 = import "bump" 1 is 1 10
symbol1 = code "twice" (fn0) is 5 10
symbol2 = variable "m" ty32 set symbol3 is 9 0
symbol3 = code "<m>" (fn1) is 8 31
fn0 "twice" (i64) -> (i64) {
block0(v0: i64):
    v1 = slot.i32 slot0
    v2: i64 = call_indirect sig0(v1, v0)
    v3: i64 = call_indirect sig0(v1, v0)
    v4 = slot.ref slot1
    v5 = load.i64 v4+8
    v6 = add.i64 v3, v5
    return v6
}
fn1 "<m>" () -> () {
block0:
    v0 = slot.ref slot1
    v1 = iconst.i64 1000
    store.i64 v0+8, v1
    return
}
"#;

fn process(limits: Limits) -> Process<'static> {
    let program = program(PROGRAM);
    Process::new(&program, limits, Box::new(BufferHost::new(1 << 20))).expect("a process")
}

fn program(source: &str) -> Program {
    Program::load(&artifact(source, OptLevel::Speed)).expect("it loads")
}

fn place(process: &Process<'_>, name: &str) -> Place {
    let symbols = process.symbols(name);
    assert_eq!(symbols.len(), 1, "{name}");
    process.entry(symbols[0].entries.start).expect("it is there")
}

fn call(process: &mut Process<'_>, name: &str, argument: u64) -> Result<u64, CallError> {
    let place = place(process, name);
    let mut call = Call { ints: [argument, 0, 0, 0, 0, 0], ..Call::default() };
    process.call(place, &mut call).map(|()| call.int_results[0])
}

#[test]
fn variables_live_between_calls_and_go_at_the_end() {
    let mut process = process(Limits::default());
    assert_eq!(process.start(), Ok(0));
    for turn in 1..=100_000 {
        assert_eq!(call(&mut process, "bump", 1), Ok(40 + turn));
    }
    assert_eq!(process.finish().expect("it ends").live_objects, Some(0));
}

#[test]
fn an_error_ends_the_call_alone() {
    let mut process = process(Limits::default());
    process.start().expect("it runs");
    for _ in 0..3 {
        match call(&mut process, "div", 0) {
            Err(CallError::Failed(report)) => {
                assert_eq!(report.kind, ErrorKind::DivisionByZero);
                assert_eq!(report.stack.frames().next().map(|frame| frame.function.as_str()), Some("div"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(call(&mut process, "div", 5), Ok(20));
    }
    assert_eq!(call(&mut process, "bump", 2), Ok(42));
    assert!(process.symbols("none").is_empty());
}

#[test]
fn limits_are_those_of_a_call() {
    let stopper = Stopper::new();
    let time = Some(Duration::from_millis(20));
    let mut process = process(Limits { time, stopper: Some(stopper.clone()), ..Limits::default() });
    process.start().expect("it runs");
    let kind = |ended: Result<u64, CallError>| match ended {
        Err(CallError::Failed(report)) => report.kind,
        other => panic!("{other:?}"),
    };
    for _ in 0..2 {
        assert_eq!(kind(call(&mut process, "spin", 0)), ErrorKind::TimedOut);
        assert_eq!(call(&mut process, "div", 5), Ok(20));
    }
    stopper.stop();
    assert_eq!(kind(call(&mut process, "spin", 0)), ErrorKind::Interrupted);
    stopper.reset();
    // Calls that take no time one by one take longer than the limit together.
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_millis(60) {
        assert_eq!(call(&mut process, "bump", 0), Ok(40));
    }
}

#[test]
fn more_code_is_linked_between_calls() {
    let mut process = process(Limits::default());
    process.start().expect("it runs");
    let linked = process.link(&program(MORE), Linking::Addition).expect("it is linked");
    assert_eq!(linked.added, ["twice", "m", "<m>"]);
    assert_eq!(call(&mut process, "twice", 1), Ok(1042));
    // What the addition does not name has stayed.
    assert_eq!(call(&mut process, "div", 5), Ok(20));
    let missing = MORE.replace("import \"bump\"", "import \"jump\"");
    assert_eq!(
        process.link(&program(&missing), Linking::Addition),
        Err(LinkError::Missing("jump".to_owned()))
    );
    // A version without `div` frees it.
    process.link(&program(MORE), Linking::Version).expect("it is linked");
    assert!(process.symbols("div").is_empty());
    assert_eq!(call(&mut process, "twice", 1), Ok(1044));
    assert_eq!(process.finish().expect("it ends").live_objects, Some(0));
}
