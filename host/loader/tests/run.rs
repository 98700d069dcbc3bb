//! Programs of legal MIR, compiled and run on this machine.

mod support;

use abi::ErrorKind;
use codegen::OptLevel;
use loader::{BufferHost, Limits, Outcome, Stopper};
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
