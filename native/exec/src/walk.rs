//! Return addresses of a program that stopped, innermost first, by its frame pointers.

use crate::{Context, Stack};
use abi::context;

/// Most frames that a walk reports at each end: an error message has no use for a million.
const INNER: usize = 64;
/// The same for the outermost frames.
const OUTER: usize = 32;

/// Return addresses from the latest call of a runtime function out to the entry, and how many were left out after the first
/// `inner` of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// Innermost frames.
    pub inner: Vec<u64>,
    /// Frames left out.
    pub left_out: usize,
    /// Outermost frames.
    pub outer: Vec<u64>,
}

/// Walks the frames that the program left on its stack. The entry's frame is the last: its caller's is on another stack.
pub fn walk(context: &Context, stack: &Stack) -> Trace {
    let mut trace = Trace::default();
    let mut outer = std::collections::VecDeque::new();
    let mut frame = context.word(context::LAST_FP);
    while let Some([next, address]) = stack.pair(frame) {
        if trace.inner.len() < INNER {
            trace.inner.push(address);
        } else {
            outer.push_back(address);
            if outer.len() > OUTER {
                outer.pop_front();
                trace.left_out += 1;
            }
        }
        // Frames lie above those that they called; on this stack anything else is damage, and the walk ends.
        if next <= frame {
            break;
        }
        frame = next;
    }
    trace.outer = outer.into();
    trace
}
