//! From a module to bytes: the tables are encoded, packed where that pays, laid out, and sealed with the hash.

use crate::bytes::put;
use crate::error::{Fault, Part, WriteError};
use crate::hash::{name_hash, seal, source_hash};
use crate::header::{Compression, Header};
use crate::meta::{self, TemplateCounts};
use crate::model::{Contents, Module};
use crate::pack;
use crate::read::{align_up, check_entry, data_offset};
use crate::section::{self, Access, CodeTarget, PACKED, Payload, SectionKind, TABLE_ALIGN};
use crate::symbol::{RawSymbol, Role, Symbol, SymbolView};
use crate::template::{self, Template};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The file of a module. The same module gives the same bytes.
pub fn write(module: &Module) -> Result<Vec<u8>, WriteError> {
    let primary = primary_size(module);
    check_entry(module.entry_point, module.flags.executable, primary)
        .map_err(|fault| fault.of(Part::Header, ""))?;
    let (template_code, places) = templates(module)?;
    let symbols = symbols(module, &places, primary)?;

    let mut sections = payloads(module)?;
    let table = |kind: SectionKind, bytes: Vec<u8>| Planned::table(kind, Cow::Owned(bytes));
    let (symtab, strtab) = symbol_tables(&symbols)?;
    let header = Header {
        platform: module.platform,
        arch: module.arch,
        flags: module.flags,
        compression: module.compression,
        compression_level: module.compression.level(),
        section_count: 0,
        section_table_offset: 0,
        symbol_table_offset: 0,
        symbol_count: count(symbols.len(), "symbols")?,
        exported_count: count(symbols.iter().filter(|symbol| symbol.is_exported()).count(), "symbols")?,
        entry_point: module.entry_point,
        stub_size: count(module.stub.len(), "bytes of stub")?,
        smf_data_offset: 0,
        module_hash: 0,
        source_hash: source_hash(&module.source_map.files),
        app: module.app,
    };
    sections.push(table(SectionKind::SymTab, symtab));
    sections.push(table(SectionKind::StrTab, strtab));
    let version = module.version.encode().map_err(|fault| fault.of(Part::Version, ""))?;
    sections.push(table(SectionKind::Version, version));
    if !module.source_map.is_empty() {
        let indices: BTreeMap<&str, usize> =
            symbols.iter().enumerate().map(|(index, symbol)| (symbol.name, index)).collect();
        let map = module.source_map.encode(|name| indices.get(name).copied());
        let map = map.map_err(|(item, fault)| fault.of(Part::SourceMap, &item))?;
        sections.push(table(SectionKind::SrcMap, map));
    }
    if !module.templates.is_empty() {
        sections.push(table(SectionKind::TemplateCode, template_code));
    }
    if !module.templates.is_empty() || !module.specialisations.is_empty() {
        let counts = TemplateCounts::of(module.templates.iter().map(|template| template.kind));
        let meta = meta::encode(counts, &module.specialisations);
        let meta = meta.map_err(|(item, fault)| fault.of(Part::Meta, &item))?;
        sections.push(table(SectionKind::TemplateMeta, meta));
    }
    if !module.notes.is_empty() {
        sections.push(table(SectionKind::Note, module.notes.to_sdn().into_bytes()));
    }
    lay_out(module, header, sections)
}

/// A section that is to be written.
struct Planned<'m> {
    kind: SectionKind,
    name: &'m str,
    access: Access,
    align: u64,
    contents: Cow<'m, [u8]>,
    /// Of a Bss section.
    zeros: u64,
}

impl<'m> Planned<'m> {
    /// A table of this crate, whose kind gives it its name.
    fn table(kind: SectionKind, contents: Cow<'m, [u8]>) -> Planned<'m> {
        let name = kind.fixed_name().unwrap_or_default();
        Planned { kind, name, access: Access::READ, align: TABLE_ALIGN, contents, zeros: 0 }
    }
}

fn payloads(module: &Module) -> Result<Vec<Planned<'_>>, WriteError> {
    let mut names = BTreeSet::new();
    let mut planned = Vec::with_capacity(module.sections.len() + 7);
    for section in &module.sections {
        let kind = section.payload.kind();
        let fail = |fault: Fault| fault.of(Part::Sections, &section.name);
        section::check(kind, &section.name, section.access, section.align)
            .map_err(|(_, fault)| fail(fault))?;
        let taken = SectionKind::ALL.iter().any(|kind| kind.fixed_name() == Some(&section.name));
        if taken || !names.insert(&section.name) {
            return Err(fail(Fault::new("a name that no other section has", format!("`{}`", section.name))));
        }
        let (contents, zeros): (&[u8], u64) = match (&section.contents, section.payload == Payload::Bss) {
            (Contents::Zeros(size), true) => (&[], *size),
            (Contents::Bytes(bytes), false) => (bytes, 0),
            (Contents::Zeros(_), false) => return Err(fail(Fault::new("bytes", "zeros"))),
            (Contents::Bytes(_), true) => return Err(fail(Fault::new("zeros in a Bss section", "bytes"))),
        };
        planned.push(Planned {
            kind,
            name: &section.name,
            access: section.access,
            align: section.align,
            contents: Cow::Borrowed(contents),
            zeros,
        });
    }
    Ok(planned)
}

