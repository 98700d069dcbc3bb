//! The state of one program instance, and what engines and loaders do with it.

use crate::heap::{Heap, Stats};
use crate::memory::Access;
use crate::types::Types;
use crate::{Host, Memory, Raised, RunError};
use abi::types::CheckedTypes;
use abi::{ErrorKind, TypeDesc, TypeId};

/// The runtime of one program instance.
pub struct Rt<M, H> {
    pub(crate) heap: Heap<M>,
    pub(crate) types: Types,
    pub(crate) host: H,
    pub(crate) error: Option<RunError>,
    /// Immortal texts of one ASCII character, made when first asked for.
    pub(crate) ascii: [u32; 128],
    /// The immortal empty text.
    pub(crate) empty: u32,
    pub(crate) found: crate::dict::Found,
    /// The prompt of a pending `input` was written.
    pub(crate) prompted: bool,
    /// Why the shim of a runtime function left the program.
    #[cfg(feature = "native")]
    pub(crate) failure: Option<Raised>,
    /// What the host does when it is asked to.
    #[cfg(feature = "native")]
    service: Option<Box<dyn crate::native::Service<M, H>>>,
}

/// What stands in a region before its heap begins.
#[derive(Clone, Copy, Debug)]
pub struct Statics {
    /// Offset behind immortal objects, a multiple of 8.
    pub end: u32,
    /// A first object of this type is to stand there.
    pub globals: Option<TypeId>,
}

impl<M, H> std::fmt::Debug for Rt<M, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rt").finish_non_exhaustive()
    }
}

impl<M: Memory, H: Host> Rt<M, H> {
    /// A runtime over an empty region. `types` begins with `abi::types::well_known()`.
    pub fn new(memory: M, host: H, types: Vec<TypeDesc>) -> Result<Rt<M, H>, String> {
        let statics = Statics { end: abi::context::HEAP_START, globals: None };
        let types = CheckedTypes::check(types).map_err(|wrong| wrong.to_string())?;
        Rt::with_statics(memory, host, types, statics)
    }

    /// The same over a region in which objects stand already.
    pub fn with_statics(
        memory: M,
        host: H,
        types: CheckedTypes,
        statics: Statics,
    ) -> Result<Rt<M, H>, String> {
        let table = Types::new(types)?;
        let no_room = || "the memory limit leaves no room for a heap".to_string();
        let heap = Heap::new(memory, statics.end).map_err(|_| no_room())?;
        let mut rt = Rt {
            heap,
            types: table,
            host,
            error: None,
            ascii: [0; 128],
            empty: 0,
            found: crate::dict::Found::default(),
            prompted: false,
            #[cfg(feature = "native")]
            failure: None,
            #[cfg(feature = "native")]
            service: None,
        };
        if let Some(globals) = statics.globals {
            let at = rt.new_object(globals).map_err(|_| no_room())?;
            if at != statics.end {
                return Err("the globals do not stand behind the constants".to_string());
            }
        }
        rt.empty = rt.immortal_text("").map_err(|_| no_room())?;
        Ok(rt)
    }

    /// From now on this is asked at polls, once somebody has requested it.
    #[cfg(feature = "native")]
    pub fn set_service(&mut self, service: Box<dyn crate::native::Service<M, H>>) {
        self.service = Some(service);
    }

    /// Adds the types of an artifact that is linked later. Their ids count on from those that are there.
    pub fn add_types(&mut self, types: Vec<TypeDesc>) -> Result<(), String> {
        self.types.add(types)
    }

    /// Number of types: the id that the next one gets.
    pub fn type_count(&self) -> u32 {
        self.types.len()
    }

