//! What `--timings` prints.

use engine::Stats;
use std::time::{Duration, Instant};

/// Wall time of the host's steps.
pub struct Timings {
    wanted: bool,
    phases: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Measures always, prints if wanted.
    pub fn new(wanted: bool) -> Timings {
        Timings { wanted, phases: Vec::new() }
    }

    /// True if somebody wants to see them.
    pub fn wanted(&self) -> bool {
        self.wanted
    }

    /// Does something and notes how long it took.
    pub fn phase<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.phases.push((name, started.elapsed()));
        result
    }

    /// Notes a step that was measured elsewhere.
    pub fn note(&mut self, name: &'static str, time: Duration) {
        self.phases.push((name, time));
    }

    /// Prints to the error stream, if that is wanted; the compiler's own figures where it was asked.
    pub fn print(&self, stats: Option<&Stats>, component_memory: Option<usize>) {
        if !self.wanted {
            return;
        }
        for (name, time) in &self.phases {
            eprintln!("{name:<20} {:>10.3} ms", time.as_secs_f64() * 1e3);
        }
        if let Some(stats) = stats {
            for phase in &stats.phases {
                eprintln!("{:<20} {:>10} work units", phase.name, phase.work_units);
            }
            eprintln!("{:<20} {:>10} bytes", "source", stats.source_bytes);
            eprintln!("{:<20} {:>10} functions", "instances", stats.instances);
            eprintln!("{:<20} {:>10} bytes", "artifact", stats.artifact_bytes);
        }
        if let Some(bytes) = component_memory {
            eprintln!("{:<20} {:>10} KiB", "compiler memory", bytes >> 10);
        }
        if let Some(kib) = peak_memory() {
            eprintln!("{:<20} {kib:>10} KiB", "peak memory");
        }
    }
}

// Linux says it in a file; elsewhere the line is left out.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
