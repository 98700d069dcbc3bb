//! Instances that are made while their program runs.

use super::error::told;
use crate::{Instances, Known, Program};
use engine::questions::{InstanceOf, Instantiation};
use engine::{Diagnostic, KnownSymbol, Linkage, Session, Target};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What instantiation came to so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JitStats {
    /// Instances that were made because somebody asked for them.
    pub asked: u64,
    /// Instances that were made when the program called them first.
    pub at_first_call: u64,
    /// Those of both whose code the program had already.
    pub found: u64,
    /// Those that could not be made.
    pub failed: u64,
    /// Bytes of their artifacts.
    pub bytes: u64,
    /// Time that the compiler took.
    pub time: Duration,
}

/// Makes instances of the generic functions of modules: those that are asked for, and those that the program calls for the first time. Each is made once; one
/// that needs itself, by whatever way, is none the worse for it. What has no end, ever larger types, is an error that the compiler reports.
///
/// A handle: clones stand for the same modules.
#[derive(Clone)]
pub struct JitInstantiator {
    shared: Rc<RefCell<Shared>>,
}

struct Shared {
    target: Target,
    /// By path.
    modules: BTreeMap<String, Unit>,
    /// What the program has, in the order in which it came.
    known: Vec<KnownSymbol>,
    /// Counts how often something went away.
    epoch: u64,
    stats: JitStats,
}

/// A module with its compiler.
struct Unit {
    session: Session,
    linkage: Linkage,
    /// How much of what the program has the session knows, and of which epoch.
    knows: usize,
    epoch: u64,
    /// All that came with the module.
    symbols: BTreeSet<(String, u64)>,
}

/// The answer to a question for an instance.
pub enum Made {
    /// The instance, and the part of the program that has it; none where the program has it already.
    Instance(Box<engine::questions::Instance>, Option<Box<Program>>),
    /// The module has no function of this name.
    NotFound,
    /// Its type arguments are not determined. What the compiler says.
    Undetermined(String),
    /// It cannot be made. What the compiler says.
    Wrong(String),
}

/// Codes of the answers that say something else than that the question was wrong.
const UNKNOWN_FUNCTION: &str = "E1001";
const NOT_DETERMINED: &str = "E1009";

/// What a refusal says.
pub(super) fn judge(wrong: &[Diagnostic]) -> Made {
    let all = |code: &str| !wrong.is_empty() && wrong.iter().all(|found| found.code == code);
    if all(UNKNOWN_FUNCTION) {
        Made::NotFound
    } else if all(NOT_DETERMINED) {
        Made::Undetermined(told(wrong))
    } else {
        Made::Wrong(told(wrong))
    }
}

impl JitInstantiator {
    /// One without modules.
    pub fn new(target: Target) -> JitInstantiator {
        let shared = Shared {
            target,
            modules: BTreeMap::new(),
            known: Vec::new(),
            epoch: 0,
            stats: JitStats::default(),
        };
        JitInstantiator { shared: Rc::new(RefCell::new(shared)) }
    }

    /// Adds a module that was checked, whose part was linked. `linkage` is how its parts are cut. It takes the place of an earlier version, and has the
    /// symbols of that, too, until [`JitInstantiator::replace`].
    pub fn add(&self, path: &str, session: Session, linkage: Linkage, part: &Program) {
        let mut shared = self.shared.borrow_mut();
        shared.note(&part.symbols());
        let mut symbols = part.names();
        symbols.extend(shared.modules.remove(path).into_iter().flat_map(|old| old.symbols));
        // It knew what the program had, which is more now.
        let unit = Unit { session, linkage, knows: 0, epoch: shared.epoch, symbols };
        shared.modules.insert(path.to_owned(), unit);
    }

    /// Takes a module away; gives the symbols that came with it alone.
    pub fn remove(&self, path: &str) -> Option<BTreeSet<(String, u64)>> {
        let mut shared = self.shared.borrow_mut();
        let gone = shared.modules.remove(path)?.symbols;
        Some(shared.nobody_elses(gone))
    }

    /// Takes a module away and gives its compiler back.
    pub fn into_session(self, path: &str) -> Option<Session> {
        self.shared.borrow_mut().modules.remove(path).map(|unit| unit.session)
    }

    /// What goes away with a version of a module that has only these symbols: those that were its own before.
    pub fn replace(&self, path: &str, symbols: BTreeSet<(String, u64)>) -> BTreeSet<(String, u64)> {
        let mut shared = self.shared.borrow_mut();
        let Some(unit) = shared.modules.get_mut(path) else { return BTreeSet::new() };
        let old = std::mem::replace(&mut unit.symbols, symbols);
        shared.nobody_elses(old)
    }

    /// From now on the program has exactly this.
    pub fn reset(&self, known: Vec<Known>) {
        let mut shared = self.shared.borrow_mut();
        shared.known.clear();
        shared.epoch += 1;
        shared.note(&known);
    }

