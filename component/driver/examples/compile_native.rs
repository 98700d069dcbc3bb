//! Compiles a file over and over in this process and prints the median time in nanoseconds: the native twin of the component, for
//! `cargo xtask bench compile`.

use driver::{OptLevel, Options, Session, Target};
use std::time::{Duration, Instant};

fn main() {
    let path = std::env::args().nth(1).expect("usage: compile FILE");
    let text = std::fs::read_to_string(&path).expect("a readable file");
    let options =
        Options { budget: u64::MAX, optimization: OptLevel::Speed, verify: false, max_output: 1 << 30 };
    let started = Instant::now();
    let mut times = Vec::new();
    // At least five runs, and a second's worth of them.
    while times.len() < 5 || (started.elapsed() < Duration::from_secs(1) && times.len() < 200) {
        let run = Instant::now();
        let mut session = Session::new(options.clone());
        session.add_module(&path, &text);
        session.emit(Target::X86_64).expect("a program that compiles");
        times.push(run.elapsed());
    }
    times.sort();
    println!("{}", times[times.len() / 2].as_nanos());
}
