//! `abi::convention` in terms of Cranelift's signatures.

use super::too_large;
use crate::EmitError;
use abi::{Repr, RtFn, context, convention};
use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use mir::legal::Sig;

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
    let places = convention::args(&sig.params).ok_or_else(|| too_large(function, "arguments"))?;
    Ok(in_signature(places, context::ARGS))
}

/// The places of a function's results, in order.
pub fn results(sig: &Sig, function: &str) -> Result<Vec<Place>, EmitError> {
    let places = convention::results(&sig.results).ok_or_else(|| too_large(function, "results"))?;
    Ok(in_signature(places, context::RESULTS))
}

fn in_signature(places: Vec<convention::Place>, area: i32) -> Vec<Place> {
    let mut registers = 0;
    let place = |place| match place {
        convention::Place::Int(_) | convention::Place::Float(_) => {
            registers += 1;
            Place::Register(registers - 1)
        }
        convention::Place::Word(word) => Place::Context(area + 8 * word as i32),
    };
    places.into_iter().map(place).collect()
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
