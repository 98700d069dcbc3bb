//! The code of a program instance: regions that were published one after the other, and the function table that leads into them.
//!
//! A region goes away once nothing leads into it any more: no entry of the table, no return address on the program's stack, no call that is still to be
//! made. All of these are known here, so that freeing code needs no trust in whoever asks for it.

use crate::call::no_function;
use crate::code::{Executable, Region};
use crate::space::Context;
use crate::stack::Stack;
use crate::walk::walk;
use runtime::native::Callee;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::rc::Rc;

/// A region of code of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct PartId(u32);

impl PartId {
    /// The region that an instance is made with.
    pub const FIRST: PartId = PartId(0);
}

/// A place in the code: a region, and the offset of an instruction in it.
pub type Place = (PartId, u32);

/// The code of an instance. A handle: clones stand for the same code.
#[derive(Clone, Debug)]
pub struct Parts {
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    context: Context,
    stack: Stack,
    code: RefCell<Code>,
    /// Calls from the host that the program is in.
    depth: Cell<u32>,
}

#[derive(Debug)]
struct Code {
    regions: BTreeMap<PartId, Region<Executable>>,
    next: u32,
    /// What the function table holds; none where no function is.
    entries: Vec<Option<Place>>,
    calls: VecDeque<Place>,
}

impl Parts {
    pub(crate) fn new(context: Context, stack: Stack, first: Region<Executable>) -> Parts {
        let regions = BTreeMap::from([(PartId::FIRST, first)]);
        let code = Code { regions, next: 1, entries: Vec::new(), calls: VecDeque::new() };
        Parts { shared: Rc::new(Shared { context, stack, code: RefCell::new(code), depth: Cell::new(0) }) }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.shared.context
    }

    pub(crate) fn stack(&self) -> &Stack {
        &self.shared.stack
    }

    /// Fills the tables for the first time: `runtime` and, from the offsets in the first region, `len` entries for functions.
    pub(crate) fn set_tables(&self, runtime: &[u64], functions: &[u32], len: usize) -> io::Result<()> {
        let mut code = self.shared.code.borrow_mut();
        code.entries = functions.iter().map(|&offset| Some((PartId::FIRST, offset))).collect();
        code.entries.resize(len, None);
        let addresses: Vec<u64> = code.entries.iter().map(|&entry| code.entry_address(entry)).collect();
        self.shared.context.set_tables(runtime, &addresses)
    }

    /// Adds published code.
    pub fn add(&self, region: Region<Executable>) -> PartId {
        let mut code = self.shared.code.borrow_mut();
        let id = PartId(code.next);
        code.next += 1;
        code.regions.insert(id, region);
        id
    }

    /// Writes entries of the function table; none takes a function out. The program must not be running elsewhere, and is not: it runs on the thread that has
    /// this handle.
    ///
    /// # Errors
    /// What the operating system says; nothing was changed then.
    ///
    /// # Panics
    /// For an index that the table of this program does not have, or a place outside of its code.
    pub fn set_entries(&self, entries: &[(u32, Option<Place>)]) -> io::Result<()> {
        let mut code = self.shared.code.borrow_mut();
        let words: Vec<(u32, u64)> =
            entries.iter().map(|&(index, place)| (index, code.entry_address(place))).collect();
        assert!(
            words.iter().all(|&(index, _)| (index as usize) < code.entries.len()),
            "an entry of the table"
        );
        self.shared.context.set_functions(&words)?;
        for &(index, place) in entries {
            code.entries[index as usize] = place;
        }
        Ok(())
    }

    /// The program calls this function, `() -> ()`, before it goes on from the poll at which it stands; where it stands at none, whoever has it takes
    /// the call ([`Parts::take_call`]).
    ///
    /// # Panics
    /// For a place outside of the code.
    pub fn call_later(&self, place: Place) {
        let mut code = self.shared.code.borrow_mut();
        code.address(place).expect("a place in the code");
        code.calls.push_back(place);
    }

    /// The next of the calls that are to be made.
    pub fn take_call(&self) -> Option<Place> {
        self.shared.code.borrow_mut().calls.pop_front()
    }

    /// True while there are calls to be made.
    pub(crate) fn has_calls(&self) -> bool {
        !self.shared.code.borrow().calls.is_empty()
    }

    /// What stands in an entry of the function table.
    pub fn entry(&self, index: u32) -> Option<Place> {
        self.shared.code.borrow().entries.get(index as usize).copied().flatten()
    }

    /// The program is entered, until the value is dropped.
    pub(crate) fn enter(&self) -> impl Drop + use<> {
        self.shared.depth.set(self.shared.depth.get() + 1);
        Entered(self.shared.clone())
    }

    /// Regions that the program is in: a return address on its stack leads there, or a call that is still to be made. Between calls its stack holds nothing but
    /// what earlier ones left.
    pub fn active(&self) -> BTreeSet<PartId> {
        let calls: Vec<PartId> = self.shared.code.borrow().calls.iter().map(|&(part, _)| part).collect();
        let frames = if self.shared.depth.get() > 0 { self.return_places() } else { Vec::new() };
        frames.into_iter().map(|(part, _)| part).chain(calls).collect()
    }

    /// Frees a region that nothing leads into; false where something does.
    pub fn free(&self, part: PartId) -> bool {
        let is_active = self.active().contains(&part);
        let mut code = self.shared.code.borrow_mut();
        let is_used = is_active || code.entries.iter().flatten().any(|&(other, _)| other == part);
        !is_used && code.regions.remove(&part).is_some()
    }

    /// Bytes of all regions.
    pub fn bytes(&self) -> u64 {
        let code = self.shared.code.borrow();
        code.regions.values().map(|region| region.addresses().end - region.addresses().start).sum()
    }

    /// The address of a place, where its region is still there.
    pub(crate) fn address(&self, place: Place) -> Option<u64> {
        self.shared.code.borrow().address(place)
    }

    /// The next function to call at a poll.
    pub(crate) fn next_call(&self) -> Option<Callee> {
        let place = self.take_call()?;
        let address = self.address(place)?;
        // SAFETY: a place in published code (`call_later` checked) at which, by what is trusted of whoever loads code, such a function begins. The
        // program calls it next, and from then on a return address into its region is on the stack whenever something else runs.
        #[allow(unsafe_code)]
        Some(unsafe { Callee::new(address) })
    }

    /// Places to which the frames on the program's stack return, innermost first.
    pub(crate) fn return_places(&self) -> Vec<Place> {
        let code = self.shared.code.borrow();
        let addresses = walk(&self.shared.context, &self.shared.stack);
        addresses.into_iter().filter_map(|address| code.place(address)).collect()
    }
}

/// One call less when it is dropped.
struct Entered(Rc<Shared>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

impl Code {
    fn address(&self, (part, offset): Place) -> Option<u64> {
        Some(self.regions.get(&part)?.address(offset))
    }

    fn entry_address(&self, entry: Option<Place>) -> u64 {
        match entry {
            Some(place) => self.address(place).expect("a place in the code"),
            None => no_function as *const () as u64,
        }
    }

    fn place(&self, address: u64) -> Option<Place> {
        let mut regions = self.regions.iter();
        let (&part, region) = regions.find(|(_, region)| region.addresses().contains(&address))?;
        Some((part, (address - region.addresses().start) as u32))
    }
}
