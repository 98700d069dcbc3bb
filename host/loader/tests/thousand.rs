//! A host that runs hostile programs a thousand times. In a process of its own, since it watches the process's memory.

mod support;

use abi::ErrorKind;
use codegen::OptLevel;
use loader::{BufferHost, Limits, Program, Stopper};
use std::time::Duration;
use support::{HELLO, artifact, hostile};

#[test]
fn a_thousand_hostile_programs_leave_the_host_as_it_was() {
    let all = [
        (hostile::RECURSION, Some(ErrorKind::StackOverflow)),
        (hostile::ALLOCATION, Some(ErrorKind::OutOfMemory)),
        (hostile::DIVISION, Some(ErrorKind::DivisionByZero)),
        (hostile::LOOP, Some(ErrorKind::TimedOut)),
        (hostile::BIG_ALLOCATION, Some(ErrorKind::OutOfMemory)),
        (hostile::WILD_CALL, Some(ErrorKind::Internal)),
        (HELLO, None),
    ];
    let programs = all.map(|(source, expected)| {
        let program = Program::load(&artifact(source, OptLevel::Speed)).expect("it loads");
        // The other programs end by themselves, however busy the machine is.
        let time = (expected == Some(ErrorKind::TimedOut)).then_some(Duration::from_millis(2));
        (program, time, expected)
    });
    let mut before = None;
    for turn in 0..1000 {
        let (program, time, expected) = &programs[turn % programs.len()];
        let limits = Limits {
            memory: 1 << 20,
            stack: 256 << 10,
            time: *time,
            stopper: Some(Stopper::new()),
            ..Limits::default()
        };
        let mut host = BufferHost::new(1 << 20);
        let outcome = program.run(&limits, &mut host).expect("it starts");
        assert_eq!(outcome.error.map(|report| report.kind), *expected, "turn {turn}");
        if turn == 100 {
            before = Some(Process::now());
        }
    }
    let (before, after) = (before.expect("enough turns"), Process::now());
    assert!(after.resident < before.resident + (1 << 20), "{before:?} became {after:?}");
    assert!(after.mappings <= before.mappings + 4, "{before:?} became {after:?}");
    assert_eq!(after.threads, before.threads, "{before:?} became {after:?}");
}

/// What the system says about this process; zeros where it says nothing.
#[derive(Debug)]
struct Process {
    resident: u64,
    mappings: usize,
    threads: usize,
}

impl Process {
    fn now() -> Process {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let pages =
            read("/proc/self/statm").split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok());
        let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        Process {
            resident: pages.unwrap_or(0) * 4096,
            mappings: read("/proc/self/maps").lines().count(),
            threads,
        }
    }
}
