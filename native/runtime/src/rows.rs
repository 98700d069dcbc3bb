use crate::{Host, Memory, Raised, Rt};

macro_rules! param {
    (I8) => {
        u8
    };
    (I64) => {
        i64
    };
    (F64) => {
        f64
    };
    (Any) => {
        u64
    };
    (OwnAny) => {
        u64
    };
    // I32, Ref, Own, Addr, Type
    ($other:ident) => {
        u32
    };
}

macro_rules! result {
    () => {
        ()
    };
    ($kind:ident) => {
        param!($kind)
    };
}

macro_rules! rows {
    ($($(#[doc = $doc:literal])+ $name:ident($($param:ident: $kind:ident),*) $(-> $result:ident)?;)*) => {
        $(
            $(#[doc = $doc])+
            ///
            /// # Errors
            /// The function does not return to the program.
            #[inline]
            pub fn $name<M: Memory, H: Host>(
                rt: &mut Rt<M, H>,
                $($param: param!($kind),)*
            ) -> Result<result!($($result)?), Raised> {
                rt.$name($($param),*)
            }
        )*
    };
}
abi::for_each_runtime_fn!(rows);
