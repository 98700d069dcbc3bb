//! Generic MIR as text, for people and for tests.

use crate::build;
use crate::generic::{Body, Callee, Const, End, Local, Operand, Place, Proj, Root, Rvalue, Stmt, StmtKind};
use base::{Budget, Exhausted, Interner, Symbol};
use sema::hir::{FnId, FnKind, GlobalId, Program, TraitRef, UnOp};
use sema::ty::{Ty, TyId};
use std::fmt::Write;

/// The body as text.
///
/// `_1` is a local, `move _1` takes its value, `inout _1` hands it out and gets it back; everything else is read in place.
pub fn text(program: &Program, names: &Interner, body: &Body) -> String {
    let mut printer = Printer { program, names, out: String::new() };
    printer.body(body);
    printer.out
}

/// The templates of all functions of a program but the standard library's, in order.
///
/// # Errors
/// [`Exhausted`] when the budget is used up.
pub fn program_text(program: &Program, names: &Interner, budget: &mut Budget) -> Result<String, Exhausted> {
    let mut all = String::new();
    for (id, function) in program.fns.iter() {
        if let (FnKind::Body(_), false) = (&function.kind, function.is_std) {
            if !all.is_empty() {
                all.push('\n');
            }
            all.push_str(&text(program, names, &build::template(program, id, budget)?));
        }
    }
    Ok(all)
}

/// A type as it is written. Type parameters are numbered: `'0`.
pub fn type_text(program: &Program, names: &Interner, ty: TyId) -> String {
    let mut printer = Printer { program, names, out: String::new() };
    printer.ty(ty);
    printer.out
}

struct Printer<'a> {
    program: &'a Program,
    names: &'a Interner,
    out: String,
}

