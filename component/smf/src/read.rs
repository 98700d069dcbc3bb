//! From bytes to a module. Everything is checked when a file is opened, except what a lazy table says inside: that is checked when it
//! is asked for, and by [`read`] at once.

use crate::bytes::{Cursor, Origin};
use crate::error::{Fault, Part, ReadError};
use crate::hash::{module_hash, name_hash, source_hash};
use crate::header::{Compression, HEADER_SIZE, Header, RawHeader};
use crate::meta::{Meta, TemplateCounts};
use crate::model::{Contents, Module, Section};
use crate::note::Notes;
use crate::section::{CodeTarget, DATA_ALIGN, Payload, RawSection, SectionKind, SectionView, TABLE_ALIGN};
use crate::source_map::SourceMap;
use crate::symbol::{RawSymbol, Role, SymbolView};
use crate::template::Templates;
use crate::version::Version;
use std::collections::BTreeSet;

/// What reading may cost beyond the size of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most bytes that all packed sections together may have when unpacked.
    pub unpacked: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { unpacked: 256 << 20 }
    }
}

/// The whole module as a value, every table of it checked.
pub fn read(file: &[u8], limits: Limits) -> Result<Module, ReadError> {
    View::open(file, limits)?.to_module()
}

/// A module that borrows its file.
#[derive(Clone, Debug)]
pub struct View<'a> {
    file: &'a [u8],
    header: Header,
    sections: Vec<SectionView<'a>>,
    symbols: SymbolTable<'a>,
    version: Version,
}

impl<'a> View<'a> {
    /// Checks header, hash, sections, symbols and version of a file.
    pub fn open(file: &'a [u8], limits: Limits) -> Result<View<'a>, ReadError> {
        let header = Header::decode(file)?;
        let start = header_start(file);
        let in_header = |field: usize, fault: Fault| fault.at(Part::Header, start + field as u64);
        let fields = RawHeader::AT;
        let hash = module_hash(file).unwrap_or_default();
        if hash != header.module_hash {
            let fault = Fault::new(format!("hash {hash:016x}"), format!("hash {:016x}", header.module_hash));
            return Err(in_header(fields.module_hash, fault));
        }
        let sections = sections(file, &header)?;
        let packed = sections.iter().filter(|section| section.packed != Compression::None);
        let unpacked = packed.fold(0u64, |sum, section| sum.saturating_add(section.vsize));
        if unpacked > limits.unpacked {
            let fault = Fault::new(
                format!("at most {} bytes in packed sections", limits.unpacked),
                unpacked.to_string(),
            );
            return Err(fault.at(Part::Sections, table_start(&header)));
        }

        let required = |kind: SectionKind| {
            sections.iter().find(|section| section.kind == kind).ok_or_else(|| {
                Fault::new(format!("a section {kind}"), "none").at(Part::Sections, table_start(&header))
            })
        };
        let symtab = required(SectionKind::SymTab)?;
        let strtab = required(SectionKind::StrTab)?;
        let version = required(SectionKind::Version)?;
        if symtab.offset != header.symbol_table_offset {
            let fault = Fault::new(format!("{}", symtab.offset), format!("{}", header.symbol_table_offset));
            return Err(in_header(fields.symbol_table_offset, fault));
        }
        if symtab.size != u64::from(header.symbol_count) * RawSymbol::SIZE as u64 {
            let fault = Fault::new(
                format!("{} bytes of symbols", symtab.size),
                format!("{} symbols", header.symbol_count),
            );
            return Err(in_header(fields.symbol_count, fault));
        }
        let primary = primary_code(&sections, &header).map(|section| section.vsize);
        let symbols = SymbolTable::decode(symtab, strtab, primary)?;
        let version = Version::decode(Cursor::new(version.stored, version.origin(Part::Version)))?;

        let exported = symbols.iter().filter(|symbol| symbol.is_exported()).count();
        if exported != header.exported_count as usize {
            let fault = Fault::new(format!("{exported} exported symbols"), header.exported_count.to_string());
            return Err(in_header(fields.exported_count, fault));
        }
        check_entry(header.entry_point, header.flags.executable, primary)
            .map_err(|fault| in_header(fields.entry_point, fault))?;
        let view = View { file, header, sections, symbols, version };
        if view.of_kind(SectionKind::SrcMap).is_none() && view.header.source_hash != 0 {
            let fault = Fault::new("0 without sources", format!("{:016x}", view.header.source_hash));
            return Err(in_header(fields.source_hash, fault));
        }
        if view.of_kind(SectionKind::TemplateCode).is_none() {
            let orphan = view.symbols.iter().find(|symbol| symbol.role == Role::Template);
            if let Some(symbol) = orphan {
                let fault =
                    Fault::new("a section of templates", format!("only the symbol `{}`", symbol.name));
                return Err(fault.at(Part::Sections, table_start(&view.header)));
            }
        }
        Ok(view)
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The file that was opened.
    pub fn file(&self) -> &'a [u8] {
        self.file
    }

    /// What stands in front of the module.
    pub fn stub(&self) -> &'a [u8] {
        // `sections` has compared the size with the file.
        &self.file[..self.header.stub_size as usize]
    }

