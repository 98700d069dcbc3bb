//! The printer.

use super::lex::quote;
use super::unused_ty;
use crate::legal::{
    Block, BlockId, End, Export, Func, FuncId, Inst, LocId, Op, Program, Shape, Sig, Slot, Symbol,
    SymbolKind, Target, Value, counting,
};
use abi::types::{FieldDesc, VariantDesc, well_known};
use abi::{Repr, TypeDesc, TypeId, TypeKind};
use base::EntityId;
use std::fmt::{Display, Write};

/// The whole program.
pub fn print(program: &Program) -> String {
    let mut out = String::new();
    print_tables(program, &mut out).expect("writing to a String does not fail");
    for id in program.funcs.ids() {
        out.push('\n');
        out.push_str(&print_func(program, id));
    }
    out
}

/// One function of it.
pub fn print_func(program: &Program, id: FuncId) -> String {
    let mut printer =
        Printer { program, func: &program.funcs[id], out: String::new(), loc: program.funcs[id].loc };
    printer.func(id).expect("writing to a String does not fail");
    printer.out
}

fn print_tables(program: &Program, out: &mut String) -> std::fmt::Result {
    for file in &program.files {
        writeln!(out, "file {}", quote(file))?;
    }
    for (id, loc) in program.locs.iter() {
        write!(out, "{id} = {}:{}:{} {}", loc.file, loc.line, loc.column, quote(&loc.function))?;
        if loc.is_std {
            write!(out, " std")?;
        }
        if let Some(at) = loc.inlined_at {
            write!(out, " inlined {at}")?;
        }
        writeln!(out)?;
    }
    for (index, desc) in program.types.iter().enumerate().skip(well_known::FIRST_OWN as usize) {
        writeln!(out, "ty{index} = {}", type_text(desc))?;
    }
    for (id, sig) in program.sigs.iter() {
        writeln!(out, "{id} = {}", sig_text(sig))?;
    }
    for (id, slot) in program.slots.iter() {
        writeln!(out, "{id} = {}", slot_text(slot))?;
    }
    if !program.table.is_empty() {
        writeln!(out, "table = {}", list(&program.table))?;
    }
    if let Some(globals) = program.globals {
        writeln!(out, "globals = ty{}", globals.0)?;
    }
    for (index, symbol) in program.symbols.iter().enumerate() {
        writeln!(out, "symbol{index} = {}", symbol_text(symbol))?;
    }
    for export in &program.exports {
        writeln!(out, "export = {}", export_text(export))?;
    }
    if let Some(entry) = program.entry {
        writeln!(out, "entry = {entry}")?;
    }
    Ok(())
}

fn list<T: Display>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(T::to_string).collect();
    texts.join(", ")
}

fn reprs(items: &[Repr]) -> String {
    let names: Vec<&str> = items.iter().map(|repr| repr.name()).collect();
    format!("({})", names.join(", "))
}

fn sig_text(sig: &Sig) -> String {
    format!("{} -> {}", reprs(&sig.params), reprs(&sig.results))
}

fn slot_text(slot: &Slot) -> String {
    match slot {
        Slot::Text(text) => format!("text {}", quote(text)),
        Slot::Type(ty) => format!("type ty{}", ty.0),
        Slot::Table(index) => format!("table {index}"),
        Slot::Globals => "globals".to_owned(),
        Slot::Symbol(index) => format!("symbol{index}"),
        Slot::Host(name, frame) => format!("host {} ty{}", quote(name), frame.0),
    }
}

fn symbol_text(symbol: &Symbol) -> String {
    let name = quote(&symbol.name);
    let kind = match &symbol.kind {
        SymbolKind::Code(funcs) => format!("code {name} ({})", list(funcs)),
        SymbolKind::Import(len) => format!("import {name} {len}"),
        SymbolKind::Variable { ty, initialiser: None } => format!("variable {name} ty{}", ty.0),
        SymbolKind::Variable { ty, initialiser: Some(by) } => {
            format!("variable {name} ty{} set symbol{by}", ty.0)
        }
    };
    let value = if symbol.is_value { " value" } else { "" };
    format!("{kind} is {} {}{value}", symbol.signature, symbol.content)
}

fn export_text(Export { func, signature }: &Export) -> String {
    let param = |(name, ty): &(String, TypeId)| format!("{} ty{}", quote(name), ty.0);
    let params: Vec<String> = signature.params.iter().map(param).collect();
    format!("{} {func} ({}) ty{}", quote(&signature.name), params.join(", "), signature.result.0)
}

