//! Calls of functions with values of C.

use crate::boundary::SimpleKind;
use crate::state::State;
use loader::value::Value;

/// The kind of a number.
pub fn kind(number: u32) -> Result<SimpleKind, String> {
    let all = [
        SimpleKind::Unit,
        SimpleKind::Bool,
        SimpleKind::Integer,
        SimpleKind::Unsigned,
        SimpleKind::Float,
        SimpleKind::Text,
    ];
    all.into_iter().find(|&kind| kind as u32 == number).ok_or_else(|| format!("there is no kind {number}"))
}

/// Calls a function.
pub fn call(state: &mut State, function: usize, arguments: &[Value]) -> Result<Value, String> {
    let (of, function) = state.functions.get(&function).ok_or("there is no such function on this thread")?;
    let program = state.programs.get_mut(of).ok_or("there is no such program on this thread")?;
    program.program.call(function, arguments).map_err(|error| error.to_string())
}
