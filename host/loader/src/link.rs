//! Artifacts into one program: texts in the heap, types that are the same once, symbols with their places in the function table, variables with
//! their objects.
//!
//! The first artifact is the program as it starts. Each further one is checked as a whole before anything is changed. Then its code
//! is published, the entries of the functions that it brings are written, and what nothing leads to any more goes away: code without a function
//! that anybody can reach, places in the table that no code and no value names.

use crate::host_functions::{self, HostFunctions};
use crate::reload::{LinkError, Reload};
use crate::unify::unify;
use crate::value::Table;
use abi::artifact::{Artifact, HostFunction, SlotFill, Symbol, SymbolKind};
use abi::{TypeDesc, TypeId, context};
use exec::{PartId, Parts, Place, Region, Writable};
use runtime::{Objects, Raised};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Name and signature.
type Key = (Arc<str>, u64);

/// What artifacts of a program have in common.
pub struct Linker {
    texts: BTreeMap<Arc<str>, u32>,
    /// What the program may call, and by its number what it does call.
    functions: HostFunctions,
    called: Vec<host_functions::Linked>,
    types: Vec<TypeDesc>,
    globals: Option<u32>,
    code: BTreeMap<Key, Code>,
    /// Objects of variables that are symbols.
    variables: BTreeMap<Key, u32>,
    /// The artifacts, without their code.
    parts: BTreeMap<PartId, Artifact>,
    /// The artifact whose entry is still to be run.
    entry: Option<PartId>,
    /// Entries of the function table that were given out and are free again, by the length of the run.
    free: BTreeMap<u32, Vec<u32>>,
    /// Entries from here on were never given out.
    next: u32,
    table_len: u32,
}

/// The types of a program, which grow.
pub struct TypeTable<'a> {
    /// What is linked into it.
    pub linker: &'a mut Linker,
    /// Its runtime.
    pub rt: &'a mut dyn Objects,
}

impl Table for TypeTable<'_> {
    fn types(&self) -> &[TypeDesc] {
        self.linker.types()
    }

    fn find(&mut self, desc: TypeDesc) -> Result<TypeId, LinkError> {
        self.linker.type_of(desc, self.rt)
    }
}

/// A run of the function table.
struct Code {
    first: u32,
    len: u32,
    content: u64,
    /// Counts what was linked for it, from 1.
    version: u64,
    is_value: bool,
    /// The version of the program that was linked last has it.
    is_current: bool,
}

/// Code with its slots filled in, not yet executable.
pub struct Linked {
    /// The code pages.
    pub code: Region<Writable>,
    /// Offsets of the functions of the function table, from its first entry on.
    pub functions: Vec<u32>,
}

/// What a further artifact is to the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linking {
    /// The rest of its next version: what neither that names nor anybody else can reach goes away.
    Version,
    /// More of it: everything stays.
    Addition,
}

/// What an artifact needs and where it goes, decided before anything changes.
struct Plan {
    ids: Vec<TypeId>,
    added: Vec<TypeDesc>,
    /// By symbol: the first entry of its run, or nothing for a variable.
    entries: Vec<Option<u32>>,
    next: u32,
    taken: BTreeMap<u32, usize>,
}

impl Linker {
    /// Links the first artifact of a program, whose types the runtime has: type ids stay as they are.
    pub fn first(
        artifact: &Artifact,
        functions: HostFunctions,
        rt: &mut dyn Objects,
    ) -> Result<(Linker, Linked), LinkError> {
        let globals = artifact.globals.map(|ty| rt.new_object(ty)).transpose();
        let mut linker = Linker {
            texts: BTreeMap::new(),
            functions,
            called: Vec::new(),
            types: artifact.types.clone(),
            globals: globals.map_err(|_| LinkError::NoRoom("the program's variables"))?,
            code: BTreeMap::new(),
            variables: BTreeMap::new(),
            parts: BTreeMap::new(),
            entry: None,
            free: BTreeMap::new(),
            next: artifact.table.len() as u32,
            table_len: 1 << artifact.table_bits,
        };
        let ids = (0..artifact.types.len() as u32).map(TypeId).collect();
        let plan = linker.plan(artifact, ids, Vec::new())?;
        linker.find_host_functions(artifact, &plan, rt)?;
        linker.make_variables(artifact, &plan, rt)?;
        let code = linker.fill(artifact, &plan, rt)?;
        let offset = |func: &u32| artifact.funcs[*func as usize].offset;
        let mut functions: Vec<u32> = artifact.table.iter().map(offset).collect();
        for symbol in &artifact.symbols {
            // Nothing was given out before, so the runs stand in the order of the symbols.
            if let SymbolKind::Code(run) = &symbol.kind {
                functions.extend(run.iter().map(offset));
            }
        }
        linker.commit(artifact, plan, PartId::FIRST);
        Ok((linker, Linked { code, functions }))
    }