    /// All sections in the order of the file.
    pub fn sections(&self) -> &[SectionView<'a>] {
        &self.sections
    }

    /// The section of a name; for code see [`crate::CodeTarget::section_name`].
    pub fn section(&self, name: &str) -> Option<&SectionView<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The code for the header's arch.
    pub fn primary_code(&self) -> Option<&SectionView<'a>> {
        primary_code(&self.sections, &self.header)
    }

    /// All symbols.
    pub fn symbols(&self) -> &SymbolTable<'a> {
        &self.symbols
    }

    /// The symbol of a name.
    pub fn symbol(&self, name: &str) -> Option<&SymbolView<'a>> {
        self.symbols.get(name)
    }

    /// Who made the module, and for what.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The templates. Unpacks them; decodes none.
    pub fn templates(&self) -> Result<Templates<'_, 'a>, ReadError> {
        match self.of_kind(SectionKind::TemplateCode) {
            None => Ok(Templates::none(&self.symbols)),
            Some(section) => {
                Templates::open(section.contents()?, section.origin(Part::Templates), &self.symbols)
            }
        }
    }

    /// Counts and specialisations.
    pub fn meta(&self) -> Result<Meta, ReadError> {
        match self.of_kind(SectionKind::TemplateMeta) {
            None => Ok(Meta::default()),
            Some(section) => Meta::decode(Cursor::new(&section.contents()?, section.origin(Part::Meta))),
        }
    }

    /// Sources and lines; the header's source hash is compared.
    pub fn source_map(&self) -> Result<SourceMap, ReadError> {
        let Some(section) = self.of_kind(SectionKind::SrcMap) else { return Ok(SourceMap::default()) };
        let cursor_origin = section.origin(Part::SourceMap);
        let map = SourceMap::decode(Cursor::new(&section.contents()?, cursor_origin), &self.symbols)?;
        let hash = source_hash(&map.files);
        if hash != self.header.source_hash {
            let fault = Fault::new(
                format!("hash {hash:016x} of the sources"),
                format!("{:016x}", self.header.source_hash),
            );
            let at = header_start(self.file) + RawHeader::AT.source_hash as u64;
            return Err(fault.at(Part::Header, at));
        }
        Ok(map)
    }

    /// The notes as they stand there; empty without any.
    pub fn notes(&self) -> Result<Notes, ReadError> {
        let Some(section) = self.of_kind(SectionKind::Note) else { return Ok(Notes::default()) };
        let origin = section.origin(Part::Notes);
        let bytes = section.contents()?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let at = error.valid_up_to();
            origin.error(at, Fault::new("UTF-8", format!("byte {:#04x}", bytes[at])))
        })?;
        Notes::from_sdn(text).map_err(|error| {
            let found = format!("{} (line {}, column {})", error.found, error.line, error.column);
            origin.error(error.offset, Fault::new(error.expected, found))
        })
    }

    /// Everything as a value of its own, every table checked.
    pub fn to_module(&self) -> Result<Module, ReadError> {
        let templates = self.templates()?;
        let templates: Vec<_> =
            templates.iter().map(|template| Ok(template?.to_template())).collect::<Result<_, ReadError>>()?;
        let meta = self.meta()?;
        let counts = TemplateCounts::of(templates.iter().map(|template| template.kind));
        if meta.counts != counts {
            let at = self.of_kind(SectionKind::TemplateMeta).map_or(0, |section| section.file_offset);
            return Err(Fault::new(format!("{counts:?}"), format!("{:?}", meta.counts)).at(Part::Meta, at));
        }
        let sections = self.sections.iter().filter_map(|section| {
            let payload = section.kind.payload()?;
            Some(payload_section(section, payload))
        });
        Ok(Module {
            stub: self.stub().to_vec(),
            platform: self.header.platform,
            arch: self.header.arch,
            flags: self.header.flags,
            compression: self.header.compression,
            entry_point: self.header.entry_point,
            app: self.header.app,
            version: self.version.clone(),
            sections: sections.collect::<Result<_, _>>()?,
            symbols: self.symbols.iter().map(SymbolView::to_symbol).collect(),
            templates,
            specialisations: meta.specialisations,
            source_map: self.source_map()?,
            notes: self.notes()?,
        })
    }

    fn of_kind(&self, kind: SectionKind) -> Option<&SectionView<'a>> {
        self.sections.iter().find(|section| section.kind == kind)
    }
}

