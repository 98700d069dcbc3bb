//! Functions of a process that are called with values instead of registers.

use crate::process::{CallError, Id, Process};
use crate::reload::{Known, LinkError};
use crate::value::{Arguments, FromProgram, List, Shape, Type, Value, Words};
use abi::Repr;
use abi::convention::{self, Place};
use abi::report::ErrorReport;
use exec::Call;
use runtime::{Raised, Values};
use std::fmt;
use std::marker::PhantomData;

/// The machine values that a function takes and gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Of its parameters, one after the other.
    pub params: Vec<Repr>,
    /// Of its results.
    pub results: Vec<Repr>,
}

/// Why a function cannot be called with these types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HandleError {
    /// The function takes and gives other machine values: it is not one of these types, or it changes its first argument.
    Machine {
        /// The function.
        function: String,
        /// What the function was asked for as.
        asked: String,
    },
    /// The program has no room for the types.
    Link(LinkError),
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandleError::Machine { function, asked } => {
                write!(f, "`{function}` does not take and give its values as `{asked}` does")
            }
            HandleError::Link(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HandleError {}

/// A function type as it is written.
pub(crate) fn written(params: &[Type], result: &Type) -> String {
    match result {
        Type::Unit => format!("fn({})", List(params)),
        result => format!("fn({}) -> {result}", List(params)),
    }
}

/// A function of a process, with the places of its values.
#[derive(Debug)]
struct Handle {
    symbol: Known,
    process: Id,
    params: Vec<Shape>,
    result: Shape,
    args: Vec<Place>,
    results: Vec<Place>,
}

impl Handle {
    fn new(
        process: &mut Process<'_>,
        symbol: Known,
        signature: &Signature,
        (params, result): (&[Type], &Type),
    ) -> Result<Handle, HandleError> {
        let wrong = HandleError::Machine { function: symbol.0.clone(), asked: written(params, result) };
        let mut shape = |ty: &Type| process.shape(ty).map_err(HandleError::Link);
        let params = params.iter().map(&mut shape).collect::<Result<Vec<_>, _>>()?;
        let result = shape(result)?;
        let reprs: Vec<Repr> = params.iter().flat_map(|shape| shape.reprs.iter().copied()).collect();
        if reprs != signature.params || result.reprs != signature.results {
            return Err(wrong);
        }
        match (convention::args(&reprs), convention::results(&result.reprs)) {
            (Some(args), Some(results)) => {
                Ok(Handle { symbol, process: process.id(), params, result, args, results })
            }
            (None, _) | (_, None) => Err(wrong),
        }
    }

    /// Calls it with the words that `put` makes; `get` makes a value of the words of the result, which are given back afterwards.
    fn call<T>(
        &self,
        process: &mut Process<'_>,
        put: impl FnOnce(&[Shape], &mut dyn Values, &mut Vec<u64>) -> Result<(), Raised>,
        get: impl FnOnce(&Shape, &dyn Values, &mut Words<'_>) -> Result<T, Raised>,
    ) -> Result<T, CallError> {
        if process.id() != self.process {
            return Err(CallError::NoFunction);
        }
        let (name, signature, _) = &self.symbol;
        let entry = process.symbol(name, *signature).ok_or(CallError::NoFunction)?;
        let place = process.entry(entry.start).ok_or(CallError::NoFunction)?;
        let mut words = Vec::with_capacity(self.args.len());
        let made = put(&self.params, process.values(), &mut words);
        made.map_err(|raised| failed(process, raised))?;
        let mut call = Call::default();
        let mut more = Vec::new();
        for (place, word) in self.args.iter().zip(words) {
            match *place {
                Place::Int(n) => call.ints[n] = word,
                Place::Float(n) => call.floats[n] = f64::from_bits(word),
                Place::Word(_) => more.push(word),
            }
        }
        process.set_more_args(&more);
        process.call(place, &mut call)?;
        let result = |place: &Place| match *place {
            Place::Int(n) => call.int_results[n],
            Place::Float(n) => call.float_results[n].to_bits(),
            Place::Word(n) => process.more_results(n),
        };
        let words: Vec<u64> = self.results.iter().map(result).collect();
        let heap = process.values();
        let value = get(&self.result, heap, &mut Words::new(&words));
        let owned = self.result.reprs.iter().zip(&words).filter(|(repr, _)| **repr == Repr::Ref);
        let mut owned = owned.map(|(_, &word)| word as u32);
        let value = value.and_then(|value| owned.try_for_each(|object| heap.release(object)).map(|()| value));
        value.map_err(|raised| failed(process, raised))
    }
}

/// A failure outside of the program's code.
fn failed(process: &mut Process<'_>, raised: Raised) -> CallError {
    let error = process.values().explain(raised);
    CallError::Failed(ErrorReport { kind: error.kind, message: error.message, stack: Default::default() })
}

/// A function of a process that takes `A` and gives `R`.
#[derive(Debug)]
pub struct Function<A, R> {
    handle: Handle,
    types: PhantomData<fn(A) -> R>,
}

impl<A: Arguments, R: FromProgram> Function<A, R> {
    /// The function of a symbol, whose code takes and gives these machine values. That it is of these types is what the caller knows; that the
    /// machine values are those of the types is checked.
    ///
    /// # Errors
    /// See [`HandleError`].
    pub fn new(process: &mut Process<'_>, symbol: Known, signature: &Signature) -> Result<Self, HandleError> {
        let handle = Handle::new(process, symbol, signature, (&A::types(), &R::ty()))?;
        Ok(Function { handle, types: PhantomData })
    }

    /// Calls it.
    ///
    /// # Errors
    /// See [`CallError`]. The process lives on.
    pub fn call(&self, process: &mut Process<'_>, args: A) -> Result<R, CallError> {
        let put =
            |shapes: &[Shape], heap: &mut dyn Values, words: &mut Vec<u64>| args.put_all(shapes, heap, words);
        self.handle.call(process, put, R::get)
    }
}

/// A function of a process whose types are known only when it runs.
#[derive(Debug)]
pub struct DynamicFunction {
    handle: Handle,
    params: Vec<Type>,
    result: Type,
}

impl DynamicFunction {
    /// The function of a symbol, as for [`Function::new`].
    ///
    /// # Errors
    /// See [`HandleError`].
    pub fn new(
        process: &mut Process<'_>,
        symbol: Known,
        signature: &Signature,
        params: Vec<Type>,
        result: Type,
    ) -> Result<Self, HandleError> {
        let handle = Handle::new(process, symbol, signature, (&params, &result))?;
        Ok(DynamicFunction { handle, params, result })
    }

    /// The types of its parameters.
    pub fn params(&self) -> &[Type] {
        &self.params
    }

    /// The type of its result.
    pub fn result(&self) -> &Type {
        &self.result
    }

    /// Calls it.
    ///
    /// # Errors
    /// See [`CallError`]. The process lives on; it is not called with values of other types than [`DynamicFunction::params`].
    pub fn call(&self, process: &mut Process<'_>, args: &[Value]) -> Result<Value, CallError> {
        let fit =
            args.len() == self.params.len() && args.iter().zip(&self.params).all(|(arg, ty)| arg.is(ty));
        if !fit {
            return Err(CallError::Arguments { expected: written(&self.params, &self.result) });
        }
        let put = |shapes: &[Shape], heap: &mut dyn Values, words: &mut Vec<u64>| {
            args.iter().zip(shapes).try_for_each(|(arg, shape)| arg.put(shape, heap, words))
        };
        let get = |shape: &Shape, heap: &dyn Values, words: &mut Words<'_>| {
            Value::get(&self.result, shape, heap, words)
        };
        self.handle.call(process, put, get)
    }
}