    /// Links a further artifact into a program that stands at a poll, or that no call is in. Functions that set new variables are left to be called
    /// later (`Parts::call_later`).
    pub fn further(
        &mut self,
        artifact: &Artifact,
        linking: Linking,
        rt: &mut dyn Objects,
        parts: &Parts,
    ) -> Result<Reload, LinkError> {
        let is_nothing = linking == Linking::Version && artifact.symbols.is_empty();
        if is_nothing || artifact.globals.is_some() || !artifact.table.is_empty() {
            return Err(LinkError::Whole);
        }
        let unified = unify(&self.types, &artifact.types);
        let plan = self.plan(artifact, unified.ids, unified.added)?;
        let mut report = self.compare(artifact);
        if let Some(name) = report.unset.first() {
            return Err(LinkError::Unset(name.clone()));
        }
        rt.add_types(plan.added.clone()).map_err(LinkError::Types)?;
        self.types.extend(plan.added.iter().cloned());
        self.find_host_functions(artifact, &plan, rt)?;
        let before: BTreeSet<Key> = self.variables.keys().cloned().collect();
        let placed = self.place_code(artifact, &plan, rt, parts);
        if placed.is_err() {
            // Variables that nothing sets must not be found there by the next version.
            let made: Vec<Key> = self.variables.keys().filter(|key| !before.contains(key)).cloned().collect();
            for object in made.iter().filter_map(|key| self.variables.remove(key)) {
                rt.release(object).map_err(|_| LinkError::NoRoom("the program's variables"))?;
            }
        }
        let part = placed?;
        let set = |(_, symbol): &(usize, &Symbol)| is_variable(symbol) && !before.contains(&key(symbol));
        let new = artifact.symbols.iter().enumerate().filter(set);
        let initialisers: BTreeSet<u32> = new.filter_map(|(index, _)| initialiser(artifact, index)).collect();
        let calls: Vec<u32> = initialisers.iter().filter_map(|&by| plan.entries[by as usize]).collect();
        if linking == Linking::Version {
            self.code.values_mut().for_each(|code| code.is_current = false);
        }
        self.commit(artifact, plan, part);
        if artifact.entry.is_some() && linking == Linking::Addition {
            self.entry = Some(part);
        }
        report.entry = self.entry;
        for entry in calls {
            if let Some(place) = parts.entry(entry) {
                parts.call_later(place);
            }
        }
        self.sweep(parts, &mut report);
        self.count(parts, &mut report);
        Ok(report)
    }

    /// Publishes the code of a further artifact and leads the function table to it.
    fn place_code(
        &mut self,
        artifact: &Artifact,
        plan: &Plan,
        rt: &mut dyn Objects,
        parts: &Parts,
    ) -> Result<PartId, LinkError> {
        self.make_variables(artifact, plan, rt)?;
        let code = self.fill(artifact, plan, rt)?;
        let code = code.publish().map_err(|error| LinkError::System(error.to_string()))?;
        let part = parts.add(code);
        let mut entries: Vec<(u32, Option<Place>)> = Vec::new();
        for (symbol, first) in artifact.symbols.iter().zip(&plan.entries) {
            if let (SymbolKind::Code(run), &Some(first)) = (&symbol.kind, first) {
                let place = |&func: &u32| Some((part, artifact.funcs[func as usize].offset));
                entries.extend((first..).zip(run.iter().map(place)));
            }
        }
        if let Err(error) = parts.set_entries(&entries) {
            parts.free(part);
            return Err(LinkError::System(error.to_string()));
        }
        Ok(part)
    }

    /// What the program has, for whoever compiles the next version.
    pub fn known(&self) -> Vec<(String, u64, u64)> {
        let code = self.code.iter().map(|(key, code)| (key, code.content));
        let variables = self.variables.keys().map(|key| (key, 0));
        let known = |((name, signature), content): (&Key, u64)| (name.to_string(), *signature, content);
        code.chain(variables).map(known).collect()
    }

    /// Functions of this name.
    pub fn functions(&self, name: &str) -> impl Iterator<Item = crate::Symbol> {
        let all = (Arc::from(name), 0)..=(Arc::from(name), u64::MAX);
        self.code.range(all).map(|(&(_, signature), code)| crate::Symbol {
            signature,
            version: code.version,
            entries: code.first..code.first + code.len,
        })
    }