fn payload_section(section: &SectionView<'_>, payload: Payload) -> Result<Section, ReadError> {
    let contents = if payload == Payload::Bss {
        Contents::Zeros(section.vsize)
    } else {
        Contents::Bytes(section.contents()?.into_owned())
    };
    Ok(Section {
        payload,
        name: section.name.to_owned(),
        access: section.access,
        align: section.align,
        contents,
    })
}

/// The code for the header's arch.
fn primary_code<'v, 'a>(sections: &'v [SectionView<'a>], header: &Header) -> Option<&'v SectionView<'a>> {
    let name = CodeTarget::Machine(header.arch).section_name();
    sections.iter().find(|section| section.kind == SectionKind::Code && section.name == name)
}

/// The rule for the entry point, on both ways. `primary` is the size of the primary code.
pub(crate) fn check_entry(entry: u64, executable: bool, primary: Option<u64>) -> Result<(), Fault> {
    let fits = match primary {
        Some(size) if executable => entry < size,
        Some(_) | None => entry == 0,
    };
    if fits {
        return Ok(());
    }
    let expected = match primary {
        Some(size) if executable => format!("an entry point in {size} bytes of primary code"),
        Some(_) | None => "entry point 0".to_owned(),
    };
    Err(Fault::new(expected, entry.to_string()))
}

fn header_start(file: &[u8]) -> u64 {
    file.len().saturating_sub(HEADER_SIZE) as u64
}

/// Where the section table is in the file. Only for errors: it may lie outside.
fn table_start(header: &Header) -> u64 {
    u64::from(header.smf_data_offset).saturating_add(header.section_table_offset)
}

/// The section table: it ends where the header begins, and the sections lie before it in order, each where the one before it and its
/// alignment put it, with zeros between.
fn sections<'a>(file: &'a [u8], header: &Header) -> Result<Vec<SectionView<'a>>, ReadError> {
    let start = header_start(file);
    let in_header = |field: usize, fault: Fault| fault.at(Part::Header, start + field as u64);
    let fields = RawHeader::AT;
    let table_size = u64::from(header.section_count) * RawSection::SIZE as u64;
    let table_at = header.section_table_offset.checked_add(u64::from(header.smf_data_offset));
    let Some(table_at) = table_at.filter(|at| at.checked_add(table_size) == Some(start)) else {
        let fault = Fault::new(
            format!("a section table that ends at byte {start}"),
            format!(
                "{} entries at {} + {}",
                header.section_count, header.smf_data_offset, header.section_table_offset
            ),
        );
        return Err(in_header(fields.section_table_offset, fault));
    };
    // All within the file from here on, so that the conversions keep their values.
    let (data_at, table_at) = (header.smf_data_offset as usize, table_at as usize);
    let data = &file[data_at..table_at];
    let mut sections: Vec<SectionView<'a>> = Vec::with_capacity(header.section_count as usize);
    let mut names = BTreeSet::new();
    let mut end = 0;
    let (entries, _) = file[table_at..start as usize].as_chunks::<{ RawSection::SIZE }>();
    for (index, entry) in entries.iter().enumerate() {
        let at = (table_at + index * RawSection::SIZE) as u64;
        let section = SectionView::decode(entry, at, data, data_at as u64, header.compression)?;
        let begin = align_up(end, section.align);
        if section.offset != begin {
            let fault =
                Fault::new(format!("`{}` at offset {begin}", section.name), section.offset.to_string());
            return Err(fault.at(Part::Sections, at + RawSection::AT.offset as u64));
        }
        zeros(file, data_at as u64 + end, data_at as u64 + begin, Part::Contents)?;
        end = begin + section.size;
        let before = sections.last().map_or(0, |before| before.kind.rank());
        if section.kind.rank() < before {
            let fault = Fault::new("tables behind code and data, by type", format!("`{}`", section.name));
            return Err(fault.at(Part::Sections, at + RawSection::AT.kind as u64));
        }
        if !names.insert(section.name) {
            let fault = Fault::new("each name once", format!("`{}` again", section.name));
            return Err(fault.at(Part::Sections, at + RawSection::AT.name as u64));
        }
        sections.push(section);
    }
    if header.section_table_offset != align_up(end, TABLE_ALIGN) {
        let fault = Fault::new(
            format!("the section table at offset {}", align_up(end, TABLE_ALIGN)),
            header.section_table_offset.to_string(),
        );
        return Err(in_header(fields.section_table_offset, fault));
    }
    zeros(file, data_at as u64 + end, table_at as u64, Part::Contents)?;
    let expected = data_offset(u64::from(header.stub_size), sections.iter().map(|section| section.align));
    if u64::from(header.smf_data_offset) != expected {
        let fault = Fault::new(expected.to_string(), header.smf_data_offset.to_string());
        return Err(in_header(fields.smf_data_offset, fault));
    }
    zeros(file, u64::from(header.stub_size), data_at as u64, Part::Header)?;
    Ok(sections)
}

