//! How arguments and results of a function travel: the first few in registers, the rest in words of the context record, in order.
//!
//! Nothing is ever passed on the stack, so a checker of machine code need not know frames of callers.

use crate::{Repr, context};
use alloc::vec::Vec;

/// Integer-class arguments in registers.
pub const INT_ARGS: usize = 6;
/// Float arguments in registers.
pub const FLOAT_ARGS: usize = 8;
/// Results in registers, of each class.
pub const RESULTS: usize = 2;

/// Where an argument or result is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the n-th register of the integer class.
    Int(usize),
    /// In the n-th float register.
    Float(usize),
    /// In the n-th word of the context record's area.
    Word(usize),
}

/// The places of arguments; none where there are more than the area holds.
pub fn args(reprs: &[Repr]) -> Option<Vec<Place>> {
    places(reprs, INT_ARGS, FLOAT_ARGS, context::ARGS_LEN)
}

/// The places of results; none where there are more than the area holds.
pub fn results(reprs: &[Repr]) -> Option<Vec<Place>> {
    places(reprs, RESULTS, RESULTS, context::RESULTS_LEN)
}

fn places(reprs: &[Repr], ints: usize, floats: usize, words: usize) -> Option<Vec<Place>> {
    let (mut ints, mut floats, mut words) = (0..ints, 0..floats, 0..words);
    let place = |repr: &Repr| {
        let register = match repr.is_float() {
            true => floats.next().map(Place::Float),
            false => ints.next().map(Place::Int),
        };
        register.or_else(|| words.next().map(Place::Word))
    };
    reprs.iter().map(place).collect()
}