fn type_text(desc: &TypeDesc) -> String {
    let mut text = match &desc.kind {
        TypeKind::Unit => "unit".to_owned(),
        TypeKind::Bool => "bool".to_owned(),
        TypeKind::Int { signed: true } => "int".to_owned(),
        TypeKind::Int { signed: false } => "uint".to_owned(),
        TypeKind::Float => "float".to_owned(),
        TypeKind::Text => "text".to_owned(),
        TypeKind::Any => "any".to_owned(),
        TypeKind::Range => "range".to_owned(),
        TypeKind::Array { elem } => format!("array ty{}", elem.0),
        TypeKind::Dict { key, value } => format!("dict ty{} ty{}", key.0, value.0),
        TypeKind::Tuple(fields) => format!("tuple {}", fields_text(fields)),
        TypeKind::Struct { name, fields } => format!("struct {} {}", quote(name), fields_text(fields)),
        TypeKind::Class { name, fields } => format!("class {} {}", quote(name), fields_text(fields)),
        TypeKind::Enum { name, variants } => {
            let variants: Vec<String> = variants
                .iter()
                .map(|VariantDesc { name, fields }| format!("{} {}", quote(name), fields_text(fields)))
                .collect();
            format!("enum {} {{{}}}", quote(name), variants.join(", "))
        }
        TypeKind::Option { inner, niche } => {
            format!("option ty{}{}", inner.0, if *niche { " niche" } else { "" })
        }
        TypeKind::Fn => "fn".to_owned(),
        TypeKind::Closure { name, captures } => format!("closure {} {}", quote(name), fields_text(captures)),
        TypeKind::Dyn => "dyn".to_owned(),
        TypeKind::Box { inner } => format!("box ty{}", inner.0),
    };
    let leaves: Vec<String> =
        desc.leaves.iter().map(|leaf| format!("{}@{}", leaf.repr.name(), leaf.offset)).collect();
    text.push_str(&format!(" leaves [{}] size {}", leaves.join(", "), desc.size));
    if desc.boxed {
        text.push_str(" boxed");
    }
    if desc.may_cycle {
        text.push_str(" cycle");
    }
    text
}

fn fields_text(fields: &[FieldDesc]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|field| format!("{}: ty{} [{}]", quote(&field.name), field.ty.0, list(&field.leaves)))
        .collect();
    format!("({})", fields.join(", "))
}

struct Printer<'a> {
    program: &'a Program,
    func: &'a Func,
    out: String,
    /// Of the instruction printed last.
    loc: LocId,
}

