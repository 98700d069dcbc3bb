//! A program's module, taken apart.

use abi::exports::{self, Library};
use abi::module::{self, Places};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, KnownCustom, Name, Parser,
    Payload, TypeRef,
};

/// A module as the compiler writes it.
pub struct Program<'a> {
    pub types: Vec<FuncType>,
    /// Names and types of the runtime's functions that it imports; they come first among its functions.
    pub imports: Vec<(&'a str, u32)>,
    /// Types and bodies of the others.
    pub funcs: Vec<(u32, FunctionBody<'a>)>,
    /// Functions in its table, from its beginning.
    pub elements: Vec<u32>,
    /// Exported functions.
    pub exports: BTreeMap<&'a str, u32>,
    /// What it copies into its memory.
    pub data: &'a [u8],
    /// What its functions are called.
    pub names: Vec<(u32, &'a str)>,
    pub places: Places,
    /// What it has for users; nothing in a program that is only run.
    pub library: Option<Library>,
}

impl<'a> Program<'a> {
    /// Reads a module.
    ///
    /// # Errors
    /// It is malformed, or not what the compiler writes.
    pub fn read(module: &'a [u8]) -> Result<Program<'a>> {
        let mut program = Program {
            types: Vec::new(),
            imports: Vec::new(),
            funcs: Vec::new(),
            elements: Vec::new(),
            exports: BTreeMap::new(),
            data: &[],
            names: Vec::new(),
            places: Places::default(),
            library: None,
        };
        let mut func_types = Vec::new();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(reader) => {
                    program.types = reader.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        let import = import?;
                        if import.module != module::RUNTIME {
                            bail!("the module imports `{}.{}`", import.module, import.name);
                        }
                        match import.ty {
                            TypeRef::Func(ty) => program.imports.push((import.name, ty)),
                            TypeRef::Memory(_) => {}
                            _ => bail!("the module imports `{}`, which is no function", import.name),
                        }
                    }
                }
                Payload::FunctionSection(reader) => {
                    func_types = reader.into_iter().collect::<Result<Vec<u32>, _>>()?;
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            program.exports.insert(export.name, export.index);
                        }
                    }
                }
                Payload::ElementSection(reader) => {
                    for segment in reader {
                        let segment = segment?;
                        let (ElementKind::Active { .. }, ElementItems::Functions(items)) =
                            (segment.kind, segment.items)
                        else {
                            bail!("elements of a kind that the compiler does not write")
                        };
                        program.elements = items.into_iter().collect::<Result<_, _>>()?;
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::DataSection(reader) => {
                    for segment in reader {
                        let segment = segment?;
                        let DataKind::Passive = segment.kind else {
                            bail!("data of a kind that the compiler does not write")
                        };
                        program.data = segment.data;
                    }
                }
                Payload::CustomSection(custom) if custom.name() == module::PLACES => {
                    program.places = Places::decode(custom.data())
                        .map_err(|wrong| anyhow::anyhow!("the module's source places: {wrong}"))?;
                }
                Payload::CustomSection(custom) if custom.name() == exports::SECTION => {
                    let library = Library::decode(custom.data());
                    let library =
                        library.map_err(|wrong| anyhow::anyhow!("the module's exports: {wrong}"))?;
                    program.library = Some(library);
                }
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(reader) = custom.as_known() {
                        for part in reader {
                            let Name::Function(names) = part? else { continue };
                            for name in names {
                                let name = name?;
                                program.names.push((name.index, name.name));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        if !module::is_of_this_version(program.data) {
            bail!("the module was made for another version of the runtime");
        }
        program.funcs = func_types.into_iter().zip(bodies).collect();
        Ok(program)
    }

    /// The type of a function that is not imported.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn type_of(&self, func: u32) -> Result<u32> {
        let defined = (func as usize).checked_sub(self.imports.len());
        Ok(defined.and_then(|index| self.funcs.get(index)).context("no such function")?.0)
    }

    /// The number of an exported function.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn export(&self, name: &str) -> Result<u32> {
        self.exports.get(name).copied().with_context(|| format!("the module has no `{name}`"))
    }
}
