//! Code offsets to calls in source terms.

use crate::link::Linker;
use abi::artifact::frames;
use abi::report::{Frame, INNER_FRAMES, OUTER_FRAMES, StackTrace};
use exec::Place;

/// The calls behind return addresses (as places in the code, innermost first). Calls of the standard library are left out, inlined calls
/// are frames of their own. Of a deep stack only the two ends are looked up.
pub fn trace(linker: &Linker, places: &[Place]) -> StackTrace {
    let mut trace = StackTrace::default();
    let mut shown = 0;
    let mut rest = places.iter();
    while shown < INNER_FRAMES
        && let Some(&place) = rest.next()
    {
        for frame in calls(linker, place) {
            trace.push(frame);
            shown += 1;
        }
    }
    // One more than are kept, so that the trace knows that it is cut.
    let mut outer = Vec::new();
    while outer.len() <= OUTER_FRAMES
        && let Some(&place) = rest.next_back()
    {
        outer.extend(calls(linker, place).into_iter().rev());
    }
    for frame in outer.into_iter().rev() {
        trace.push(frame);
    }
    trace
}

/// The calls that one return address stands for, innermost first.
fn calls(linker: &Linker, (part, offset): Place) -> Vec<Frame> {
    let Some(artifact) = linker.artifact(part) else { return Vec::new() };
    // The return address is behind the call, perhaps in the next line's code.
    frames(&artifact.files, &artifact.locs, artifact.loc_at(offset.saturating_sub(1)))
}
