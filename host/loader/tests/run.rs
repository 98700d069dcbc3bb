//! Programs of legal MIR, compiled and run on this machine.

mod support;

use abi::ErrorKind;
use codegen::OptLevel;
use loader::{BufferHost, Host, Input, Limits, Outcome, Program, Stopper, Stream, Waker};
use std::time::{Duration, Instant};
use support::{HELLO, artifact, hostile};

/// Runs a program at both efforts; the outcome must be the same.
fn run(source: &str, limits: &Limits) -> (Outcome, BufferHost) {
    let [(a, host), (b, other)] = [OptLevel::Speed, OptLevel::None].map(|opt| {
        let mut host = BufferHost::new(1 << 20);
        let outcome = loader::run(&artifact(source, opt), limits, &mut host).expect("it starts");
        (outcome, host)
    });
    assert_eq!((&a.exit_code, &a.error, &host.out), (&b.exit_code, &b.error, &other.out));
    (a, host)
}

#[test]
fn it_prints_and_returns() {
    let (outcome, host) = run(HELLO, &Limits::default());
    assert_eq!((outcome.exit_code, outcome.error), (7, None));
    assert_eq!(outcome.stats.live_objects, Some(0));
    assert_eq!(String::from_utf8_lossy(&host.out), "Hello\n42\n");
}

/// How a program fails whose place of failure is a matter of chance.
fn kind(source: &str, limits: &Limits) -> ErrorKind {
    let mut host = BufferHost::new(1 << 20);
    let outcome = loader::run(&artifact(source, OptLevel::Speed), limits, &mut host).expect("it starts");
    error(&outcome).0
}

fn error(outcome: &Outcome) -> (ErrorKind, Vec<String>) {
    let report = outcome.error.as_ref().expect("an error");
    let frames = report.stack.frames();
    let frames =
        frames.map(|frame| format!("{} {}:{}:{}", frame.function, frame.file, frame.line, frame.column));
    (report.kind, frames.collect())
}

#[test]
fn division_by_zero_has_a_stack_in_source_terms() {
    let (outcome, _) = run(hostile::DIVISION, &Limits::default());
    let expected = vec!["divide div.spl:9:3".to_owned(), "main div.spl:2:5".to_owned()];
    assert_eq!(error(&outcome), (ErrorKind::DivisionByZero, expected));
}

#[test]
fn endless_recursion_is_an_error() {
    let (outcome, _) = run(hostile::RECURSION, &Limits::default());
    let (kind, frames) = error(&outcome);
    assert_eq!(kind, ErrorKind::StackOverflow);
    assert_eq!(frames.first().map(String::as_str), Some("deep deep.spl:5:9"));
    assert_eq!(frames.last().map(String::as_str), Some("main deep.spl:1:1"));
    assert_eq!(frames.len(), 20);
}

#[test]
fn endless_loops_end_by_time_and_by_request() {
    for source in [hostile::LOOP, hostile::TWO_LOOPS] {
        let limits = Limits { time: Some(Duration::from_millis(20)), ..Limits::default() };
        let begin = Instant::now();
        assert_eq!(kind(source, &limits), ErrorKind::TimedOut);
        assert!(begin.elapsed() < Duration::from_secs(5), "stopped soon");

        let stopper = Stopper::new();
        let limits = Limits { stopper: Some(stopper.clone()), ..Limits::default() };
        let stopping = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            stopper.stop();
        });
        assert_eq!(kind(source, &limits), ErrorKind::Interrupted);
        stopping.join().expect("the thread that stops it");
    }
}

#[test]
fn endless_allocation_is_an_error() {
    let limits = Limits { memory: 8 << 20, ..Limits::default() };
    for source in [hostile::ALLOCATION, hostile::BIG_ALLOCATION] {
        let (outcome, _) = run(source, &limits);
        assert_eq!(error(&outcome).0, ErrorKind::OutOfMemory);
        assert!(outcome.stats.peak_bytes <= 8 << 20);
    }
}

#[test]
fn wild_calls_and_frees_are_internal_errors() {
    for source in [hostile::WILD_CALL, hostile::WILD_FREE] {
        let (outcome, _) = run(source, &Limits::default());
        assert_eq!(error(&outcome).0, ErrorKind::Internal);
    }
}

