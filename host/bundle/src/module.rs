//! The module that is written: what is in it, and how the parts of other modules are numbered in it.

use std::collections::BTreeMap;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, ImportSection, MemorySection, Module, NameMap,
    NameSection, RefType, TableSection, TableType, TypeSection, ValType,
};

/// Parts of a module, in the making.
#[derive(Default)]
pub struct Parts {
    types: TypeSection,
    known_types: BTreeMap<(Vec<ValType>, Vec<ValType>), u32>,
    pub imports: ImportSection,
    functions: FunctionSection,
    pub tables: TableSection,
    tables_len: u32,
    pub memories: MemorySection,
    pub globals: GlobalSection,
    pub exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    pub data: DataSection,
    names: NameMap,
}

impl Parts {
    /// The number of a function type.
    pub fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let next = self.known_types.len() as u32;
        *self.known_types.entry((params.to_vec(), results.to_vec())).or_insert_with(|| {
            self.types.ty().function(params.iter().copied(), results.iter().copied());
            next
        })
    }

    /// Adds a function. They are numbered behind the imports.
    pub fn function(&mut self, ty: u32, body: &Function) {
        self.functions.function(ty);
        self.code.function(body);
    }

    /// Adds a table with functions at places.
    pub fn table(&mut self, elements: &BTreeMap<u32, u32>) {
        let size = elements.last_key_value().map_or(0, |(&last, _)| u64::from(last) + 1);
        self.tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: size,
            maximum: Some(size),
            shared: false,
        });
        // Functions beside each other are one run.
        let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
        for (&place, &func) in elements {
            match runs.last_mut() {
                Some((first, run)) if *first + run.len() as u32 == place => run.push(func),
                _ => runs.push((place, vec![func])),
            }
        }
        for (first, run) in runs {
            let table = Some(self.tables_len).filter(|&table| table > 0);
            self.elements.active(table, &ConstExpr::i32_const(first as i32), Elements::Functions(run.into()));
        }
        self.tables_len += 1;
    }

    /// Names a function, in the order of their numbers.
    pub fn name(&mut self, func: u32, name: &str) {
        self.names.append(func, name);
    }

    /// Exports a function.
    pub fn export(&mut self, name: &str, func: u32) {
        self.exports.export(name, ExportKind::Func, func);
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        let mut names = NameSection::new();
        names.functions(&self.names);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tables);
        module.section(&self.memories).section(&self.globals).section(&self.exports).section(&self.elements);
        module.section(&DataCountSection { count: self.data.len() });
        module.section(&self.code).section(&self.data).section(&names);
        module.finish()
    }
}

/// What the parts of another module are numbered in the new one.
pub struct Numbers<'a> {
    pub funcs: &'a BTreeMap<u32, u32>,
    pub types: &'a [u32],
    /// Its one table.
    pub table: u32,
    /// Its first segment of data.
    pub data: u32,
}

/// A part that is not in the new module.
#[derive(Debug)]
pub struct Absent(&'static str, u32);

impl std::fmt::Display for Absent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} is needed and was left out", self.0, self.1)
    }
}

impl std::error::Error for Absent {}

impl Reencode for Numbers<'_> {
    type Error = Absent;

    fn function_index(&mut self, func: u32) -> Result<u32, Error<Absent>> {
        self.funcs.get(&func).copied().ok_or(Error::UserError(Absent("function", func)))
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<Absent>> {
        self.types.get(ty as usize).copied().ok_or(Error::UserError(Absent("type", ty)))
    }

    fn table_index(&mut self, _: u32) -> Result<u32, Error<Absent>> {
        Ok(self.table)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, Error<Absent>> {
        Ok(self.data + data)
    }
}
