//! Compiled modules in the module format: a library with its templates, its tables for people, and machine code of a program.
//!
//! | section | contents |
//! |---|---|
//! | `interface` | declarations, names, types, files with their lines (`sema::library`) |
//! | `effects` | what the code changes in instances of classes |
//! | `template.code` | a template for each generic function |
//! | `mir` | for each function with a body the length of its template, 0 for a generic one; then the templates of the others |
//! | `code.<arch>` | the artifact of a program for that machine, or its module |

use crate::session::Failure;
use abi::artifact::Artifact;
use base::Cx;
use base::wire::{In, Malformed, Out};
use codegen::Target;
use mir::legal;
use mir::library::{Parts, templated};
use sema::hir::{AdtKind, Callee, ExprKind, FnId, FnKind, Generic, Program};
use sema::library::{Identity, Portion, Text, Used};
use smf::{
    Arch, CodeTarget, Compression, Limits, Module, ModuleFlags, Payload, Platform, Possible, Section,
    SourceFile, Symbol, SymbolKind, Template, TemplateKind, Version, View, Visibility,
};
use std::collections::{BTreeMap, BTreeSet};

/// Changes whenever templates or declarations are written differently.
const MIR_FORMAT: u32 = 2;
const INTERFACE: &str = "interface";
const EFFECTS: &str = "effects";

/// What goes into a module file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleOptions {
    /// Machines that a program is compiled for; a library without anything to run has code for none.
    pub targets: Vec<Target>,
    /// How sections are packed.
    pub compression: Compression,
    /// Whether the sources are kept, to be shown in messages.
    pub text: Text,
    /// What stands in front, such as a `#!` line.
    pub stub: Vec<u8>,
}

/// A module file that was read.
pub(crate) struct Compiled {
    pub identity: Identity,
    /// The libraries that it uses.
    pub uses: Vec<Used>,
    pub parts: Parts<'static>,
    /// The tables for people, which the compiler itself does not go by.
    pub listing: Listing,
}

/// Reads a module file.
pub(crate) fn read(file: &[u8]) -> Result<Compiled, String> {
    let told = |error: smf::ReadError| error.to_string();
    let view = View::open(file, Limits::default()).map_err(told)?;
    let version = view.version();
    if (version.mir_format, version.abi_hash) != (MIR_FORMAT, abi::artifact::abi_hash()) {
        return Err(format!(
            "it was made by another version of the compiler ({}): compile it again",
            version.compiler
        ));
    }
    let section = |name: &str| {
        let section = view.section(name).ok_or_else(|| format!("it has no section `{name}`"))?;
        section.contents().map_err(told)
    };
    let (interface, effects) = (section(INTERFACE)?, section(EFFECTS)?);
    let plain = section(CodeTarget::Mir.section_name())?;
    let generic = view.templates().map_err(told)?;
    let (templates, ends) = join(&plain, &generic).map_err(|error| match error {
        Join::Plain(malformed) => format!("section `mir`: {malformed}"),
        Join::Generic(error) => error.to_string(),
    })?;
    let uses =
        mir::library::used(&interface).map_err(|malformed| format!("section `interface`: {malformed}"))?;
    let listing = Listing::of(&view, &generic).map_err(told)?;
    let mut identity = [0; 16];
    identity[..8].copy_from_slice(&view.header().module_hash.to_le_bytes());
    identity[8..].copy_from_slice(&smf::content_hash(&interface).to_le_bytes());
    let parts = Parts {
        declarations: interface.into_owned().into(),
        writes: effects.into_owned().into(),
        templates: templates.into(),
        ends,
    };
    Ok(Compiled { identity: Identity(identity), uses, parts, listing })
}

enum Join {
    Plain(Malformed),
    Generic(smf::ReadError),
}

/// The templates of all functions in their order, from the two places where they stand.
fn join(plain: &[u8], generic: &smf::Templates<'_, '_>) -> Result<(Vec<u8>, Vec<usize>), Join> {
    let mut input = In::new(plain);
    let mut generic = generic.iter();
    let (mut all, mut ends) = (Vec::new(), Vec::new());
    let lengths = input.block().map_err(Join::Plain)?;
    let bodies = input.block().map_err(Join::Plain)?;
    let mut lengths = In::new(lengths);
    let mut bodies = bodies;
    while !lengths.is_at_end() {
        let len = lengths.uint().map_err(Join::Plain)? as usize;
        if len == 0 {
            let missing = Join::Plain(Malformed { offset: lengths.offset(), expected: "another template" });
            let template = generic.next().ok_or(missing)?.map_err(Join::Generic)?;
            // Templates of types are described by the interface.
            all.extend_from_slice(template.payload);
        } else {
            let (body, rest) = bodies.split_at_checked(len).ok_or(Join::Plain(Malformed {
                offset: lengths.offset(),
                expected: "the length of a template",
            }))?;
            all.extend_from_slice(body);
            bodies = rest;
        }
        ends.push(all.len());
    }
    Ok((all, ends))
}

