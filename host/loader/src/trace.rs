//! Code offsets to calls in source terms.

use crate::link::Linker;
use abi::artifact::frames;
use abi::report::{Frame, StackTrace};
use exec::Place;

/// The calls behind return addresses (as places in the code, innermost first). Calls of the standard library are left out, inlined calls
/// are frames of their own.
pub fn trace(linker: &Linker, places: &[Place]) -> StackTrace {
    StackTrace::of(places, |place| calls(linker, place))
}

/// The calls that one return address stands for, innermost first.
fn calls(linker: &Linker, (part, offset): Place) -> Vec<Frame> {
    let Some(artifact) = linker.artifact(part) else { return Vec::new() };
    // The return address is behind the call, perhaps in the next line's code.
    frames(&artifact.files, &artifact.locs, artifact.loc_at(offset.saturating_sub(1)))
}
