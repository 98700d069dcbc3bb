//! Compiles the standard library: the component carries it as libraries and never reads its source at start.

use base::{Budget, Cx};
use mir::library::{Parts, Templates, Trust};
use sema::hir::{ModuleId, Program};
use sema::modules::{Import, Wanted, wanted};
use sema::{Role, Source};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

include!("src/standard/identity.rs");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/standard/identity.rs");
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("Cargo names the folder"));
    let Some(prelude) = prelude() else { return };
    std::fs::write(folder.join("std.library"), &prelude).expect("a writable folder");
    let mut made: Vec<Made> = Vec::new();
    let mut table = String::from("&[\n");
    for module in stdlib::MODULES {
        let Some(library) = compile(module, &prelude, &made) else { return };
        let file = format!("{}.library", module.name);
        std::fs::write(folder.join(&file), &library.bytes).expect("a writable folder");
        let (name, uses) = (module.name, &library.uses);
        let path = module.path;
        writeln!(
            table,
            "Module {{ name: {name:?}, path: {path:?}, uses: &{uses:?}, library: include_bytes!({file:?}) }},"
        )
        .expect("a text can be written to");
        made.push(library);
    }
    table.push(']');
    std::fs::write(folder.join("modules.rs"), table).expect("a writable folder");
}

/// A compiled module.
struct Made {
    name: &'static str,
    /// The modules that it uses, itself or through others.
    uses: Vec<&'static str>,
    bytes: Vec<u8>,
}

fn context() -> Cx {
    Cx { budget: Budget::new(u64::MAX), ..Cx::default() }
}

/// What every program has.
fn prelude() -> Option<Vec<u8>> {
    let mut cx = context();
    let program = sema::check_std(&mut cx, stdlib::SOURCES).expect("there is no limit");
    written(&mut cx, &program)
}

fn compile(module: &stdlib::Module, prelude: &[u8], made: &[Made]) -> Option<Made> {
    let mut cx = context();
    let file = cx.sources.add(module.path, module.text);
    let tree = syntax::parse(&mut cx, file);
    let wanted: Vec<Wanted> = tree.uses.iter().map(|line| wanted(&cx.names, module.path, "", line)).collect();
    let mut uses = Vec::new();
    for wanted in &wanted {
        if let Wanted::Standard(name) = wanted
            && let Some(used) = made.iter().find(|made| made.name == name)
        {
            uses.extend(used.uses.iter().copied().chain([used.name]));
        }
    }
    let mut program = Program::default();
    read(&mut cx, &mut program, (STD_IDENTITY, "std"), prelude);
    let mut ids: HashMap<&str, ModuleId> = HashMap::new();
    let used: Vec<&Made> = made.iter().filter(|made| uses.contains(&made.name)).collect();
    for used in &used {
        read(&mut cx, &mut program, (identity_of(used.name), used.name), &used.bytes);
        ids.extend(program.modules.ids().next_back().map(|id| (used.name, id)));
    }
    let imports: Vec<Import> = wanted
        .iter()
        .map(|wanted| match wanted {
            Wanted::Nothing => Import::Nothing,
            Wanted::Standard(name) => match ids.get(name.as_str()) {
                Some(&id) => Import::Standard(id),
                None if stdlib::is_part(name) => Import::Prelude,
                None => Import::NotStandard(made.iter().map(|made| made.name).collect()),
            },
            Wanted::Files(paths) => Import::Missing(paths.clone()),
        })
        .collect();
    let path = format!("std.{}", module.name);
    let files = std::slice::from_ref(&tree);
    let source = Source { path: &path, files, imports: &imports, role: Role::Standard };
    sema::check_module(&mut cx, &mut program, &source).expect("there is no limit");
    let uses = used.iter().map(|used| used.name).collect();
    Some(Made { name: module.name, uses, bytes: written(&mut cx, &program)? })
}

fn read(cx: &mut Cx, program: &mut Program, added: (sema::library::Identity, &str), bytes: &[u8]) {
    let parts = Parts::from_bytes(bytes).expect("it was written a moment ago");
    mir::library::read(cx, program, &mut Templates::default(), added, parts, Trust::Own, &[])
        .expect("it was written a moment ago");
}

/// The library that a program without errors is.
fn written(cx: &mut Cx, program: &Program) -> Option<Vec<u8>> {
    for found in cx.diags.list() {
        let place = cx.sources.line_col(found.primary.span);
        let path = &cx.sources.file(found.primary.span.file).path;
        println!("cargo::error={path}:{}:{}: {}", place.line, place.column, found.message);
        found.help.iter().for_each(|help| println!("cargo::error=  {help}"));
    }
    if cx.diags.has_errors() {
        return None;
    }
    let parts = mir::library::write(cx, program, sema::library::Text::LeftOut).expect("there is no limit");
    Some(parts.to_bytes())
}