    /// What a type is.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn type_desc(&self, ty: TypeId) -> Result<&TypeDesc, Raised> {
        Ok(&self.types.get(ty)?.desc)
    }

    /// The region.
    pub fn memory(&self) -> &M {
        &self.heap.mem
    }

    /// The region. Engines write fields and elements here.
    pub fn memory_mut(&mut self) -> &mut M {
        &mut self.heap.mem
    }

    /// The world.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// The world.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// What the heap did and holds.
    pub fn stats(&self) -> Stats {
        self.heap.stats
    }

    /// The work that calls did since the last time, in units of about an instruction of the interpreter.
    #[inline]
    pub fn take_work(&mut self) -> u64 {
        self.heap.meter.take()
    }

    /// From now on, a call that does more work than this is out of fuel.
    pub fn limit_work(&mut self, units: u64) {
        self.heap.meter.set_limit(units);
    }

    /// A text that lives as long as the instance, such as a literal.
    pub fn immortal_text(&mut self, text: &str) -> Result<u32, Raised> {
        let at = self.alloc_text(text.as_bytes())?;
        self.heap.make_immortal(at, &self.types)?;
        Ok(at)
    }

    /// A new object of a type with all leaves 0 and count 1.
    pub fn new_object(&mut self, ty: TypeId) -> Result<u32, Raised> {
        self.rt_object_new(ty.0)
    }

    /// A new text with count 1.
    pub fn new_text(&mut self, text: &str) -> Result<u32, Raised> {
        self.text_from(text.as_bytes())
    }

    /// The characters of a text.
    pub fn text(&self, at: u32) -> Result<&str, Raised> {
        self.str_of(at)
    }

    /// One more owner; nothing for nil.
    #[inline]
    pub fn retain(&mut self, object: u32) -> Result<(), Raised> {
        self.heap.retain(object)
    }

    /// One owner less; frees the object with the last one. Nothing for nil. May collect cycles.
    #[inline]
    pub fn release(&mut self, object: u32) -> Result<(), Raised> {
        self.heap.release(object, &self.types)?;
        self.heap.collect_if_due(&self.types)
    }

    /// True if the object has exactly one owner.
    #[inline]
    pub fn is_unique(&self, object: u32) -> Result<bool, Raised> {
        self.heap.is_unique(object)
    }

    /// Reads `N` bytes; an internal error outside of the region.
    #[inline]
    pub fn load<const N: usize>(&self, at: u32) -> Result<[u8; N], Raised> {
        self.heap.mem.array(at)
    }

    /// Writes `N` bytes; an internal error outside of the region.
    #[inline]
    pub fn store<const N: usize>(&mut self, at: u32, bytes: [u8; N]) -> Result<(), Raised> {
        self.heap.mem.set_array(at, bytes)
    }

    /// Frees all dead cycles. Called when the program has ended and its globals are released.
    pub fn collect(&mut self) -> Result<(), Raised> {
        self.heap.collect(&self.types)
    }

    /// What happened, after a failure.
    pub fn take_error(&mut self, raised: Raised) -> RunError {
        let stored = self.error.take();
        match raised {
            Raised::Error => stored.unwrap_or_else(|| RunError::new(ErrorKind::Internal, "internal error")),
            Raised::NeedInput => RunError::new(ErrorKind::Internal, "input is pending where nobody can wait"),
            Raised::Internal => {
                RunError::new(ErrorKind::Internal, "the runtime was given what no program has")
            }
            Raised::OutOfMemory => {
                let limit = self.heap.mem.limit();
                RunError::new(ErrorKind::OutOfMemory, format!("out of memory: the limit is {limit} bytes"))
            }
            Raised::Interrupted => RunError::with_args(ErrorKind::Interrupted, 0, 0),
            Raised::OutOfFuel => RunError::with_args(ErrorKind::OutOfFuel, 0, 0),
        }
    }

    pub(crate) fn raise<T>(&mut self, error: RunError) -> Result<T, Raised> {
        Err(self.fail(error))
    }

    pub(crate) fn fail(&mut self, error: RunError) -> Raised {
        self.error = Some(error);
        Raised::Error
    }

    pub(crate) fn raise_index<T>(&mut self, index: i64, len: u64) -> Result<T, Raised> {
        self.raise(RunError::with_args(ErrorKind::IndexOutOfRange, index, len as i64))
    }

    pub(crate) fn raise_invalid<T>(&mut self, message: impl Into<String>) -> Result<T, Raised> {
        self.raise(RunError::new(ErrorKind::InvalidArgument, message))
    }

    pub(crate) fn raise_type<T>(&mut self, message: impl Into<String>) -> Result<T, Raised> {
        self.raise(RunError::new(ErrorKind::DynamicType, message))
    }

    pub(crate) fn release_quietly(&mut self, object: u32) -> Result<(), Raised> {
        self.heap.release(object, &self.types)
    }

    /// What the host has to do at a poll. The answer is the address of a function to call, or 0.
    #[cfg(feature = "native")]
    pub(crate) fn serve(&mut self, asked: bool) -> Result<i64, Raised> {
        let Some(mut service) = self.service.take() else { return Ok(0) };
        let served = if asked { service.serve(self) } else { Ok(()) };
        let next = service.next_call();
        self.service = Some(service);
        served?;
        Ok(next.map_or(0, |callee| callee.address() as i64))
    }

    /// Without machine code there is nothing to replace.
    #[cfg(not(feature = "native"))]
    pub(crate) fn serve(&mut self, _asked: bool) -> Result<i64, Raised> {
        Ok(0)
    }

    /// Has the host put a function into an entry of the function table.
    #[cfg(feature = "native")]
    pub(crate) fn instantiate(&mut self, entry: u32) -> Result<(), Raised> {
        let Some(mut service) = self.service.take() else { return Err(Raised::Internal) };
        let made = service.instantiate(self, entry);
        self.service = Some(service);
        made
    }

    /// Without machine code nothing is left out.
    #[cfg(not(feature = "native"))]
    pub(crate) fn instantiate(&mut self, _entry: u32) -> Result<(), Raised> {
        Err(Raised::Internal)
    }

    /// Has the host call one of its functions.
    #[cfg(feature = "native")]
    pub(crate) fn call_host(&mut self, function: u32, frame: u32) -> Result<(), Raised> {
        let Some(mut service) = self.service.take() else { return Err(Raised::Internal) };
        let called = service.call_host(self, function, frame);
        self.service = Some(service);
        called
    }

    /// Only machine code has functions of its host.
    #[cfg(not(feature = "native"))]
    pub(crate) fn call_host(&mut self, _function: u32, _frame: u32) -> Result<(), Raised> {
        Err(Raised::Internal)
    }

    // -- rows of the table: objects -----------------------------------------------------------------

    pub(crate) fn rt_object_new(&mut self, ty: u32) -> Result<u32, Raised> {
        let ty = TypeId(ty);
        match &self.types.get(ty)?.layout {
            crate::types::Layout::Plain { size, .. } => {
                let size = u64::from(*size);
                let at = self.heap.new_object(size, ty)?;
                // Blocks have whole words, and the fewest objects have many.
                let mut next = at + 8;
                while u64::from(next - at) < size {
                    self.heap.mem.set_u64(next, 0)?;
                    next += 8;
                }
                Ok(at)
            }
            crate::types::Layout::Array(_) => self.rt_array_new(ty.0, 0),
            crate::types::Layout::Dict(_) => self.rt_dict_new(ty.0),
            crate::types::Layout::Text => Ok(self.empty),
            crate::types::Layout::None => Err(Raised::Internal),
        }
    }

    pub(crate) fn rt_free_rare(&mut self, object: u32) -> Result<(), Raised> {
        self.rt_free(object)
    }

    pub(crate) fn rt_free(&mut self, object: u32) -> Result<(), Raised> {
        self.heap.free(object, &self.types)?;
        self.heap.collect_if_due(&self.types)
    }

    pub(crate) fn rt_cycle_root(&mut self, object: u32) -> Result<(), Raised> {
        let count = self.heap.mem.u32(object)?;
        if count & crate::count::IMMORTAL_BIT != 0 {
            return Ok(());
        }
        let type_word = self.heap.mem.u32(object.saturating_add(abi::object::TYPE))?;
        if !self.types.of_word(type_word)?.desc.may_cycle {
            return Ok(());
        }
        self.heap.note_root(object, type_word)?;
        self.heap.collect_if_due(&self.types)
    }

    pub(crate) fn rt_unique(&mut self, object: u32) -> Result<u32, Raised> {
        if self.heap.is_unique(object)? {
            return Ok(object);
        }
        let copy = self.heap.copy_object(object, &self.types)?;
        self.heap.release(object, &self.types)?;
        Ok(copy)
    }

    pub(crate) fn rt_any_retain(&mut self, value: u64) -> Result<(), Raised> {
        self.heap.retain(crate::count::any_object(value))
    }

    pub(crate) fn rt_any_release(&mut self, value: u64) -> Result<(), Raised> {
        self.release(crate::count::any_object(value))
    }
}
