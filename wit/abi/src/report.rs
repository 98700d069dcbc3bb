//! The report of a run-time error: one form and one wording for all engines.

use crate::ErrorKind;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A call that was active when the error happened, in source terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The function that was written there.
    pub function: String,
    /// Path of the source file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// Frames that a report keeps from the inner end of the stack.
pub const INNER_FRAMES: usize = 16;
/// Frames that a report keeps from the outer end.
pub const OUTER_FRAMES: usize = 4;

/// The calls on the stack, innermost first. Engines push all frames that are not of the standard library, inlined calls as frames of
/// their own. The middle of a deep stack is left out without a number: how deep a stack gets differs between engines, and what they print must not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StackTrace {
    inner: Vec<Frame>,
    outer: VecDeque<Frame>,
    cut: bool,
}

impl StackTrace {
    /// The calls behind places in the code, innermost first; one place may stand for several. Of a deep stack only the two ends are looked up.
    pub fn of<P: Copy>(places: &[P], calls: impl Fn(P) -> Vec<Frame>) -> StackTrace {
        let mut trace = StackTrace::default();
        let mut shown = 0;
        let mut rest = places.iter();
        while shown < INNER_FRAMES
            && let Some(&place) = rest.next()
        {
            for frame in calls(place) {
                trace.push(frame);
                shown += 1;
            }
        }
        // One more than are kept, so that the trace knows that it is cut.
        let mut outer = Vec::new();
        while outer.len() <= OUTER_FRAMES
            && let Some(&place) = rest.next_back()
        {
            outer.extend(calls(place).into_iter().rev());
        }
        outer.into_iter().rev().for_each(|frame| trace.push(frame));
        trace
    }

    /// Adds the caller of the frame before.
    pub fn push(&mut self, frame: Frame) {
        if self.inner.len() < INNER_FRAMES {
            self.inner.push(frame);
            return;
        }
        if self.outer.len() == OUTER_FRAMES {
            self.outer.pop_front();
            self.cut = true;
        }
        self.outer.push_back(frame);
    }

    /// The frames that were kept, innermost first.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.inner.iter().chain(&self.outer)
    }

    /// How many frames stand before the place where others were left out, if some were.
    pub fn cut_after(&self) -> Option<usize> {
        self.cut.then_some(self.inner.len())
    }
}

/// A run-time error as a program's user sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrorReport {
    /// What kind; never `Exit`.
    pub kind: ErrorKind,
    /// One line.
    pub message: String,
    /// Where.
    pub stack: StackTrace,
}

/// Several lines, each with its end: the error, then `  at function (file:line:column)` per frame.
impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[{}]: {}", self.kind.code(), self.message)?;
        for (index, frame) in self.stack.frames().enumerate() {
            if self.stack.cut_after() == Some(index) {
                writeln!(f, "  ...")?;
            }
            writeln!(f, "  at {} ({}:{}:{})", frame.function, frame.file, frame.line, frame.column)?;
        }
        Ok(())
    }
}
