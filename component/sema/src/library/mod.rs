//! Compiled libraries: the declarations of checked modules as bytes, and back into a program.
//!
//! A library holds everything that its program has beyond the libraries that were read into it: so a library is written after its modules were
//! checked, and read before any module that uses it. It names the libraries that it uses by their [`Identity`]; whoever reads it must have read these
//! before. Bodies are not part of it: `mir` writes them as templates, with the same [`Writer`].
//!
//! Layout: numbers of the parts, identities of the used libraries with the sizes of their parts, files, names, types, then the tables of
//! declarations. What can be derived (the index of methods, implementations by trait) is not written.

mod tables;
mod verify;
mod wire;

use crate::hir::{self, FnId, FnKind, Generic, Module, Program};
use crate::scheme::{External, Sig};
use crate::ty::TyId;
use base::wire::{In, Out};
use base::{Cx, EntityId, FileId};
use std::collections::HashMap;
use std::rc::Rc;
pub use verify::verify;
pub use wire::{Malformed, Meaning, Reader, Wire, Writer};

/// What tells a library from every other one: a hash of all its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct Identity(pub [u8; 16]);

/// Whether a library keeps the source of its files, to be shown in messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Text {
    /// It does.
    Kept,
    /// Only where lines begin.
    LeftOut,
}

/// A library that another one uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Used {
    /// Which one.
    pub identity: Identity,
    /// The path that it had when the other was compiled.
    pub path: String,
}

/// A library in a program.
#[derive(Clone, Debug)]
pub struct Library {
    /// The path that it was added with.
    pub path: String,
    /// Which one it is.
    pub identity: Identity,
    /// How many of each kind of thing it brought.
    sizes: Sizes,
    /// Its first things.
    first: Sizes,
    /// Its files.
    files: Vec<FileId>,
}

/// What somebody asks about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Portion {
    /// What no library brought.
    Own,
    /// What the library with this index among the program's brought.
    Library(usize),
}

/// Numbers of things.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sizes {
    adts: usize,
    traits: usize,
    impls: usize,
    fns: usize,
    globals: usize,
    modules: usize,
}

impl Sizes {
    fn of(program: &Program) -> Sizes {
        Sizes {
            adts: program.adts.len(),
            traits: program.traits.len(),
            impls: program.impls.len(),
            fns: program.fns.len(),
            globals: program.globals.len(),
            modules: program.modules.len(),
        }
    }

    /// The first of a portion of a program, and how many of each there are.
    fn portion(program: &Program, portion: Portion) -> (Sizes, Sizes) {
        match portion {
            Portion::Own => Sizes::own(program),
            Portion::Library(index) => (program.libraries[index].first, program.libraries[index].sizes),
        }
    }

    /// What came behind the libraries.
    fn own(program: &Program) -> (Sizes, Sizes) {
        let first = program.libraries.last().map_or(Sizes::default(), |last| Sizes {
            adts: last.first.adts + last.sizes.adts,
            traits: last.first.traits + last.sizes.traits,
            impls: last.first.impls + last.sizes.impls,
            fns: last.first.fns + last.sizes.fns,
            globals: last.first.globals + last.sizes.globals,
            modules: last.first.modules + last.sizes.modules,
        });
        let all = Sizes::of(program);
        let count = Sizes {
            adts: all.adts - first.adts,
            traits: all.traits - first.traits,
            impls: all.impls - first.impls,
            fns: all.fns - first.fns,
            globals: all.globals - first.globals,
            modules: all.modules - first.modules,
        };
        (first, count)
    }

    fn write(&self, out: &mut Out) {
        for size in [self.adts, self.traits, self.impls, self.fns, self.globals, self.modules] {
            out.uint(size as u64);
        }
    }

    fn read(input: &mut In<'_>) -> Result<Sizes, Malformed> {
        let mut next = || -> Result<usize, Malformed> {
            let size = input.uint()?;
            usize::try_from(size)
                .ok()
                .filter(|size| *size <= MAX_SIZE)
                .map_or_else(|| input.fail("a size"), Ok)
        };
        Ok(Sizes {
            adts: next()?,
            traits: next()?,
            impls: next()?,
            fns: next()?,
            globals: next()?,
            modules: next()?,
        })
    }
}

/// No library has more of one kind.
const MAX_SIZE: usize = 1 << 24;

/// The functions of a portion of a program, in order.
pub fn functions_of(program: &Program, portion: Portion) -> impl Iterator<Item = FnId> + use<> {
    let (first, count) = Sizes::portion(program, portion);
    (first.fns..first.fns + count.fns).map(FnId::from_index)
}

