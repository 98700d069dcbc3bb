//! Functions that write down where their calls stand (`abi::command`).

use crate::module::Numbers;
use abi::RtFn;
use abi::artifact::Loc;
use abi::module::Places;
use anyhow::Result;
use std::collections::BTreeMap;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};
use wasmparser::{FunctionBody, Operator};

/// The places of a program that its calls stand at.
pub struct Calls<'a> {
    places: &'a Places,
    used: Places,
    numbers: BTreeMap<u32, u32>,
}

/// What the functions refer to, by its number in the new module.
pub struct Names {
    /// Global: the address behind the words of active calls.
    pub top: u32,
    /// Global: where there is no room any more.
    pub end: u32,
    /// Function: says so.
    pub overflow: u32,
}

/// How a call of a program's function is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// By what stands behind it.
    Returns,
    /// By nothing.
    NeverReturns,
}

impl Callee {
    /// What a function of the runtime is, by its name.
    pub fn of_runtime(name: &str) -> Callee {
        let known = RtFn::ALL.iter().find(|function| function.name() == name);
        match known.is_some_and(|function| function.never_returns()) {
            true => Callee::NeverReturns,
            false => Callee::Returns,
        }
    }
}

const WORD: MemArg = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };

impl<'a> Calls<'a> {
    /// No calls yet.
    pub fn new(places: &'a Places) -> Calls<'a> {
        Calls { places, used: Places::default(), numbers: BTreeMap::new() }
    }

    /// The places that were named.
    pub fn into_places(self) -> Places {
        self.used
    }

    /// A function that does the same as a body of the program and writes down its calls. It has `params`
    /// parameters; `callee` knows functions by their number in the program.
    ///
    /// # Errors
    /// The body is malformed.
    pub fn function(
        &mut self,
        body: &FunctionBody<'_>,
        params: u32,
        callee: impl Fn(u32) -> Callee,
        names: &Names,
        reencode: &mut Numbers<'_>,
    ) -> Result<Function> {
        let called = |op: &Operator<'_>| match op {
            Operator::Call { function_index } => Some(callee(*function_index)),
            Operator::CallIndirect { .. } => Some(Callee::Returns),
            _ => None,
        };
        let ops = body.get_operators_reader()?.into_iter_with_offsets().collect::<Result<Vec<_>, _>>()?;
        let goes_on = ops.iter().any(|(op, _)| called(op) == Some(Callee::Returns));
        let mut locals = Vec::new();
        let mut word = params;
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            word += count;
            locals.push((count, reencode.val_type(ty)?));
        }
        if goes_on {
            locals.push((1, ValType::I32));
        }
        let mut function = Function::new(locals);
        if goes_on {
            self.enter(&mut function.instructions(), body, word, names);
        }
        // What the word says: none where ways meet.
        let mut written = None;
        let last = ops.len().saturating_sub(1);
        for (index, (op, offset)) in ops.into_iter().enumerate() {
            let mut sink = function.instructions();
            match called(&op) {
                Some(Callee::Returns) => {
                    let place = self.place(offset as u32);
                    if written != Some(place) {
                        sink.local_get(word).i32_const(place as i32).i32_store(WORD);
                        written = Some(place);
                    }
                }
                // The word of a function that goes on elsewhere is there already.
                Some(Callee::NeverReturns) if goes_on => {
                    let place = self.place(offset as u32);
                    sink.local_get(word).i32_const(place as i32).i32_store(WORD);
                }
                Some(Callee::NeverReturns) => {
                    let place = self.place(offset as u32);
                    sink.global_get(names.top).i32_const(place as i32).i32_store(WORD);
                    sink.global_get(names.top).i32_const(4).i32_add().global_set(names.top);
                }
                None => {}
            }
            let is_end = index == last && matches!(op, Operator::End);
            if goes_on && (is_end || matches!(op, Operator::Return)) {
                sink.local_get(word).global_set(names.top);
            }
            if matches!(
                op,
                Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::Else
                    | Operator::End
            ) {
                written = None;
            }
            function.instruction(&reencode.instruction(op)?);
        }
        Ok(function)
    }

    /// Takes a word for a function that calls.
    fn enter(&mut self, sink: &mut InstructionSink<'_>, body: &FunctionBody<'_>, word: u32, names: &Names) {
        sink.global_get(names.top).local_tee(word);
        let start = body.range().start as u32;
        let checked = self.places.checked.iter().find(|checked| checked.start == start);
        if let Some(loc) = checked.map(|checked| checked.loc) {
            let place = self.number(loc);
            sink.global_get(names.end).i32_ge_u().if_(BlockType::Empty);
            sink.i32_const(place as i32).call(names.overflow).unreachable().end();
            sink.local_get(word);
        }
        sink.i32_const(4).i32_add().global_set(names.top);
    }

    /// The place of an offset in the program's module.
    fn place(&mut self, offset: u32) -> u32 {
        match self.places.place(offset) {
            Some(loc) => self.number(loc),
            // Nothing stands there.
            None => u32::MAX,
        }
    }

    /// The new number of a place.
    fn number(&mut self, loc: u32) -> u32 {
        if let Some(&number) = self.numbers.get(&loc) {
            return number;
        }
        let old = &self.places.locs[loc as usize];
        let inlined_at = old.inlined_at.map(|outer| self.number(outer));
        let old = &self.places.locs[loc as usize];
        let path = &self.places.files[old.file as usize];
        let file = self.used.files.iter().position(|known| known == path).unwrap_or_else(|| {
            self.used.files.push(path.clone());
            self.used.files.len() - 1
        });
        self.used.locs.push(Loc { file: file as u32, inlined_at, ..old.clone() });
        let number = self.used.locs.len() as u32 - 1;
        self.numbers.insert(loc, number);
        number
    }
}
