//! Compiles a file over and over in the component and prints the median time in nanoseconds, for `cargo xtask bench compile`. Each run
//! has a session in an instance of its own, as in a real process.

use engine::{Engine, Limits, Optimization, Options, Settings, Start, Target};
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("usage: compile FILE");
    let text = std::fs::read_to_string(&path)?;
    let engine = Engine::new(Settings { start: Start::Optimized, cache: source::CacheDir::of_user() })?;
    let options =
        Options { budget: u64::MAX, optimization: Optimization::Speed, verify: false, max_output: 1 << 30 };
    let limits = Limits { time: Duration::from_secs(600), ..Limits::default() };
    let started = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || (started.elapsed() < Duration::from_secs(1) && times.len() < 200) {
        let run = Instant::now();
        let mut session = engine.session(&options, limits.clone())?;
        session.add_module(&path, &text)?;
        session.emit(Target::X8664)?;
        times.push(run.elapsed());
    }
    times.sort();
    println!("{}", times[times.len() / 2].as_nanos());
    engine.finish()
}