/// A library that is being written: declarations, and whatever else is written with the same numbers.
pub struct Draft<'a> {
    writer: Writer<'a>,
    head: Vec<u8>,
    declarations: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// Writes the declarations of a checked program that no library brought.
    pub fn new(cx: &'a Cx, program: &'a Program, text: Text) -> Draft<'a> {
        let (first, count) = Sizes::own(program);
        let files = own_files(cx, program);
        let mut head = Out::default();
        head.uint(program.libraries.len() as u64);
        for library in &program.libraries {
            head.block(&library.identity.0);
            head.block(library.path.as_bytes());
            library.sizes.write(&mut head);
        }
        count.write(&mut head);
        head.uint(files.len() as u64);
        for &id in &files {
            let file = cx.sources.file(id);
            head.block(file.path.as_bytes());
            head.block(match text {
                Text::Kept => file.text.as_bytes(),
                Text::LeftOut => &[],
            });
            let lines = file.line_starts();
            head.uint(lines.len() as u64);
            let mut before = 0;
            for &line in lines {
                head.uint(u64::from(line - before));
                before = line;
            }
        }
        let mut writer = Writer::new(program, &cx.names, &files);
        declarations(&mut writer, program, first);
        let declarations = writer.take();
        Draft { writer, head: head.into_bytes(), declarations }
    }

    /// Writes what belongs to the library besides.
    pub fn writer(&mut self) -> &mut Writer<'a> {
        &mut self.writer
    }

    /// The declarations, complete with the tables of all names and types that were written.
    pub fn finish(self) -> Vec<u8> {
        let (symbols, symbol_bytes, types, type_bytes) = self.writer.tables();
        let mut out = Out::default();
        out.block(&self.head);
        out.uint(symbols);
        out.block(&symbol_bytes);
        out.uint(types);
        out.block(&type_bytes);
        out.block(&self.declarations);
        out.into_bytes()
    }
}

/// The types and traits of a portion of a program, in order.
pub fn types_of(
    program: &Program,
    portion: Portion,
) -> (impl Iterator<Item = crate::ty::AdtId> + use<>, impl Iterator<Item = crate::ty::TraitId> + use<>) {
    let (first, count) = Sizes::portion(program, portion);
    let adts = (first.adts..first.adts + count.adts).map(EntityId::from_index);
    (adts, (first.traits..first.traits + count.traits).map(EntityId::from_index))
}

/// The functions that modules of a program show to others by name.
pub fn visible_functions(program: &Program) -> impl Iterator<Item = FnId> + '_ {
    program.modules.values().flat_map(|module| module.exports.values.values()).filter_map(|(value, _)| {
        match value {
            crate::modules::ExportedValue::Fn(id) => Some(*id),
            crate::modules::ExportedValue::Adt(_) | crate::modules::ExportedValue::Global(_) => None,
        }
    })
}

/// Files that no library brought.
pub fn own_files(cx: &Cx, program: &Program) -> Vec<FileId> {
    let brought: Vec<FileId> = program.libraries.iter().flat_map(|library| &library.files).copied().collect();
    cx.sources.files().map(|(id, _)| id).filter(|id| !brought.contains(id)).collect()
}

fn declarations(to: &mut Writer<'_>, program: &Program, first: Sizes) {
    program.adts.values().skip(first.adts).for_each(|adt| adt.write(to));
    program.traits.values().skip(first.traits).for_each(|trait_| trait_.write(to));
    program.impls.values().skip(first.impls).for_each(|impl_| impl_.write(to));
    for (id, function) in program.fns.iter().skip(first.fns) {
        program.schemes.sigs[id].write(to);
        // A closure has the type parameters of the function around it, which its signature does not say.
        let sig = &program.schemes.sigs[id];
        let is_plain = sig.ret == Some(function.ret)
            && sig.params.len() == function.params.len()
            && sig.generics.len() == function.generics.len();
        is_plain.write(to);
        if !is_plain {
            function.generics.write(to);
            function.params.write(to);
            function.ret.write(to);
        }
    }
    program.globals.values().skip(first.globals).for_each(|global| global.write(to));
    for module in program.modules.values().skip(first.modules) {
        module.path.write(to);
        module.init.write(to);
        module.exports.write(to);
    }
    let schemes = &program.schemes;
    let mut defaults: Vec<_> =
        schemes.field_defaults.iter().map(|(&(adt, field), &id)| (adt, field, id)).collect();
    defaults.retain(|(adt, ..)| adt.index() >= first.adts);
    defaults.sort_unstable();
    defaults.write(to);
    let mut lang: Vec<_> = schemes.lang.iter().map(|(&name, &id)| (name, id)).collect();
    lang.retain(|(_, id)| id.index() >= first.fns);
    lang.sort_unstable_by_key(|&(_, id)| id);
    lang.write(to);
    let mut vtables: Vec<_> = schemes.vtables.iter().map(|(&id, list)| (id, list.clone())).collect();
    vtables.retain(|(id, _)| id.index() >= first.traits);
    vtables.sort_unstable_by_key(|&(id, _)| id);
    vtables.write(to);
    program.result.filter(|id| id.index() >= first.adts).write(to);
    program.main.filter(|id| id.index() >= first.fns).write(to);
    program.main_code.filter(|id| id.index() >= first.globals).write(to);
}