impl Printer<'_> {
    fn func(&mut self, id: FuncId) -> std::fmt::Result {
        let func = self.func;
        writeln!(self.out, "{id} {} {} @{} {{", quote(&func.name), sig_text(&func.sig), func.loc)?;
        self.unused()?;
        for (id, block) in func.blocks.iter() {
            self.block(id, block)?;
        }
        writeln!(self.out, "}}")
    }

    /// Values that nothing defines: the reader could not know of them.
    fn unused(&mut self) -> std::fmt::Result {
        let mut defined = vec![false; self.func.values.len()];
        for block in self.func.blocks.values() {
            for value in block.params.iter().chain(block.insts.iter().flat_map(|inst| &inst.results)) {
                if let Some(seen) = defined.get_mut(value.index()) {
                    *seen = true;
                }
            }
        }
        for (value, repr) in self.func.values.iter().filter(|(value, _)| !defined[value.index()]) {
            writeln!(self.out, "    unused {value}: {}", repr.name())?;
        }
        Ok(())
    }

    fn typed(&self, value: Value) -> String {
        match self.func.values.get(value) {
            Some(repr) => format!("{value}: {}", repr.name()),
            None => value.to_string(),
        }
    }

    fn block(&mut self, id: BlockId, block: &Block) -> std::fmt::Result {
        write!(self.out, "{id}")?;
        if !block.params.is_empty() {
            let params: Vec<String> = block.params.iter().map(|value| self.typed(*value)).collect();
            write!(self.out, "({})", params.join(", "))?;
        }
        writeln!(self.out, "{}:", if block.cold { " cold" } else { "" })?;
        for inst in &block.insts {
            self.inst(inst)?;
        }
        let end = match &block.end {
            End::Jump(target) => format!("jump {}", target_text(target)),
            End::Branch(value, a, b) => format!("branch {value}, {}, {}", target_text(a), target_text(b)),
            End::Switch(value, cases, default) => {
                let cases: Vec<String> = cases
                    .iter()
                    .map(|(constant, target)| format!("{constant}: {}", target_text(target)))
                    .collect();
                format!("switch {value} {{{}}} else {}", cases.join(", "), target_text(default))
            }
            End::Return(values) if values.is_empty() => "return".to_owned(),
            End::Return(values) => format!("return {}", list(values)),
            End::Unreachable => "unreachable".to_owned(),
        };
        writeln!(self.out, "    {end}")
    }

    fn inst(&mut self, inst: &Inst) -> std::fmt::Result {
        write!(self.out, "    ")?;
        let derived = self.program.result_types(inst);
        let always = inst.op.shape() == Shape::Call;
        let results: Vec<String> = inst
            .results
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let expected = derived.as_ref().and_then(|types| types.get(index));
                if always || expected != self.func.values.get(*value) {
                    self.typed(*value)
                } else {
                    value.to_string()
                }
            })
            .collect();
        if !results.is_empty() {
            write!(self.out, "{} = ", results.join(", "))?;
        }
        write!(self.out, "{}", inst.op.mnemonic())?;
        if unused_ty(inst.op.shape()) != Some(inst.ty) {
            write!(self.out, ".{}", inst.ty.name())?;
        }
        let operands = self.operands(inst);
        if !operands.is_empty() {
            write!(self.out, " {operands}")?;
        }
        if inst.loc != self.loc {
            write!(self.out, " @{}", inst.loc)?;
            self.loc = inst.loc;
        }
        if let Some(note) = self.note(inst) {
            write!(self.out, " ; {note}")?;
        }
        writeln!(self.out)
    }

    fn operands(&self, inst: &Inst) -> String {
        let args = list(&inst.args);
        match inst.op.shape() {
            Shape::Const => constant(inst),
            Shape::Slot => format!("slot{}", inst.imm),
            Shape::Unary
            | Shape::Binary
            | Shape::Compare
            | Shape::Convert
            | Shape::Select
            | Shape::Test
            | Shape::Poll => args,
            Shape::Load | Shape::Store => match inst.args.split_first() {
                Some((address, rest)) => {
                    let mut text = address.to_string();
                    if inst.imm != 0 {
                        let _ = write!(text, "+{}", inst.imm);
                    }
                    for value in rest {
                        let _ = write!(text, ", {value}");
                    }
                    text
                }
                None => args,
            },
            Shape::Count => {
                let mut text = args;
                for (flag, name) in COUNTING {
                    if inst.imm & flag != 0 {
                        let _ = write!(text, " {name}");
                    }
                }
                text
            }
            Shape::Call => format!("fn{}({args})", inst.imm),
            Shape::CallIndirect => format!("sig{}({args})", inst.imm),
            Shape::Runtime => match inst.runtime_fn() {
                Some(function) => format!("{}({args})", function.name()),
                None => format!("{}({args})", inst.imm),
            },
        }
    }

    /// What helps a reader and is not read back.
    fn note(&self, inst: &Inst) -> Option<String> {
        let index = usize::try_from(inst.imm).ok()?;
        let note = match inst.op.shape() {
            Shape::Slot => slot_text(self.program.slots.values().as_slice().get(index)?),
            Shape::Call => self.program.funcs.values().as_slice().get(index)?.name.clone(),
            Shape::Const
            | Shape::Unary
            | Shape::Binary
            | Shape::Compare
            | Shape::Convert
            | Shape::Select
            | Shape::Load
            | Shape::Store
            | Shape::Count
            | Shape::Test
            | Shape::CallIndirect
            | Shape::Runtime
            | Shape::Poll => return None,
        };
        Some(note.replace('\n', " "))
    }
}

/// Flags of counting instructions, with their printed names.
pub(super) const COUNTING: [(i64, &str); 2] =
    [(counting::NULLABLE, "nullable"), (counting::MAY_CYCLE, "may_cycle")];

/// Floats in decimal where that says all of the bits, else in hexadecimal.
fn constant(inst: &Inst) -> String {
    let decimal = match (inst.op, inst.ty) {
        (Op::FConst, Repr::F64) => format!("{:?}", f64::from_bits(inst.imm as u64)),
        (Op::FConst, Repr::F32) => format!("{:?}", f32::from_bits(inst.imm as u32)),
        _ => return inst.imm.to_string(),
    };
    if float_bits(&decimal, inst.ty) == Some(inst.imm) { decimal } else { format!("0x{:x}", inst.imm) }
}

/// The bits of a decimal float as an `imm`.
pub(super) fn float_bits(decimal: &str, ty: Repr) -> Option<i64> {
    let finite = decimal.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match ty {
        Repr::F32 if finite => Some(i64::from(decimal.parse::<f32>().ok()?.to_bits())),
        Repr::F64 if finite => Some(decimal.parse::<f64>().ok()?.to_bits() as i64),
        Repr::F32 | Repr::F64 | Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::Ref | Repr::Any => None,
    }
}

fn target_text(target: &Target) -> String {
    if target.args.is_empty() {
        target.block.to_string()
    } else {
        format!("{}({})", target.block, list(&target.args))
    }
}
