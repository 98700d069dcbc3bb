//! Return addresses of a program that stopped, by its frame pointers.

use crate::Context;
use crate::stack::Stack;
use abi::context;

/// Return addresses of the frames that the program left on its stack: innermost first, from the latest call of a runtime function out to
/// the entry's frame, whose caller is on another stack.
pub(crate) fn walk(context: &Context, stack: &Stack) -> Vec<u64> {
    let mut addresses = Vec::new();
    let mut frame = context.word(context::LAST_FP);
    while let Some([next, address]) = stack.pair(frame) {
        addresses.push(address);
        // Frames lie above those that they called; on this stack anything else is damage, and the walk ends.
        if next <= frame {
            break;
        }
        frame = next;
    }
    addresses
}