    /// The entries of the function with this name and signature.
    pub fn function(&self, name: &str, signature: u64) -> Option<Range<u32>> {
        let code = self.code.get(&(Arc::from(name), signature))?;
        Some(code.first..code.first + code.len)
    }

    /// Name and signature of the function at an entry of the function table.
    pub fn symbol_at(&self, entry: u32) -> Option<(Arc<str>, u64)> {
        let found = self.code.iter().find(|(_, code)| (code.first..code.first + code.len).contains(&entry));
        found.map(|(key, _)| key.clone())
    }

    /// The entry of the artifact that was linked last has run, or never will.
    pub fn forget_entry(&mut self) {
        self.entry = None;
    }

    /// Takes symbols out: what nothing else reaches goes away. The objects of variables among them are the caller's to release.
    pub fn retire(&mut self, symbols: &BTreeSet<(String, u64)>, parts: &Parts) -> (Reload, Vec<u32>) {
        let mut report = Reload::default();
        let keys = symbols.iter().map(|(name, signature)| (Arc::from(name.as_str()), *signature));
        let keys: BTreeSet<Key> = keys.collect();
        for key in &keys {
            if let Some(code) = self.code.get_mut(key) {
                code.is_current = false;
            }
        }
        self.sweep(parts, &mut report);
        let used: BTreeSet<Key> = self.parts.values().flat_map(uses).collect();
        let gone = keys.difference(&used).filter_map(|key| self.variables.remove(key)).collect();
        self.count(parts, &mut report);
        (report, gone)
    }

    /// The number of a type, which is added where the program has none like it.
    pub fn type_of(&mut self, desc: TypeDesc, rt: &mut dyn Objects) -> Result<TypeId, LinkError> {
        if let Some(known) = self.types.iter().position(|known| *known == desc) {
            return Ok(TypeId(known as u32));
        }
        rt.add_types(vec![desc.clone()]).map_err(LinkError::Types)?;
        self.types.push(desc);
        Ok(TypeId(self.types.len() as u32 - 1))
    }

    /// The function of the host with this number.
    pub fn host_function(&self, number: u32) -> Result<&host_functions::Linked, Raised> {
        self.called.get(number as usize).ok_or(Raised::Internal)
    }

    /// What the runtime calls a type of the program, which is its number here.
    pub fn types(&self) -> &[TypeDesc] {
        &self.types
    }

    /// The artifact behind a part.
    pub fn artifact(&self, part: PartId) -> Option<&Artifact> {
        self.parts.get(&part)
    }

    /// Objects of variables, each with one count that the loader holds.
    pub fn variables(&self) -> Vec<u32> {
        self.globals.into_iter().chain(self.variables.values().copied()).collect()
    }

    /// The same, for the last time.
    pub fn take_variables(&mut self) -> Vec<u32> {
        let apart = std::mem::take(&mut self.variables).into_values();
        self.globals.take().into_iter().chain(apart).collect()
    }

    // -- steps -----------------------------------------------------------------------------------------------

    /// Where the artifact's symbols go; fails where one is missing or there is no room.
    fn plan(&self, artifact: &Artifact, ids: Vec<TypeId>, added: Vec<TypeDesc>) -> Result<Plan, LinkError> {
        let mut plan = Plan { ids, added, entries: Vec::new(), next: self.next, taken: BTreeMap::new() };
        for symbol in &artifact.symbols {
            let known = self.code.get(&key(symbol));
            let len = match &symbol.kind {
                SymbolKind::Code(run) => run.len() as u32,
                SymbolKind::Import(len) => *len,
                SymbolKind::Variable { .. } => {
                    plan.entries.push(None);
                    continue;
                }
            };
            let first = match known {
                Some(code) if code.len == len => code.first,
                Some(_) => return Err(LinkError::Clash(symbol.name.to_string())),
                None if matches!(symbol.kind, SymbolKind::Import(_)) => {
                    return Err(LinkError::Missing(symbol.name.to_string()));
                }
                None => self.place(&mut plan, len)?,
            };
            plan.entries.push(Some(first));
        }
        Ok(plan)
    }