/// Where the data begins behind a stub.
pub(crate) fn data_offset(stub: u64, aligns: impl Iterator<Item = u64>) -> u64 {
    align_up(stub, aligns.fold(DATA_ALIGN, u64::max))
}

/// The least multiple of `align`, a power of two, that is not below `at`. Both are far below 2^64.
pub(crate) fn align_up(at: u64, align: u64) -> u64 {
    (at + (align - 1)) & !(align - 1)
}

/// The bytes between two places of the file must be zero.
fn zeros(file: &[u8], from: u64, to: u64, part: Part) -> Result<(), ReadError> {
    match file[from as usize..to as usize].iter().position(|&byte| byte != 0) {
        None => Ok(()),
        Some(index) => {
            let at = from + index as u64;
            Err(Fault::new("zeros between sections", format!("{:#04x}", file[at as usize])).at(part, at))
        }
    }
}

/// The symbols of a file, by the hash of their name.
#[derive(Clone, Debug)]
pub struct SymbolTable<'a> {
    symbols: Vec<SymbolView<'a>>,
}

impl<'a> SymbolTable<'a> {
    fn decode(
        symtab: &SectionView<'a>,
        strtab: &SectionView<'a>,
        primary: Option<u64>,
    ) -> Result<SymbolTable<'a>, ReadError> {
        let origin = symtab.origin(Part::Symbols);
        let names_origin = strtab.origin(Part::Strings);
        let (entries, _) = symtab.stored.as_chunks::<{ RawSymbol::SIZE }>();
        let mut symbols: Vec<SymbolView<'a>> = Vec::with_capacity(entries.len());
        let mut name_at = 0;
        for (index, entry) in entries.iter().enumerate() {
            let name = name_at_byte(strtab.stored, name_at, names_origin)?;
            let at = index * RawSymbol::SIZE;
            let symbol = SymbolView::decode(entry, at, origin, name_at, name, primary)?;
            if let Some(last) = symbols.last()
                && last.key() >= symbol.key()
            {
                let fault = Fault::new(
                    format!("a symbol behind `{}`, by the hash of the name", last.name),
                    format!("`{name}`"),
                );
                return Err(origin.error(at, fault));
            }
            name_at += name.len() + 1;
            symbols.push(symbol);
        }
        if name_at != strtab.stored.len() {
            let left = strtab.stored.len() - name_at;
            return Err(
                names_origin.error(name_at, Fault::new("the end of the names", format!("{left} more bytes")))
            );
        }
        Ok(SymbolTable { symbols })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, SymbolView<'a>> {
        self.symbols.iter()
    }

    /// The symbol of a name: a binary search over hashes.
    pub fn get(&self, name: &str) -> Option<&SymbolView<'a>> {
        let key = (name_hash(name), name);
        let index = self.symbols.binary_search_by(|symbol| symbol.key().cmp(&key)).ok()?;
        self.symbols.get(index)
    }

    /// The symbol at a place in the table.
    pub(crate) fn at(&self, index: u32) -> Option<&SymbolView<'a>> {
        self.symbols.get(index as usize)
    }
}

/// The name that begins at byte `at` of the strings.
fn name_at_byte(strings: &[u8], at: usize, origin: Origin) -> Result<&str, ReadError> {
    let rest = &strings[at..];
    let Some(length) = rest.iter().position(|&byte| byte == 0) else {
        return Err(origin.error(at, Fault::new("a name and a zero", "the end of the names")));
    };
    std::str::from_utf8(&rest[..length]).map_err(|error| {
        let bad = error.valid_up_to();
        origin.error(at + bad, Fault::new("a name in UTF-8", format!("byte {:#04x}", rest[bad])))
    })
}
