//! Wall time for calls into the component: counts Wasmtime's epochs while calls run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long an epoch is: a call ends at most this much after its time is over.
const TICK: Duration = Duration::from_millis(10);
/// Ticks without a call until the clock sleeps. Waking it costs a call several microseconds, so one call after the other must not.
const IDLE: u32 = 100;
/// In [`Shared::calls`].
const RUNNING: u64 = 1;
const BEGUN: u64 = 1 << 32;

/// The clock of one Wasmtime engine. Its thread sleeps once no call has run for a while.
pub(crate) struct Clock {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// The number of calls that run in the lower half; in the upper half that of calls that began, which may overflow: the clock only
    /// looks whether it changed.
    calls: AtomicU64,
    /// The clock's thread waits to be woken.
    asleep: AtomicBool,
    closing: AtomicBool,
}

impl Clock {
    /// Starts the clock of an engine.
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Clock> {
        let shared = Arc::<Shared>::default();
        let (seen, engine) = (shared.clone(), engine.clone());
        let thread = std::thread::Builder::new()
            .name("component clock".to_owned())
            .spawn(move || seen.go(|| engine.increment_epoch()))?;
        Ok(Clock { shared, thread: Some(thread) })
    }

    /// Epochs that surely last for a time.
    pub(crate) fn ticks(time: Duration) -> u64 {
        // One more, since the first may be nearly over.
        u64::try_from(time.as_millis() / TICK.as_millis()).map_or(u64::MAX / 2, |ticks| ticks + 2)
    }

    /// Runs a call while the clock goes.
    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        struct Leave<'a>(&'a Shared);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.calls.fetch_sub(RUNNING, Ordering::Relaxed);
            }
        }
        // Sequentially consistent like its counterparts in `go`: either this sees that the clock sleeps, or the clock sees the call.
        self.shared.calls.fetch_add(BEGUN + RUNNING, Ordering::SeqCst);
        let _leave = Leave(&self.shared);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        call()
    }

    #[cold]
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It holds no state that its end could leave in pieces.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The clock's thread.
    fn go(&self, tick: impl Fn()) {
        let (mut seen, mut idle) = (0, 0);
        while !self.closing.load(Ordering::SeqCst) {
            let calls = self.calls.load(Ordering::SeqCst);
            let runs = calls & (BEGUN - 1) > 0;
            idle = if runs || calls != seen { 0 } else { idle + 1 };
            seen = calls;
            if idle > IDLE {
                self.sleep(calls);
                idle = 0;
                continue;
            }
            self.wait(TICK);
            if runs {
                tick();
            }
        }
    }

    /// Waits for a call that is not among those that were counted.
    fn sleep(&self, calls: u64) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.calls.load(Ordering::SeqCst) == calls && !self.closing.load(Ordering::SeqCst) {
            std::thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Waits for all of a time, whoever wakes the thread, but for the end of the clock.
    fn wait(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.closing.load(Ordering::SeqCst) {
            match end.saturating_duration_since(Instant::now()) {
                Duration::ZERO => break,
                rest => std::thread::park_timeout(rest),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ticks_while_a_call_runs_and_sleeps_when_none_did_for_a_while() {
        let shared = Arc::<Shared>::default();
        let ticks = Arc::new(AtomicU64::new(0));
        let (seen, counted) = (shared.clone(), ticks.clone());
        let thread = std::thread::spawn(move || seen.go(|| _ = counted.fetch_add(1, Ordering::SeqCst)));
        let clock = Clock { shared, thread: Some(thread) };
        let count = || ticks.load(Ordering::SeqCst);
        let patience = Duration::from_secs(60);
        for _ in 0..2 {
            let (started, before) = (Instant::now(), count());
            clock.during(|| {
                while count() < before + 3 {
                    assert!(started.elapsed() < patience, "it does not tick");
                    std::thread::sleep(TICK);
                }
            });
            let after = count();
            assert!(u128::from(after - before) <= started.elapsed().as_millis() / TICK.as_millis() + 1);
            while !clock.shared.asleep.load(Ordering::SeqCst) {
                assert!(started.elapsed() < patience, "it goes on");
                std::thread::sleep(TICK);
            }
            // One may have been due when the call ended.
            assert!(count() <= after + 1);
        }
        clock.during(|| ());
    }

    #[test]
    fn its_end_wakes_it() {
        let started = Instant::now();
        for wait in [Duration::ZERO, TICK / 2] {
            let engine = wasmtime::Engine::default();
            let clock = Clock::start(&engine).expect("a thread");
            std::thread::sleep(wait);
            drop(clock);
        }
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}