    /// Entries for a run: some that are free again, else new ones.
    fn place(&self, plan: &mut Plan, len: u32) -> Result<u32, LinkError> {
        let taken = plan.taken.entry(len).or_default();
        let free = self.free.get(&len).and_then(|list| list.len().checked_sub(*taken + 1).map(|at| list[at]));
        if let Some(first) = free {
            *taken += 1;
            return Ok(first);
        }
        let first = plan.next;
        plan.next += len;
        let fits = plan.next <= self.table_len && self.table_len as usize <= context::FN_TABLE_LEN;
        if fits { Ok(first) } else { Err(LinkError::NoRoom("the functions of one more version")) }
    }

    /// Finds the functions of the host that an artifact calls, whose types the program has.
    fn find_host_functions(
        &mut self,
        artifact: &Artifact,
        plan: &Plan,
        rt: &mut dyn Objects,
    ) -> Result<(), LinkError> {
        for slot in &artifact.slots {
            let SlotFill::Host(HostFunction { name, frame }) = &slot.fill else { continue };
            let frame = plan.ids[frame.0 as usize];
            if !self.called.iter().any(|known| known.is(name, frame)) {
                let functions = self.functions.clone();
                let mut table = TypeTable { linker: self, rt };
                let found = host_functions::Linked::new(&functions, name, frame, &mut table)?;
                self.called.push(found);
            }
        }
        Ok(())
    }

    /// Makes objects for variables that are new.
    fn make_variables(
        &mut self,
        artifact: &Artifact,
        plan: &Plan,
        rt: &mut dyn Objects,
    ) -> Result<(), LinkError> {
        for symbol in &artifact.symbols {
            if let SymbolKind::Variable { ty, .. } = symbol.kind
                && !self.variables.contains_key(&key(symbol))
            {
                let object = rt.new_object(plan.ids[ty.0 as usize]);
                let object = object.map_err(|_| LinkError::NoRoom("the program's variables"))?;
                self.variables.insert(key(symbol), object);
            }
        }
        Ok(())
    }