/// Makes a module file of a checked program.
pub(crate) fn write(
    cx: &mut Cx,
    program: &Program,
    options: &ModuleOptions,
    code: Vec<(Target, Vec<u8>)>,
    instances: Option<&legal::Program>,
) -> Result<Vec<u8>, Failure> {
    let parts =
        mir::library::write(cx, program, options.text).map_err(|base::Exhausted| Failure::Rejected)?;
    let arch = code.first().map_or(Arch::X86_64, |(target, _)| arch(*target));
    let platform = if code.is_empty() { Platform::Any } else { Platform::None };
    let version = Version {
        compiler: concat!("simple ", env!("CARGO_PKG_VERSION")).to_owned(),
        abi_hash: abi::artifact::abi_hash(),
        mir_format: MIR_FORMAT,
    };
    let mut module = Module::new(platform, arch, version);
    module.stub.clone_from(&options.stub);
    module.compression = options.compression;
    module.flags =
        ModuleFlags { pic: true, reloadable: true, debug: options.text == Text::Kept, executable: false };
    module.source_map.files = sources(cx, program);
    tables(cx, program, &parts, &mut module);
    for (target, artifact) in code {
        add_code(&mut module, target, artifact)?;
    }
    module.sections.push(Section::read_only(Payload::TypeInfo, INTERFACE, parts.declarations.into_owned()));
    module.sections.push(Section::read_only(Payload::TypeInfo, EFFECTS, parts.writes.into_owned()));
    notes(cx, program, instances, &mut module);
    smf::write(&module).map_err(|error| Failure::Internal(format!("the module file: {error}")))
}

fn arch(target: Target) -> Arch {
    match target {
        Target::X86_64 => Arch::X86_64,
        Target::Aarch64 => Arch::Aarch64,
        Target::Wasm32 => Arch::Wasm32,
    }
}

/// The files that no library brought.
fn sources(cx: &Cx, program: &Program) -> Vec<SourceFile> {
    sema::library::own_files(cx, program)
        .into_iter()
        .map(|id| {
            let file = cx.sources.file(id);
            SourceFile { path: file.path.clone(), hash: smf::content_hash(file.text.as_bytes()) }
        })
        .collect()
}

/// Gives everything a name of its own: the printed one, with a number where several things share it.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut number = 1;
        while !self.0.insert(unique.clone()) {
            number += 1;
            unique = format!("{name}#{number}");
        }
        unique
    }
}

/// What a module file says of a thing in its table of symbols, and for a template among the templates.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Listed {
    name: String,
    kind: SymbolKind,
    visibility: Visibility,
    /// The type parameters of a template.
    params: Option<Vec<String>>,
}

impl Listed {
    fn new(cx: &Cx, name: String, kind: SymbolKind, visibility: Visibility, generics: &[Generic]) -> Listed {
        let param = |generic: &Generic| cx.names.name(generic.name).to_owned();
        // The format counts parameters in a byte; what has more is kept with what has none.
        let is_template = !generics.is_empty() && generics.len() <= 255;
        let params = is_template.then(|| generics.iter().map(param).collect());
        Listed { name, kind, visibility, params }
    }

    fn symbol(&self) -> Symbol {
        let symbol = match self.params {
            Some(_) => Symbol::template(self.name.clone(), self.kind),
            None => Symbol { kind: self.kind, ..Symbol::function(self.name.clone(), 0, 0) },
        };
        Symbol { visibility: self.visibility, ..symbol }
    }
}