/// The libraries that a library uses, in the order in which they are to be read before it.
///
/// # Errors
/// The bytes are not a library.
pub fn used(bytes: &[u8]) -> Result<Vec<Used>, Malformed> {
    let mut input = In::new(bytes);
    let mut head = In::new(input.block()?);
    let count = head.count()?;
    let mut list = Vec::new();
    for _ in 0..count {
        let identity = identity(&mut head)?;
        list.push(Used { identity, path: head.text()?.to_owned() });
        Sizes::read(&mut head)?;
    }
    Ok(list)
}

fn identity(head: &mut In<'_>) -> Result<Identity, Malformed> {
    let bytes = head.block()?;
    match bytes.try_into() {
        Ok(bytes) => Ok(Identity(bytes)),
        Err(_) => head.fail("an identity of 16 bytes"),
    }
}

/// Adds the declarations of a library to a program. Its functions with bodies become [`FnKind::Template`]. `texts` are the sources of its files where the
/// library was written without them; others are known by their lines alone. `library` is which one it is, and the path it was added with.
///
/// Returns what the numbers in the library mean, to read its templates with.
///
/// # Errors
/// The bytes are not a library, or it uses one that the program does not have. The program must not be used then.
pub fn read(
    cx: &mut Cx,
    program: &mut Program,
    library: (Identity, &str),
    bytes: &[u8],
    texts: &[(&str, &str)],
) -> Result<Rc<Meaning>, Malformed> {
    let mut input = In::new(bytes);
    let mut head = In::new(input.block()?);
    let first = Sizes::of(program);
    let mut meaning = Meaning::default();
    let uses = head.count()?;
    for _ in 0..uses {
        let wanted = identity(&mut head)?;
        head.text()?;
        let sizes = Sizes::read(&mut head)?;
        let Some(found) = program.libraries.iter().find(|library| library.identity == wanted) else {
            return head.fail("a library that was read before");
        };
        if found.sizes != sizes {
            return head.fail("the sizes of the used library");
        }
        place(&mut meaning, sizes, found.first);
    }
    let sizes = Sizes::read(&mut head)?;
    place(&mut meaning, sizes, first);
    read_files(cx, &mut head, &mut meaning, texts)?;
    let files = meaning.files.clone();
    if !head.is_at_end() {
        return head.fail("nothing more");
    }
    let mut meaning = Rc::new(meaning);
    let symbols = (input.uint()?, input.block()?);
    let types = (input.uint()?, input.block()?);
    wire::read_tables(cx, program, &mut meaning, symbols, types)?;
    let mut reader = Reader::new(input.block()?, meaning.clone());
    if !input.is_at_end() {
        return input.fail("nothing more");
    }
    read_declarations(&mut reader, program, sizes)?;
    reader.end()?;
    let (identity, path) = (library.0, library.1.to_owned());
    program.libraries.push(Library { path, identity, sizes, first, files });
    Ok(meaning)
}

fn place(meaning: &mut Meaning, sizes: Sizes, first: Sizes) {
    meaning.adts.push(sizes.adts, first.adts);
    meaning.traits.push(sizes.traits, first.traits);
    meaning.impls.push(sizes.impls, first.impls);
    meaning.fns.push(sizes.fns, first.fns);
    meaning.globals.push(sizes.globals, first.globals);
    meaning.modules.push(sizes.modules, first.modules);
}

