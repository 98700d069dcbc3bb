//! Calls by number, expanded from the runtime table: a row without a method of its name and types does not compile.

use crate::{Host, Memory, Raised, Rt};
use abi::RtFn;

macro_rules! from_word {
    (I8, $word:expr) => {
        $word as u8
    };
    (I64, $word:expr) => {
        $word as i64
    };
    (F64, $word:expr) => {
        f64::from_bits($word)
    };
    (Any, $word:expr) => {
        $word
    };
    (OwnAny, $word:expr) => {
        $word
    };
    // I32, Ref, Own, Addr, Type
    ($other:ident, $word:expr) => {
        $word as u32
    };
}

macro_rules! to_word {
    ($result:expr) => {{
        let () = $result;
        0
    }};
    ($result:expr, I8) => {{
        let byte: u8 = $result;
        u64::from(byte)
    }};
    ($result:expr, I32) => {{
        let word: u32 = $result;
        u64::from(word)
    }};
    ($result:expr, Ref) => {{
        let object: u32 = $result;
        u64::from(object)
    }};
    ($result:expr, I64) => {{
        let word: i64 = $result;
        word as u64
    }};
    ($result:expr, F64) => {{
        let float: f64 = $result;
        float.to_bits()
    }};
    ($result:expr, Any) => {{
        let bits: u64 = $result;
        bits
    }};
}

macro_rules! dispatch {
    ($($(#[doc = $doc:literal])+ $name:ident($($param:ident: $kind:ident),*) $(-> $result:ident)?;)*) => {
        impl<M: Memory, H: Host> Rt<M, H> {
            fn dispatch(&mut self, function: RtFn, words: &[u64]) -> Result<u64, Raised> {
                match function {
                    $(RtFn::$name => {
                        let &[$($param),*] = words else { return Err(Raised::Internal) };
                        Ok(to_word!(self.$name($(from_word!($kind, $param)),*)? $(, $result)?))
                    })*
                }
            }
        }
    };
}
abi::for_each_runtime_fn!(dispatch);

impl<M: Memory, H: Host> Rt<M, H> {
    /// Calls a runtime function. Arguments and result are raw words: integers in the low bits, floats as bits; 0 where there
    /// is no result. Ownership is as the table says. After `Raised::NeedInput` nothing was consumed: call again.
    pub fn call(&mut self, function: RtFn, args: &[u64]) -> Result<u64, Raised> {
        self.dispatch(function, args)
    }
}
