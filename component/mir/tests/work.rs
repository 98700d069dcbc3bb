//! What runtime functions do for a program counts like what it does itself.

use abi::ErrorKind;
use mir::interp::{Execution, Limits, State};
use mir::legal::text;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Two calls of the runtime, with much to do or with little.
const REPEATS: &str = r#"
slot0 = text "0123456789"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = iconst.i64 COUNT
    v2 = rt rt_text_repeat(v0, v1)
    v3 = rt rt_text_upper(v2)
    release.ref v2
    release.ref v3
    v4 = iconst.i64 0
    return v4
}
"#;

fn execution(count: u64, limits: Limits) -> Execution {
    let program = text::read(&REPEATS.replace("COUNT", &count.to_string())).expect("a program");
    Execution::new(Arc::new(program), Vec::new(), limits).expect("it starts")
}

#[test]
fn work_is_fuel() {
    let used = |count| {
        let mut execution = execution(count, Limits::default());
        assert_eq!(execution.run(), State::Exited(0));
        execution.fuel_used()
    };
    let (little, much) = (used(2), used(200_000));
    assert!(little < 100, "{little}");
    assert!((200_000..2_000_000).contains(&much), "{much}");
    assert_eq!(used(200_000), much);
}

#[test]
fn steps_change_nothing() {
    let mut whole = execution(100_000, Limits::default());
    assert_eq!(whole.run(), State::Exited(0));
    let mut stepped = execution(100_000, Limits::default());
    while stepped.step(3) == State::Running {}
    assert_eq!(stepped.fuel_used(), whole.fuel_used());
}

#[test]
fn the_limit_holds_inside_of_a_call() {
    let fuel = 50_000;
    let mut execution = execution(10_000_000, Limits { fuel, ..Limits::default() });
    let State::Failed(report) = execution.run() else { panic!("it ends by itself") };
    assert_eq!(report.kind, ErrorKind::OutOfFuel);
    assert!(execution.fuel_used() < 10 * fuel, "{}", execution.fuel_used());
}

#[test]
fn an_interrupt_is_heard_inside_of_a_call() {
    let mut execution = execution(10_000_000, Limits::default());
    let flag = execution.interrupt_flag();
    let stopping = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(5));
        flag.store(true, Ordering::Relaxed);
    });
    let state = execution.run();
    stopping.join().expect("the thread that stops it");
    // A machine that makes a hundred megabytes of capital letters in that time has done nothing wrong.
    if let State::Failed(report) = state {
        assert_eq!(report.kind, ErrorKind::Interrupted);
    } else {
        assert_eq!(state, State::Exited(0));
    }
}