fn primary_size(module: &Module) -> Option<u64> {
    let section = module.section(CodeTarget::Machine(module.arch).section_name())?;
    match &section.contents {
        Contents::Bytes(bytes) if section.payload == Payload::Code => Some(bytes.len() as u64),
        Contents::Bytes(_) | Contents::Zeros(_) => None,
    }
}

/// The section of templates, and for each name the template and where it begins.
type Places<'m> = BTreeMap<&'m str, (&'m Template, u64)>;

fn templates(module: &Module) -> Result<(Vec<u8>, Places<'_>), WriteError> {
    let mut code = template::MAGIC.to_vec();
    put(&mut code, template::VERSION);
    put(&mut code, count(module.templates.len(), "templates")?);
    let mut places = BTreeMap::new();
    for template in &module.templates {
        let fail = |fault: Fault| fault.of(Part::Templates, &template.name);
        if places.insert(template.name.as_str(), (template, code.len() as u64)).is_some() {
            return Err(fail(Fault::new("one template of a name", "two")));
        }
        template.encode(&mut code).map_err(fail)?;
    }
    Ok((code, places))
}

/// The symbols in the order of a file, each joined with its template.
fn symbols<'m>(
    module: &'m Module,
    places: &Places<'m>,
    primary: Option<u64>,
) -> Result<Vec<SymbolView<'m>>, WriteError> {
    let mut views = Vec::with_capacity(module.symbols.len());
    for symbol in &module.symbols {
        let fail = |fault: Fault| fault.of(Part::Symbols, &symbol.name);
        if symbol.name.contains('\0') {
            return Err(fail(Fault::new("a name without zeros", format!("{:?}", symbol.name))));
        }
        let view = with_template(symbol, places).map_err(fail)?;
        view.check_range(primary).map_err(fail)?;
        views.push(view);
    }
    views.sort_by_key(SymbolView::key);
    for pair in views.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(Fault::new("one symbol of a name", "two").of(Part::Symbols, pair[0].name));
        }
    }
    for (name, (template, _)) in places {
        let key = (name_hash(name), *name);
        let symbol = views.binary_search_by(|view| view.key().cmp(&key)).ok().map(|index| &views[index]);
        if symbol.is_none_or(|symbol| symbol.role != Role::Template) {
            let fault =
                Fault::new("a symbol with the role of a template", format!("none for a {}", template.kind));
            return Err(fault.of(Part::Templates, name));
        }
    }
    Ok(views)
}

fn with_template<'m>(symbol: &'m Symbol, places: &Places<'m>) -> Result<SymbolView<'m>, Fault> {
    if symbol.role != Role::Template {
        return Ok(symbol.as_view(0, 0));
    }
    let Some((template, offset)) = places.get(symbol.name.as_str()) else {
        return Err(Fault::new("a template of the name", "none"));
    };
    if symbol.kind != template.kind.symbol_kind() {
        return Err(Fault::new(template.kind.symbol_kind().name(), symbol.kind.name()));
    }
    Ok(symbol.as_view(template.param_count()?, *offset))
}

/// The sections `symtab` and `strtab`.
fn symbol_tables(symbols: &[SymbolView<'_>]) -> Result<(Vec<u8>, Vec<u8>), WriteError> {
    let mut symtab = Vec::with_capacity(symbols.len() * RawSymbol::SIZE);
    let mut strtab = Vec::new();
    for symbol in symbols {
        symtab.extend_from_slice(&symbol.encode(count(strtab.len(), "bytes of names")?));
        strtab.extend_from_slice(symbol.name.as_bytes());
        strtab.push(0);
    }
    Ok((symtab, strtab))
}

fn lay_out(module: &Module, mut header: Header, sections: Vec<Planned<'_>>) -> Result<Vec<u8>, WriteError> {
    let data_at = data_offset(module.stub.len() as u64, sections.iter().map(|section| section.align));
    header.smf_data_offset = count(data_at as usize, "bytes of stub")?;
    header.section_count = count(sections.len(), "sections")?;
    let mut file = module.stub.clone();
    file.resize(data_at as usize, 0);
    let mut table = Vec::new();
    for section in sections {
        let offset = align_up(file.len() as u64 - data_at, section.align);
        file.resize((data_at + offset) as usize, 0);
        if section.kind == SectionKind::SymTab {
            header.symbol_table_offset = offset;
        }
        let vsize = section.contents.len() as u64 + section.zeros;
        let method =
            if pack::packable(section.kind, section.name) { module.compression } else { Compression::None };
        let stored = pack::pack(method, section.contents);
        let is_packed = section.zeros == 0 && (stored.len() as u64) < vsize;
        let flags = section.access.bits() | if is_packed { PACKED } else { 0 };
        let size = stored.len() as u64;
        file.extend_from_slice(&stored);
        table.extend_from_slice(&section::encode_entry(
            section.kind,
            section.name,
            flags,
            offset,
            size,
            vsize,
            section.align,
        ));
    }
    header.section_table_offset = align_up(file.len() as u64 - data_at, TABLE_ALIGN);
    file.resize((data_at + header.section_table_offset) as usize, 0);
    file.extend_from_slice(&table);
    file.extend_from_slice(&header.encode());
    seal(&mut file);
    Ok(file)
}

/// A number that a field of 32 bits can hold.
fn count(number: usize, what: &str) -> Result<u32, WriteError> {
    u32::try_from(number).map_err(|_| {
        Fault::new(format!("at most {} {what}", u32::MAX), number.to_string()).of(Part::Header, "")
    })
}
