//! How arguments and results travel: the first few in registers, the rest in words of the context record.
//!
//! Nothing is ever passed on the stack, so a checker of machine code need not know frames of callers.

use super::too_large;
use crate::EmitError;
use abi::{Repr, RtFn, context};
use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use mir::legal::Sig;

/// Integer-class arguments in registers.
const INT_ARGS: usize = 6;
/// Float arguments in registers.
const FLOAT_ARGS: usize = 8;
/// Results in registers, of each class.
const RESULTS: usize = 2;

/// Where an argument or result is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the n-th parameter or result of the machine-level signature.
    Register(usize),
    /// At this offset from the heap base.
    Context(i32),
}

/// The places of a function's arguments, in order.
pub fn args(sig: &Sig, function: &str) -> Result<Vec<Place>, EmitError> {
    let area = (context::ARGS, context::ARGS_LEN);
    places(&sig.params, INT_ARGS, FLOAT_ARGS, area).ok_or_else(|| too_large(function, "arguments"))
}

/// The places of a function's results, in order.
pub fn results(sig: &Sig, function: &str) -> Result<Vec<Place>, EmitError> {
    let area = (context::RESULTS, context::RESULTS_LEN);
    places(&sig.results, RESULTS, RESULTS, area).ok_or_else(|| too_large(function, "results"))
}

fn places(reprs: &[Repr], ints: usize, floats: usize, area: (i32, usize)) -> Option<Vec<Place>> {
    let (mut ints_used, mut floats_used, mut words) = (0, 0, 0);
    let mut places = Vec::with_capacity(reprs.len());
    for repr in reprs {
        let (used, limit) = if repr.is_float() { (&mut floats_used, floats) } else { (&mut ints_used, ints) };
        if *used < limit {
            *used += 1;
            places.push(Place::Register(ints_used + floats_used - 1));
        } else if words < area.1 {
            places.push(Place::Context(area.0 + 8 * words as i32));
            words += 1;
        } else {
            return None;
        }
    }
    Some(places)
}

/// The machine-level signature of a function of the program.
pub fn signature(sig: &Sig, function: &str) -> Result<Signature, EmitError> {
    let mut signature = Signature::new(CallConv::SystemV);
    let in_registers = |reprs: &[Repr], places: &[Place]| {
        let pairs = reprs.iter().zip(places);
        let kept = pairs.filter(|(_, place)| matches!(place, Place::Register(_)));
        kept.map(|(&repr, _)| AbiParam::new(clif_type(repr))).collect::<Vec<_>>()
    };
    signature.params = in_registers(&sig.params, &args(sig, function)?);
    signature.returns = in_registers(&sig.results, &results(sig, function)?);
    Ok(signature)
}

/// The machine-level signature of a runtime function's entry. One that keeps registers has its result in the context record.
pub fn runtime_signature(function: RtFn) -> Signature {
    let keeps = function.keeps_registers();
    let mut signature = Signature::new(if keeps { CallConv::PreserveAll } else { CallConv::SystemV });
    let params = function.params().iter().map(|param| match param.repr() {
        // What System V calls a char, its callee may expect extended to 32 bits.
        Repr::I8 => AbiParam::new(types::I8).uext(),
        repr => AbiParam::new(clif_type(repr)),
    });
    signature.params = params.collect();
    let result = function.result().filter(|_| !keeps);
    signature.returns = result.into_iter().map(|repr| AbiParam::new(clif_type(repr))).collect();
    signature
}

/// Cranelift's name for a machine type.
pub fn clif_type(repr: Repr) -> Type {
    match repr {
        Repr::I8 => types::I8,
        Repr::I16 => types::I16,
        Repr::I32 | Repr::Ref => types::I32,
        Repr::I64 | Repr::Any => types::I64,
        Repr::F32 => types::F32,
        Repr::F64 => types::F64,
    }
}
