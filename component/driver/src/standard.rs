//! The standard library as the component carries it: compiled. What every program has is one library, each module that is used by name another.

use base::Cx;
use mir::library::{Parts, Templates, Trust};
use sema::hir::{ModuleId, Program};
use sema::library::{Identity, Malformed};
use std::collections::{BTreeSet, HashMap};

include!("standard/identity.rs");

/// What every program has.
const PRELUDE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/std.library"));

/// A compiled module.
struct Module {
    name: &'static str,
    /// The path of its file, as messages name it; its text is not kept.
    path: &'static str,
    /// The modules that it uses, itself or through others.
    uses: &'static [&'static str],
    library: &'static [u8],
}

/// Each behind those that it uses.
const MODULES: &[Module] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// The names of all modules.
pub(crate) fn names() -> Vec<&'static str> {
    MODULES.iter().map(|module| module.name).collect()
}

/// True for a file of the standard library, by its path.
pub(crate) fn is_file(path: &str) -> bool {
    stdlib::SOURCES.iter().any(|(known, _)| *known == path)
        || MODULES.iter().any(|module| module.path == path)
}

/// The module that a library names.
pub(crate) fn module_of(identity: Identity) -> Option<&'static str> {
    MODULES.iter().map(|module| module.name).find(|name| identity_of(name) == identity)
}

/// Reads into an empty program what every program has and the modules of the given names, with those that they use.
pub(crate) fn read(
    cx: &mut Cx,
    program: &mut Program,
    templates: &mut Templates,
    wanted: &BTreeSet<&str>,
) -> Result<HashMap<&'static str, ModuleId>, Malformed> {
    let mut add = |cx: &mut Cx, added: (Identity, &str), bytes, texts: &[(&str, &str)]| {
        let parts = Parts::from_bytes(bytes)?;
        mir::library::read(cx, program, templates, added, parts, Trust::Own, texts)?;
        Ok(program.modules.ids().next_back())
    };
    add(cx, (STD_IDENTITY, "std"), PRELUDE, stdlib::SOURCES)?;
    let mut read = HashMap::new();
    for module in MODULES {
        let is_wanted = |name: &&str| {
            let by = |other: &Module| other.uses.contains(name) && wanted.contains(other.name);
            wanted.contains(name) || MODULES.iter().any(by)
        };
        if !is_wanted(&module.name) {
            continue;
        }
        let id = add(cx, (identity_of(module.name), module.path), module.library, &[])?;
        read.extend(id.map(|id| (module.name, id)));
    }
    Ok(read)
}