    /// The code with its slots filled in.
    fn fill(
        &mut self,
        artifact: &Artifact,
        plan: &Plan,
        rt: &mut dyn Objects,
    ) -> Result<Region<Writable>, LinkError> {
        let system = |error: std::io::Error| LinkError::System(error.to_string());
        let mut code = Region::new(artifact.code.len()).map_err(system)?;
        code.bytes_mut()[..artifact.code.len()].copy_from_slice(&artifact.code);
        for slot in &artifact.slots {
            let word = match &slot.fill {
                SlotFill::Text(text) => match self.texts.get(text) {
                    Some(&at) => at,
                    None => {
                        let at = rt.immortal_text(text);
                        let at = at.map_err(|_| LinkError::NoRoom("the program's texts"))?;
                        self.texts.insert(text.clone(), at);
                        at
                    }
                },
                SlotFill::Type(ty) => plan.ids[ty.0 as usize].0,
                SlotFill::Table(index) => *index,
                SlotFill::Globals => self.globals.expect("decoding checked that there are globals"),
                SlotFill::Symbol(index) => match plan.entries[*index as usize] {
                    Some(first) => first,
                    None => self.variables[&key(&artifact.symbols[*index as usize])],
                },
                SlotFill::Host(HostFunction { name, frame }) => {
                    let frame = plan.ids[frame.0 as usize];
                    let number = self.called.iter().position(|known| known.is(name, frame));
                    number.expect("looked up before anything changed") as u32
                }
            };
            let at = slot.offset as usize;
            code.bytes_mut()[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        Ok(code)
    }

    /// Notes what was linked.
    fn commit(&mut self, artifact: &Artifact, plan: Plan, part: PartId) {
        self.next = plan.next;
        for (len, count) in plan.taken {
            if let Some(list) = self.free.get_mut(&len) {
                list.truncate(list.len() - count);
            }
        }
        for (symbol, first) in artifact.symbols.iter().zip(plan.entries) {
            let (Some(first), Some(len)) = (first, run_len(symbol)) else { continue };
            let known = self.code.get(&key(symbol));
            let is_value = known.is_some_and(|code| code.is_value) || symbol.is_value;
            let is_new = matches!(symbol.kind, SymbolKind::Code(_));
            let version = known.map_or(0, |code| code.version) + u64::from(is_new);
            // What is imported may have been left out there, and is what it is here.
            let content = known.filter(|_| !is_new).map_or(symbol.content, |code| code.content);
            let code = Code { first, len, content, version, is_value, is_current: true };
            self.code.insert(key(symbol), code);
        }
        self.parts.insert(part, Artifact { code: Vec::new(), ..artifact.clone() });
    }

    /// What changes with an artifact, by name.
    fn compare(&self, artifact: &Artifact) -> Reload {
        let mut report = Reload::default();
        let other = |name: &Arc<str>| (name.clone(), 0)..=(name.clone(), u64::MAX);
        for (index, symbol) in artifact.symbols.iter().enumerate() {
            let name = symbol.name.to_string();
            match &symbol.kind {
                SymbolKind::Code(_) if self.code.contains_key(&key(symbol)) => report.replaced.push(name),
                SymbolKind::Code(_) if self.code.range(other(&symbol.name)).next().is_some() => {
                    report.other_signature.push(name);
                }
                SymbolKind::Code(_) => report.added.push(name),
                SymbolKind::Import(_) => {}
                SymbolKind::Variable { .. } if self.variables.contains_key(&key(symbol)) => {}
                SymbolKind::Variable { .. } if initialiser(artifact, index).is_none() => {
                    report.unset.push(name)
                }
                SymbolKind::Variable { .. } => {
                    let retyped = self.variables.range(other(&symbol.name)).next().is_some();
                    if retyped { report.other_type.push(name) } else { report.added.push(name) }
                }
            }
        }
        report
    }

    // -- what nothing leads to -------------------------------------------------------------------------------

    /// Frees code and entries that are not reached: from code that runs, from values, from the version that was linked last.
    fn sweep(&mut self, parts: &Parts, report: &mut Reload) {
        let mut live: BTreeSet<PartId> = BTreeSet::new();
        let mut named: BTreeSet<Key> = BTreeSet::new();
        let roots = self.code.iter().filter(|(_, code)| code.is_current || code.is_value);
        let mut work: Vec<Key> = roots.map(|(key, _)| key.clone()).collect();
        let mut waiting: Vec<PartId> = parts.active().into_iter().chain(self.entry).collect();
        loop {
            if let Some(part) = waiting.pop() {
                if live.insert(part)
                    && let Some(artifact) = self.parts.get(&part)
                {
                    work.extend(uses(artifact));
                }
            } else if let Some(key) = work.pop() {
                if let Some(code) = self.code.get(&key)
                    && named.insert(key)
                {
                    let run = code.first..code.first + code.len;
                    waiting.extend(run.filter_map(|entry| parts.entry(entry)).map(|(part, _)| part));
                }
            } else {
                break;
            }
        }
        let dead: Vec<Key> = self.code.keys().filter(|key| !named.contains(key)).cloned().collect();
        let mut cleared = Vec::new();
        for key in &dead {
            if let Some(code) = self.code.get(key) {
                cleared.extend((code.first..code.first + code.len).map(|entry| (entry, None)));
            }
        }
        // Where the system refuses, everything stays for the next time.
        if !cleared.is_empty() && parts.set_entries(&cleared).is_err() {
            return;
        }
        for key in dead {
            if let Some(code) = self.code.remove(&key) {
                self.free.entry(code.len).or_default().push(code.first);
            }
        }
        self.parts.retain(|&part, _| live.contains(&part) || !parts.free(part));
        let stays = self.code.iter().filter(|(_, code)| !code.is_current && code.is_value);
        report.kept.extend(stays.map(|((name, _), _)| name.to_string()));
    }

    fn count(&self, parts: &Parts, report: &mut Reload) {
        report.parts = self.parts.len();
        report.code_bytes = parts.bytes();
        report.entries = self.code.values().map(|code| code.len).sum();
        report.types = self.types.len();
    }
}

fn key(symbol: &Symbol) -> Key {
    (symbol.name.clone(), symbol.signature)
}

fn run_len(symbol: &Symbol) -> Option<u32> {
    match &symbol.kind {
        SymbolKind::Code(run) => Some(run.len() as u32),
        SymbolKind::Import(len) => Some(*len),
        SymbolKind::Variable { .. } => None,
    }
}

/// The symbols that an artifact's code names.
fn uses(artifact: &Artifact) -> impl Iterator<Item = Key> + '_ {
    artifact.slots.iter().filter_map(|slot| match &slot.fill {
        SlotFill::Symbol(index) => Some(key(&artifact.symbols[*index as usize])),
        SlotFill::Text(_)
        | SlotFill::Type(_)
        | SlotFill::Table(_)
        | SlotFill::Globals
        | SlotFill::Host(_) => None,
    })
}

fn is_variable(symbol: &Symbol) -> bool {
    run_len(symbol).is_none()
}

fn initialiser(artifact: &Artifact, variable: usize) -> Option<u32> {
    match artifact.symbols[variable].kind {
        SymbolKind::Variable { initialiser, .. } => initialiser,
        SymbolKind::Code(_) | SymbolKind::Import(_) => None,
    }
}