/// The functions that have templates, in their order, then types and traits.
fn listed(cx: &Cx, program: &Program, portion: Portion) -> (Vec<Listed>, Vec<(TemplateKind, Listed)>) {
    let visible: BTreeSet<FnId> = sema::library::visible_functions(program).collect();
    let mut names = Names::default();
    let functions = templated(program, portion).map(|id| {
        let function = &program.fns[id];
        let visibility = if visible.contains(&id) { Visibility::Public } else { Visibility::Private };
        Listed::new(cx, names.unique(&function.path), SymbolKind::Fn, visibility, &function.generics)
    });
    let functions: Vec<Listed> = functions.collect();
    let mut types = Vec::new();
    let mut add = |kind: TemplateKind, name: &str, generics: &[Generic]| {
        let name = names.unique(name);
        types.push((kind, Listed::new(cx, name, kind.symbol_kind(), Visibility::Public, generics)));
    };
    let (adts, traits) = sema::library::types_of(program, portion);
    for id in adts {
        let adt = &program.adts[id];
        let kind = match adt.kind {
            AdtKind::Struct(_) => TemplateKind::Struct,
            AdtKind::Class(_) => TemplateKind::Class,
            AdtKind::Enum(_) => TemplateKind::Enum,
        };
        add(kind, cx.names.name(adt.name), &adt.generics);
    }
    for id in traits {
        let trait_ = &program.traits[id];
        add(TemplateKind::Trait, cx.names.name(trait_.name), &trait_.generics);
    }
    (functions, types)
}

/// Symbols of everything, templates of generic functions, types and traits, bodies of the other functions.
fn tables(cx: &Cx, program: &Program, parts: &Parts<'_>, module: &mut Module) {
    let (functions, types) = listed(cx, program, Portion::Own);
    let (mut lengths, mut plain) = (Out::default(), Vec::new());
    let mut start = 0;
    for (function, &end) in functions.into_iter().zip(&parts.ends) {
        let body = &parts.templates[start..end];
        start = end;
        module.symbols.push(function.symbol());
        let Listed { name, params, .. } = function;
        match params {
            None => {
                lengths.uint(body.len() as u64);
                plain.extend_from_slice(body);
            }
            Some(params) => {
                lengths.uint(0);
                module.templates.push(Template {
                    kind: TemplateKind::Fn,
                    name,
                    params,
                    payload: body.to_vec(),
                });
            }
        }
    }
    let mut mir = Out::default();
    mir.block(&lengths.into_bytes());
    mir.block(&plain);
    module.sections.push(Section::code(CodeTarget::Mir, mir.into_bytes()));
    // Behind the functions; what is in them stands in the interface.
    for (kind, listed) in types {
        module.symbols.push(listed.symbol());
        let Listed { name, params, .. } = listed;
        module.templates.extend(params.map(|params| Template { kind, name, params, payload: Vec::new() }));
    }
}

/// What the tables of a module file say, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listing(BTreeMap<String, Listed>);

impl Listing {
    fn of(view: &View<'_>, templates: &smf::Templates<'_, '_>) -> Result<Listing, smf::ReadError> {
        let mut params = BTreeMap::new();
        for template in templates.iter() {
            let template = template?;
            let names = template.params.iter().map(|&name| name.to_owned()).collect();
            params.insert((template.name, template.kind.symbol_kind()), names);
        }
        let listed = view.symbols().iter().map(|symbol| {
            let params = match symbol.role {
                smf::Role::Template => params.remove(&(symbol.name, symbol.kind)),
                smf::Role::Plain | smf::Role::Specialised => None,
            };
            let name = symbol.name.to_owned();
            (name.clone(), Listed { name, kind: symbol.kind, visibility: symbol.visibility, params })
        });
        Ok(Listing(listed.collect()))
    }

    /// What they say wrongly of a library of a program: the first name at which they and its declarations part.
    pub fn wrong(&self, cx: &Cx, program: &Program, library: Identity) -> Option<String> {
        let index = program.libraries.iter().position(|known| known.identity == library)?;
        let (functions, types) = listed(cx, program, Portion::Library(index));
        let all = functions.into_iter().chain(types.into_iter().map(|(_, listed)| listed));
        let declared: BTreeMap<String, Listed> = all.map(|listed| (listed.name.clone(), listed)).collect();
        let both = declared.keys().chain(self.0.keys());
        let name = both.into_iter().find(|&name| declared.get(name) != self.0.get(name))?;
        Some(match (declared.contains_key(name), self.0.contains_key(name)) {
            (true, true) => format!("its symbol `{name}` is not what the interface declares"),
            (true, false) => format!("it has no symbol `{name}`, which the interface declares"),
            (false, _) => format!("it has a symbol `{name}`, which the interface does not declare"),
        })
    }
}

