//! Why a program is to stop, and what has it look there.

use abi::ErrorKind;
use runtime::Waker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use stop::{Handle, Stop};
use wasmtime::Engine;

/// Why a program is to stop; the first request counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reason(Arc<AtomicU32>);

impl Reason {
    pub(crate) fn get(&self) -> Option<ErrorKind> {
        ErrorKind::from_number(self.0.load(Ordering::Relaxed))
    }
}

/// What stops a program: the reason, what lets it look there, what ends its wait for input.
pub(crate) fn handle(engine: &Engine, reason: &Reason, waker: Option<Waker>) -> Handle {
    Arc::new(Requests { engine: engine.clone(), reason: reason.clone(), waker })
}

struct Requests {
    engine: Engine,
    reason: Reason,
    waker: Option<Waker>,
}

impl Stop for Requests {
    fn stop(&self, kind: ErrorKind) {
        // The reason first: who is woken finds it. Another one that was there before stays.
        let _ = self.reason.0.compare_exchange(0, kind as u32, Ordering::Relaxed, Ordering::Relaxed);
        self.engine.increment_epoch();
        if let Some(wake) = &self.waker {
            wake();
        }
    }
}