/// Globals, class instances in a cycle, arrays of texts, tagged values: what the program does not release itself goes with the globals or the collector.
const OBJECTS: &str = r#"
ty32 = class "Node" ("next": ty32 [0], "name": ty12 [1]) leaves [ref@0, ref@4] size 8 cycle
ty33 = class "Globals" ("node": ty32 [0], "any": ty13 [1]) leaves [ref@0, any@8] size 16 cycle
slot0 = type ty32
slot1 = globals
slot2 = text "node"
globals = ty33
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = slot.ref slot1
    v1: ref = call fn1()
    store.ref v0+8, v1
    v2 = iconst.i64 9223372036854775807
    v3 = iconst.i32 1088
    store.i64 v3, v2
    v4 = iconst.i32 5
    v5 = rt rt_any_from(v4, v3)
    retain.any v5
    store.any v0+16, v5
    release.any v5
    v6: ref = call fn1()
    release.ref v6 may_cycle
    v7 = slot.ref slot2
    v8 = rt rt_text_concat(v7, v7)
    v9 = unique v8
    retain.ref v8 nullable
    v10 = unique v8
    release.ref v8
    release.ref v8 nullable
    v11 = sub.i8 v9, v10
    v12 = zext.i64 v11
    return v12
}
fn1 "ring" () -> (ref) {
block0:
    v0 = slot.i32 slot0
    v1 = rt rt_object_new(v0)
    v2 = rt rt_object_new(v0)
    v3 = iconst.i64 123456
    v4 = rt rt_show_i64(v3)
    store.ref v1+12, v4
    retain.ref v4
    store.ref v2+12, v4
    retain.ref v2
    store.ref v1+8, v2
    retain.ref v1
    store.ref v2+8, v1
    release.ref v2 may_cycle
    return v1
}
"#;

#[test]
fn nothing_is_left_when_a_program_returned() {
    let (outcome, _) = run(OBJECTS, &Limits::default());
    assert_eq!((outcome.exit_code, outcome.error), (1, None));
    assert_eq!(outcome.stats.live_objects, Some(0));
    assert!(outcome.stats.peak_bytes > 0);
}

#[test]
fn artifacts_for_elsewhere_are_refused() {
    use loader::LoadError;
    let program = mir::legal::text::read(HELLO).expect("a program");
    let [here, there] = match codegen::Target::host().expect("a machine that runs artifacts") {
        codegen::Target::X86_64 => [codegen::Target::X86_64, codegen::Target::Aarch64],
        codegen::Target::Aarch64 => [codegen::Target::Aarch64, codegen::Target::X86_64],
        codegen::Target::Wasm32 => unreachable!("no machine"),
    };
    let bytes =
        codegen::emit(&program, there, &Default::default(), &mut Default::default()).expect("an artifact");
    let refused = Program::load(&bytes).expect_err("it is for another machine");
    assert_eq!(
        refused,
        LoadError::Target { artifact: there.machine().expect("a machine"), host: here.machine() }
    );
    let refused = Program::load(b"SIMPLEA\0 and nothing more").expect_err("it is no artifact");
    assert!(matches!(refused, LoadError::Decode(_)), "{refused}");
}

/// Reads a line and returns its length.
const READ: &str = r#"
slot0 = text "? "
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = rt rt_input(v0)
    v2 = rt rt_text_char_count(v1)
    release.ref v1
    return v2
}
"#;

/// A host whose input never comes; a wait for it lasts until the waker is called.
struct Silent {
    events: std::sync::mpsc::Receiver<()>,
    wake: std::sync::mpsc::Sender<()>,
    out: Vec<u8>,
}

impl Silent {
    fn new() -> Silent {
        let (wake, events) = std::sync::mpsc::channel();
        Silent { events, wake, out: Vec::new() }
    }
}

impl Host for Silent {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> bool {
        self.out.extend_from_slice(bytes);
        true
    }

    fn read_line(&mut self) -> Input {
        let woken = self.events.recv_timeout(Duration::from_secs(30));
        woken.expect("the waker is called");
        Input::Interrupted
    }

    fn args(&self) -> Vec<String> {
        Vec::new()
    }

    fn waker(&self) -> Option<Waker> {
        let wake = self.wake.clone();
        // A receiver that is gone has been woken.
        Some(std::sync::Arc::new(move || {
            let _ = wake.send(());
        }))
    }
}

#[test]
fn a_wait_for_input_ends_by_time_and_by_request() {
    let artifact = artifact(READ, OptLevel::Speed);
    let limits = Limits { time: Some(Duration::from_millis(20)), ..Limits::default() };
    let mut host = Silent::new();
    let outcome = loader::run(&artifact, &limits, &mut host).expect("it starts");
    assert_eq!((error(&outcome).0, host.out.as_slice()), (ErrorKind::TimedOut, b"? ".as_slice()));

    let stopper = Stopper::new();
    let limits = Limits { stopper: Some(stopper.clone()), ..Limits::default() };
    let stopping = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        stopper.stop();
    });
    let outcome = loader::run(&artifact, &limits, &mut Silent::new()).expect("it starts");
    assert_eq!(error(&outcome).0, ErrorKind::Interrupted);
    stopping.join().expect("the thread that stops it");

    // One that was asked for before the program began.
    let stopper = Stopper::new();
    stopper.stop();
    let limits = Limits { stopper: Some(stopper), ..Limits::default() };
    let outcome = loader::run(&artifact, &limits, &mut Silent::new()).expect("it starts");
    assert_eq!(error(&outcome).0, ErrorKind::Interrupted);
}