/// The artifact of a program, or its module of WebAssembly. Where an artifact is for the machine of the header, symbols say where the code of their functions
/// lies in it.
fn add_code(module: &mut Module, target: Target, artifact: Vec<u8>) -> Result<(), Failure> {
    if target.machine().is_some() && arch(target) == module.arch {
        let inside = Artifact::decode(&artifact).map_err(|error| Failure::Internal(error.to_string()))?;
        let first = artifact
            .windows(inside.code.len().max(1))
            .position(|window| window == inside.code)
            .ok_or_else(|| Failure::Internal("the code of an artifact is not in it".to_owned()))?;
        let at = |func: &abi::artifact::FuncEntry| {
            (first as u64 + u64::from(func.offset), u64::from(func.end - func.offset))
        };
        let by_name: BTreeMap<&str, (u64, u64)> =
            inside.funcs.iter().map(|func| (&*func.name, at(func))).collect();
        for symbol in &mut module.symbols {
            if symbol.kind == SymbolKind::Fn
                && symbol.role == smf::Role::Plain
                && let Some(&(value, size)) = by_name.get(symbol.name.as_str())
            {
                (symbol.value, symbol.size) = (value, size);
            }
        }
        if let Some(entry) = inside.entry {
            module.entry_point = at(&inside.funcs[entry as usize]).0;
            module.flags.executable = true;
        }
    }
    module.sections.push(Section::code(CodeTarget::Machine(arch(target)), artifact));
    Ok(())
}

/// What can be instantiated, and what of it the code has.
fn notes(cx: &Cx, program: &Program, instances: Option<&legal::Program>, module: &mut Module) {
    let main = sema::library::own_files(cx, program).first().map(|&id| cx.sources.file(id).path.clone());
    for template in module.templates.iter().filter(|template| template.kind == TemplateKind::Fn) {
        module.notes.possible.push(Possible {
            template: template.name.clone(),
            type_args: template.params.clone(),
            required_by: main.clone().unwrap_or_default(),
            can_defer: true,
        });
    }
    module.notes.type_inferences = inferences(cx, program);
    let Some(instances) = instances else { return };
    let templates: BTreeSet<&str> = module.templates.iter().map(|template| template.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    for func in instances.funcs.values() {
        let Some((template, args)) = func.name.split_once('<') else { continue };
        let loc = &instances.locs[func.loc];
        if !templates.contains(template) || loc.is_std || !seen.insert(&func.name) {
            continue;
        }
        module.notes.instantiations.push(smf::Instantiation {
            template: template.to_owned(),
            type_args: split_types(args.strip_suffix('>').unwrap_or(args)),
            from_file: instances.files.get(loc.file as usize).cloned().unwrap_or_default(),
            from_loc: smf::Location { line: loc.line, column: loc.column },
            output_file: String::new(),
            status: smf::Status::Compiled,
        });
    }
}

/// The calls of generic functions, with the types that each gives and expects: what a loader may go by before it has instances.
fn inferences(cx: &Cx, program: &Program) -> Vec<smf::TypeInference> {
    let mut found = Vec::new();
    for id in sema::library::functions_of(program, Portion::Own) {
        let FnKind::Body(body) = &program.fns[id].kind else { continue };
        let names: Vec<_> = program.fns[id].generics.iter().map(|generic| generic.name).collect();
        let written = |ty| sema::show_type(cx, program, ty, &names);
        let mut open = vec![&body.value];
        while let Some(expr) = open.pop() {
            sema::walk::parts(expr, &mut |part| open.push(part));
            let ExprKind::Call(call) = &expr.kind else { continue };
            let Callee::Fn(callee, _) = call.callee else { continue };
            let callee = &program.fns[callee];
            if callee.generics.is_empty() || callee.is_std {
                continue;
            }
            let args: Vec<String> = call.args.iter().map(|arg| written(arg.ty)).collect();
            let file = cx.sources.file(expr.span.file);
            let at = file.line_col(expr.span.start);
            found.push(smf::TypeInference {
                symbol: callee.path.clone(),
                context: format!("fn({}) -> {}", args.join(", "), written(expr.ty)),
                from_file: file.path.clone(),
                from_loc: smf::Location { line: at.line, column: at.column },
            });
        }
    }
    let place = |of: &smf::TypeInference| (of.from_file.clone(), of.from_loc.line, of.from_loc.column);
    found.sort_by_key(place);
    found
}

/// The types between the commas that no bracket encloses.
fn split_types(list: &str) -> Vec<String> {
    let (mut types, mut depth, mut start) = (Vec::new(), 0, 0);
    let mut before = 0;
    for (at, byte) in list.bytes().enumerate() {
        match byte {
            // The arrow of a function type.
            b'>' if before == b'-' => {}
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' | b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                types.push(list[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
        before = byte;
    }
    types.push(list[start..].trim().to_owned());
    types
}

/// The listing of a module file.
///
/// # Errors
/// The bytes are not a module; the message says where.
pub fn inspect(file: &[u8]) -> Result<String, String> {
    View::open(file, Limits::default()).map(|view| smf::listing(&view)).map_err(|error| error.to_string())
}