    /// A part was linked for a module.
    pub fn linked(&self, path: &str, part: &Program) {
        let mut shared = self.shared.borrow_mut();
        shared.note(&part.symbols());
        if let Some(unit) = shared.modules.get_mut(path) {
            unit.symbols.extend(part.names());
        }
    }

    /// Does something with the compiler of a module.
    pub fn with_session<T>(&self, path: &str, work: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.shared.borrow_mut().modules.get_mut(path).map(|unit| work(&mut unit.session))
    }

    /// Paths of the modules.
    pub fn modules(&self) -> Vec<String> {
        self.shared.borrow().modules.keys().cloned().collect()
    }

    /// What was done so far.
    pub fn stats(&self) -> JitStats {
        self.shared.borrow().stats
    }

    /// An instance of a function of a module.
    ///
    /// # Errors
    /// The compiler reached a limit, or has a bug; the module is of no use any more then.
    pub fn make(&self, path: &str, wanted: &InstanceOf) -> Result<Made, engine::Error> {
        let shared = &mut *self.shared.borrow_mut();
        let (target, started) = (shared.target, Instant::now());
        let Some(unit) = shared.synced(path)? else { return Ok(Made::NotFound) };
        let made = unit.session.instantiate(wanted, target)?;
        shared.stats.time += started.elapsed();
        let made = shared.judge(made);
        shared.stats.asked += u64::from(matches!(made, Made::Instance(..)));
        Ok(made)
    }
}

impl Shared {
    /// The program has more than before.
    fn note(&mut self, symbols: &[Known]) {
        let symbol = |(name, signature, content): &Known| KnownSymbol {
            name: name.clone(),
            signature: *signature,
            content: *content,
        };
        self.known.extend(symbols.iter().map(symbol));
    }

    fn nobody_elses(&self, mut symbols: BTreeSet<(String, u64)>) -> BTreeSet<(String, u64)> {
        for unit in self.modules.values() {
            symbols.retain(|symbol| !unit.symbols.contains(symbol));
        }
        symbols
    }

    /// A module whose compiler knows what the program has.
    fn synced(&mut self, path: &str) -> Result<Option<&mut Unit>, engine::Error> {
        let Some(unit) = self.modules.get_mut(path) else { return Ok(None) };
        if unit.epoch != self.epoch {
            unit.linkage.known.clone_from(&self.known);
            unit.session.make_reloadable(&unit.linkage)?;
        } else if unit.knows < self.known.len() {
            unit.session.add_known(&self.known[unit.knows..])?;
        }
        (unit.knows, unit.epoch) = (self.known.len(), self.epoch);
        Ok(Some(unit))
    }

    fn judge(&mut self, made: Instantiation) -> Made {
        let made = match made {
            Instantiation::Made(instance) => match instance.artifact.as_deref().map(Program::load) {
                Some(Ok(part)) => {
                    self.stats.bytes += instance.artifact.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    Made::Instance(Box::new(instance), Some(Box::new(part)))
                }
                Some(Err(wrong)) => Made::Wrong(wrong.to_string()),
                None => {
                    self.stats.found += 1;
                    Made::Instance(Box::new(instance), None)
                }
            },
            Instantiation::Wrong(wrong) => judge(&wrong),
        };
        self.stats.failed += u64::from(matches!(made, Made::Wrong(_)));
        made
    }

    /// The part with the function behind a symbol, from the first module that has it.
    fn at_first_call(&mut self, name: &str, signature: u64) -> Result<Program, String> {
        let symbol = (name.to_owned(), signature);
        let owners = self.modules.iter().filter(|(_, unit)| unit.symbols.contains(&symbol));
        let owners: Vec<String> = owners.map(|(path, _)| path.clone()).collect();
        let (target, started) = (self.target, Instant::now());
        let mut wrong = "no module has it".to_owned();
        for path in owners {
            let Some(unit) = self.synced(&path).map_err(|error| error.to_string())? else { continue };
            let made = unit.session.instantiate_symbol(name, signature, target);
            self.stats.time += started.elapsed();
            match self.judge(made.map_err(|error| error.to_string())?) {
                Made::Instance(_, Some(part)) => {
                    self.stats.at_first_call += 1;
                    if let Some(unit) = self.modules.get_mut(&path) {
                        unit.symbols.extend(part.names());
                    }
                    return Ok(*part);
                }
                Made::Instance(_, None) | Made::NotFound => {}
                Made::Undetermined(what) | Made::Wrong(what) => wrong = what,
            }
        }
        Err(wrong)
    }
}

impl Instances for JitInstantiator {
    fn make(&mut self, name: &str, signature: u64) -> Result<Program, String> {
        self.shared.borrow_mut().at_first_call(name, signature)
    }

    fn linked(&mut self, symbols: &[Known]) {
        self.shared.borrow_mut().note(symbols);
    }
}
