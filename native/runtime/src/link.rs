//! What linking asks of a program's runtime, whatever its memory and its host.

use crate::Values;
use crate::{Host, Memory, Raised, Rt, RunError};
use abi::{TypeDesc, TypeId};

/// A program's types and objects, for a linker.
pub trait Objects: Values {
    /// Adds types; their ids count on from those that are there.
    ///
    /// # Errors
    /// What is wrong with them.
    fn add_types(&mut self, types: Vec<TypeDesc>) -> Result<(), String>;

    /// A text that lives as long as the instance.
    ///
    /// # Errors
    /// The memory limit was reached.
    fn immortal_text(&mut self, text: &str) -> Result<u32, Raised>;

    /// A new object with all leaves 0 and count 1.
    ///
    /// # Errors
    /// The memory limit was reached.
    fn new_object(&mut self, ty: TypeId) -> Result<u32, Raised>;

    /// What the program ends with.
    fn fail(&mut self, error: RunError) -> Raised;
}

impl<M: Memory, H: Host> Objects for Rt<M, H> {
    fn add_types(&mut self, types: Vec<TypeDesc>) -> Result<(), String> {
        Rt::add_types(self, types)
    }

    fn immortal_text(&mut self, text: &str) -> Result<u32, Raised> {
        Rt::immortal_text(self, text)
    }

    fn new_object(&mut self, ty: TypeId) -> Result<u32, Raised> {
        Rt::new_object(self, ty)
    }

    fn fail(&mut self, error: RunError) -> Raised {
        Rt::fail(self, error)
    }
}