impl Printer<'_> {
    /// Writing to a text does not fail.
    fn put(&mut self, args: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(args);
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut print: impl FnMut(&mut Self, T)) {
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            print(self, item);
        }
    }

    fn body(&mut self, body: &Body) {
        self.put(format_args!("fn {}(", self.program.fns[body.id].path));
        self.list(&body.params, |p, &local| p.declaration(body, local));
        self.out.push_str(") -> ");
        self.list(&body.results, |p, &ty| p.ty(ty));
        self.out.push_str(" {\n");
        for &local in &body.captures {
            self.out.push_str("    capture ");
            self.declaration(body, local);
            self.out.push('\n');
        }
        if let Some(local) = body.self_closure {
            self.out.push_str("    self closure ");
            self.declaration(body, local);
            self.out.push('\n');
        }
        for local in body.locals.ids() {
            let inputs = [&body.params, &body.captures];
            if inputs.iter().any(|list| list.contains(&local)) || body.self_closure == Some(local) {
                continue;
            }
            self.out.push_str("    let ");
            self.declaration(body, local);
            self.out.push('\n');
        }
        for (id, block) in body.blocks.iter() {
            self.put(format_args!("\n    {id}:\n"));
            for stmt in &block.stmts {
                self.out.push_str("        ");
                self.stmt(stmt);
                self.out.push('\n');
            }
            self.out.push_str("        ");
            self.end(&block.end);
            self.out.push('\n');
        }
        self.out.push_str("}\n");
    }

    fn declaration(&mut self, body: &Body, local: Local) {
        let decl = &body.locals[local];
        self.put(format_args!("{local}"));
        if let Some(name) = decl.name {
            self.out.push(' ');
            self.name(name);
        }
        self.out.push_str(": ");
        self.ty(decl.ty);
    }

    fn name(&mut self, name: Symbol) {
        self.out.push_str(self.names.name(name));
    }

    // -- statements and ends ----------------------------------------------------------------------------------

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Set(local, rvalue) => {
                self.put(format_args!("{local} = "));
                self.rvalue(rvalue);
            }
            StmtKind::Store(place, operand) => {
                self.out.push_str("store ");
                self.place(place);
                self.out.push_str(" = ");
                self.operand(operand);
            }
            StmtKind::Update(place, op, operand) => {
                self.out.push_str("update ");
                self.place(place);
                self.put(format_args!(" {}= ", op.symbol()));
                self.operand(operand);
            }
            StmtKind::Drop(local) => self.put(format_args!("drop {local}")),
        }
    }

    fn end(&mut self, end: &End) {
        match end {
            End::Goto(block) => self.put(format_args!("goto {block}")),
            End::Branch(operand, yes, no) => {
                self.out.push_str("branch ");
                self.operand(operand);
                self.put(format_args!(", {yes}, {no}"));
            }
            End::SwitchVariant(place, cases, default) => {
                self.out.push_str("switch ");
                self.place(place);
                for (variant, block) in cases {
                    self.put(format_args!(", {variant}: {block}"));
                }
                self.put(format_args!(", else {default}"));
            }
            End::Return(operands) => {
                self.out.push_str("return ");
                self.operands(operands);
            }
            End::Raise(kind, message) => {
                self.put(format_args!("raise {kind:?}"));
                if let Some(message) = message {
                    self.out.push_str(", ");
                    self.operand(message);
                }
            }
            End::Suspend(state, resume) => self.put(format_args!("suspend {state} {resume}")),
            End::Unreachable => self.out.push_str("unreachable"),
        }
    }

    // -- values -----------------------------------------------------------------------------------------------

    fn place(&mut self, place: &Place) {
        match place.root {
            Root::Local(local) => self.put(format_args!("{local}")),
            Root::Global(id) => self.global(id),
        }
        for step in &place.path {
            match step {
                Proj::Field(index) => self.put(format_args!(".{index}")),
                Proj::Variant(variant, index) => self.put(format_args!(".v{variant}.{index}")),
                Proj::Some => self.out.push('?'),
                Proj::Index(operand) => {
                    self.out.push('[');
                    self.operand(operand);
                    self.out.push(']');
                }
            }
        }
    }

    fn global(&mut self, id: GlobalId) {
        self.out.push('@');
        self.name(self.program.globals[id].name);
    }

    fn operands(&mut self, operands: &[Operand]) {
        self.list(operands, |p, operand| p.operand(operand));
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Copy(place) => self.place(place),
            Operand::Move(local) => self.put(format_args!("move {local}")),
            Operand::InOut(place) => {
                self.out.push_str("inout ");
                self.place(place);
            }
            Operand::Const(value, ty) => self.constant(value, *ty),
        }
    }

    fn constant(&mut self, value: &Const, ty: TyId) {
        match value {
            Const::Int(bits) => match self.program.types.get(ty) {
                Ty::Int(int) if int.bits == 64 && int.signed => self.put(format_args!("{}", *bits as i64)),
                _ => {
                    self.put(format_args!("{bits}"));
                    self.ty(ty);
                }
            },
            Const::Float(value) => {
                self.put(format_args!("{value:?}"));
                if !matches!(self.program.types.get(ty), Ty::Float { bits: 64 }) {
                    self.ty(ty);
                }
            }
            Const::Bool(value) => self.put(format_args!("{value}")),
            Const::Text(value) => self.put(format_args!("{value:?}")),
            Const::Nil => {
                self.out.push_str("nil ");
                self.ty(ty);
            }
            Const::Unit => self.out.push_str("()"),
        }
    }

    fn rvalue(&mut self, rvalue: &Rvalue) {
        match rvalue {
            Rvalue::Use(a) => return self.operand(a),
            Rvalue::Binary(op, a, b) => {
                self.operand(a);
                self.put(format_args!(" {} ", op.symbol()));
                return self.operand(b);
            }
            Rvalue::Unary(op, a) => {
                self.out.push_str(match op {
                    UnOp::Neg => "-",
                    UnOp::Not => "not ",
                    UnOp::BitNot => "~",
                });
                return self.operand(a);
            }
            Rvalue::Truthy(_) => self.out.push_str("truthy "),
            Rvalue::Coerce(_) => self.out.push_str("coerce "),
            Rvalue::Cast(_) => self.out.push_str("cast "),
            Rvalue::Construct(variant, _) => {
                self.out.push_str("construct ");
                if let Some(variant) = variant {
                    self.put(format_args!("v{variant} "));
                }
            }
            Rvalue::Some(_) => self.out.push_str("some "),
            Rvalue::Tuple(_) => self.out.push_str("tuple "),
            Rvalue::Array(_) => self.out.push_str("array "),
            Rvalue::Repeat(..) => self.out.push_str("repeat "),
            Rvalue::Dict => self.out.push_str("dict"),
            Rvalue::Range(_, end, inclusive) => {
                self.out.push_str(match (end, inclusive) {
                    (None, _) => "range from ",
                    (Some(_), false) => "range ",
                    (Some(_), true) => "range through ",
                });
            }
            Rvalue::Slice(base, bounds) => {
                self.out.push_str("slice ");
                self.operand(base);
                for bound in bounds {
                    self.out.push_str(", ");
                    match bound {
                        Some(bound) => self.operand(bound),
                        None => self.out.push('_'),
                    }
                }
                return;
            }
            Rvalue::Show(_, None) => self.out.push_str("show "),
            Rvalue::Show(_, Some(spec)) => self.put(format_args!("show {spec:?} ")),
            Rvalue::Closure(id, args, _) => {
                self.out.push_str("closure ");
                self.function(*id, args);
                self.out.push(' ');
            }
            Rvalue::FnValue(id, args) => {
                self.out.push_str("fn ");
                self.function(*id, args);
            }
            Rvalue::Call(callee, args) => {
                self.callee(callee);
                self.out.push('(');
                self.operands(args);
                return self.out.push(')');
            }
            Rvalue::Member(base, name) => {
                self.out.push_str("member ");
                self.operand(base);
                self.out.push('.');
                return self.name(*name);
            }
            Rvalue::IsVariant(_, variant) => self.put(format_args!("is v{variant} ")),
            Rvalue::IsSome(_) => self.out.push_str("is some "),
            Rvalue::Is(_, ty) => {
                self.out.push_str("is ");
                self.ty(*ty);
                self.out.push(' ');
            }
            Rvalue::Len(_) => self.out.push_str("len "),
            Rvalue::IterStart(_) => self.out.push_str("iter start "),
            Rvalue::IterMore(..) => self.out.push_str("iter more "),
            Rvalue::IterItem(..) => self.out.push_str("iter item "),
            Rvalue::IterNext(..) => self.out.push_str("iter next "),
        }
        self.list(rvalue.operands(), |p, operand| p.operand(operand));
    }

    fn callee(&mut self, callee: &Callee) {
        self.out.push_str("call ");
        match callee {
            Callee::Fn(id, args) => self.function(*id, args),
            Callee::Trait { trait_, method, self_ty, args } => {
                self.out.push('<');
                self.ty(*self_ty);
                self.out.push_str(" as ");
                self.trait_(trait_);
                self.out.push_str(">.");
                match self.program.traits[trait_.id].methods.get(*method as usize) {
                    Some(&(name, _)) => self.name(name),
                    None => self.put(format_args!("{method}")),
                }
                self.type_args(args);
            }
            Callee::Dyn { trait_, method } => {
                self.out.push_str("dyn ");
                self.trait_(trait_);
                self.put(format_args!(".{method}"));
            }
            Callee::Member { name, statement } => {
                self.out.push_str(if *statement { "statement ." } else { "." });
                self.name(*name);
            }
            Callee::Value(operand) => {
                self.out.push('(');
                self.operand(operand);
                self.out.push(')');
            }
        }
    }

    fn function(&mut self, id: FnId, args: &[TyId]) {
        self.out.push_str(&self.program.fns[id].path);
        self.type_args(args);
    }

    fn type_args(&mut self, args: &[TyId]) {
        if !args.is_empty() {
            self.out.push('<');
            self.list(args, |p, &ty| p.ty(ty));
            self.out.push('>');
        }
    }

    fn trait_(&mut self, trait_: &TraitRef) {
        self.name(self.program.traits[trait_.id].name);
        self.type_args(&trait_.args);
    }

    fn ty(&mut self, id: TyId) {
        match self.program.types.get(id) {
            Ty::Error => self.out.push_str("<error>"),
            Ty::Never => self.out.push_str("never"),
            Ty::Unit => self.out.push_str("()"),
            Ty::Bool => self.out.push_str("bool"),
            Ty::Int(int) => self.put(format_args!("{}{}", if int.signed { 'i' } else { 'u' }, int.bits)),
            Ty::Float { bits } => self.put(format_args!("f{bits}")),
            Ty::Text => self.out.push_str("text"),
            Ty::Any => self.out.push_str("any"),
            Ty::Range => self.out.push_str("Range"),
            Ty::Number(n) => self.put(format_args!("{n}")),
            Ty::Array(elem) => {
                self.out.push('[');
                self.ty(*elem);
                self.out.push(']');
            }
            Ty::Dict(key, value) => {
                self.out.push('{');
                self.ty(*key);
                self.out.push_str(": ");
                self.ty(*value);
                self.out.push('}');
            }
            Ty::Tuple(items) => {
                self.out.push('(');
                self.list(items, |p, &ty| p.ty(ty));
                self.out.push(')');
            }
            Ty::Option(inner) => {
                self.ty(*inner);
                self.out.push('?');
            }
            Ty::Fn(params, ret) => {
                self.out.push_str("fn(");
                self.list(params, |p, &ty| p.ty(ty));
                self.out.push_str(") -> ");
                self.ty(*ret);
            }
            Ty::Adt(adt, args) => {
                let adt = &self.program.adts[*adt];
                self.name(adt.name);
                self.type_args(args);
            }
            Ty::Dyn(trait_, args) => {
                self.out.push_str("dyn ");
                self.name(self.program.traits[*trait_].name);
                self.type_args(args);
            }
            Ty::Param(n) => self.put(format_args!("'{n}")),
        }
    }
}