fn read_files(
    cx: &mut Cx,
    head: &mut In<'_>,
    meaning: &mut Meaning,
    texts: &[(&str, &str)],
) -> Result<(), Malformed> {
    for _ in 0..head.count()? {
        let path = head.text()?;
        let mut text = head.text()?;
        if let Some((_, known)) = texts.iter().find(|(known, _)| *known == path) {
            text = known;
        }
        let count = head.count()?;
        let mut lines = Vec::with_capacity(count);
        let mut at = 0u32;
        for index in 0..count {
            let step = head.uint()?;
            let next = u32::try_from(step).ok().and_then(|step| at.checked_add(step));
            match next.filter(|_| (index == 0) == (step == 0)) {
                Some(next) => at = next,
                None => return head.fail("the start of a line"),
            }
            lines.push(at);
        }
        if lines.is_empty() || !text.is_empty() && (at as usize > text.len()) {
            return head.fail("the lines of a file");
        }
        meaning.files.push(cx.sources.add_compiled(path, text, lines));
    }
    Ok(())
}

fn read_declarations(from: &mut Reader<'_>, program: &mut Program, sizes: Sizes) -> Result<(), Malformed> {
    let first = Sizes::of(program);
    for _ in 0..sizes.adts {
        program.adts.push(Wire::read(from)?);
    }
    for _ in 0..sizes.traits {
        program.traits.push(Wire::read(from)?);
    }
    for _ in 0..sizes.impls {
        program.impls.push(Wire::read(from)?);
    }
    for _ in 0..sizes.fns {
        let sig = Sig::read(from)?;
        let closure = match bool::read(from)? {
            true => None,
            false => Some((Vec::<Generic>::read(from)?, Vec::<TyId>::read(from)?, TyId::read(from)?)),
        };
        let function = function(&sig, closure);
        program.schemes.sigs.push(sig);
        program.fns.push(function);
    }
    for _ in 0..sizes.globals {
        program.globals.push(Wire::read(from)?);
    }
    for _ in 0..sizes.modules {
        let (path, init, exports) = (Wire::read(from)?, Wire::read(from)?, Wire::read(from)?);
        program.modules.push(Module { path, init, exports });
    }
    for (adt, field, id) in Vec::<(crate::ty::AdtId, u32, FnId)>::read(from)? {
        program.schemes.field_defaults.insert((adt, field), id);
    }
    program.schemes.lang.extend(Vec::<(base::Symbol, FnId)>::read(from)?);
    program.schemes.vtables.extend(Vec::<(crate::ty::TraitId, Vec<(crate::ty::TraitId, FnId)>)>::read(from)?);
    program.result = Option::read(from)?.or(program.result);
    // Of several libraries the last one is the program.
    program.main = Option::read(from)?;
    program.main_code = Option::read(from)?;
    for index in first.impls..first.impls + sizes.impls {
        let id = hir::ImplId::from_index(index);
        if let Some(trait_) = &program.impls[id].trait_ {
            program.schemes.trait_impls.entry(trait_.id).or_default().push(id);
        }
        program.index_methods(id);
    }
    Ok(())
}

/// The function of a signature.
fn function(sig: &Sig, closure: Option<(Vec<Generic>, Vec<TyId>, TyId)>) -> hir::Fn {
    let kind = match sig.external {
        Some(External::Runtime(function)) => FnKind::Runtime(function),
        Some(External::Intrinsic(function)) => FnKind::Intrinsic(function),
        Some(External::Host) => FnKind::Host,
        None if sig.has_body => FnKind::Template,
        None => FnKind::Required,
    };
    let (generics, params, ret) = closure.unwrap_or_else(|| {
        let ty = |ty: Option<TyId>| ty.unwrap_or(crate::ty::Types::error());
        let params = sig.params.iter().map(|param| ty(param.ty)).collect();
        (sig.generics.clone(), params, sig.ret.unwrap_or(crate::ty::Types::unit()))
    });
    hir::Fn {
        name: sig.name,
        path: sig.path.clone(),
        span: sig.span,
        generics,
        params,
        ret,
        receiver: sig.receiver,
        kind,
        is_std: sig.is_std,
    }
}

/// By name, sorted as names are.
impl<X: Wire + Copy> Wire for HashMap<base::Symbol, X> {
    fn write(&self, to: &mut Writer<'_>) {
        let mut list: Vec<(base::Symbol, X)> = self.iter().map(|(&name, &value)| (name, value)).collect();
        list.sort_unstable_by_key(|&(name, _)| name);
        list.write(to);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Vec::<(base::Symbol, X)>::read(from)?.into_iter().collect())
    }
}
