//! The typed tree as text, for inspection and tests.

use crate::hir::{
    AdtKind, Body, Callee, Cond, DictElement, Exit, Expr, ExprKind, Fn, FnId, FnKind, FormatPart, Generic,
    LocalId, Pat, PatKind, Program, Receiver, TraitRef,
};
use crate::ty::TyId;
use base::{Cx, EntityId, Symbol};
use std::fmt::Write;

/// All declarations and functions of a program, without those of the standard library.
pub fn dump_hir(cx: &Cx, program: &Program) -> String {
    let mut dump = Dump::new(cx, program);
    for (id, adt) in program.adts.iter() {
        if dump.is_user(adt.span) {
            dump.adt(id);
        }
    }
    for (id, global) in program.globals.iter() {
        let ty = dump.ty(global.ty);
        dump.line(&format!("global {id} {}: {ty}", cx.names.name(global.name)));
    }
    for (id, function) in program.fns.iter() {
        if !function.is_std {
            dump.function(id, function);
        }
    }
    dump.out
}

/// One line for each function of a program: its type.
pub fn dump_signatures(cx: &Cx, program: &Program) -> String {
    let mut dump = Dump::new(cx, program);
    for function in program.fns.values() {
        if !function.is_std && function.path != "<lambda>" && function.path != "<module>" {
            let line = dump.signature(function);
            dump.line(&line);
        }
    }
    dump.out
}

struct Dump<'d> {
    /// Numbers of the program's own functions: they do not change with the standard library.
    numbers: Vec<usize>,
    cx: &'d Cx,
    program: &'d Program,
    out: String,
    indent: usize,
    params: Vec<Symbol>,
}

impl<'d> Dump<'d> {
    fn new(cx: &'d Cx, program: &'d Program) -> Dump<'d> {
        let mut count = 0;
        let numbers = program
            .fns
            .values()
            .map(|function| {
                count += usize::from(!function.is_std);
                count.saturating_sub(1)
            })
            .collect();
        Dump { numbers, cx, program, out: String::new(), indent: 0, params: Vec::new() }
    }

    fn id(&self, id: FnId) -> String {
        format!("f{}", self.numbers[id.index()])
    }

    fn is_user(&self, span: base::Span) -> bool {
        !self.cx.sources.file(span.file).path.starts_with("std/")
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.indent * 2);
    }

    fn name(&self, name: Symbol) -> &str {
        self.cx.names.name(name)
    }

    fn ty(&self, ty: TyId) -> String {
        crate::show_type(self.cx, self.program, ty, &self.params)
    }

    fn tys(&self, list: &[TyId]) -> String {
        list.iter().map(|&ty| self.ty(ty)).collect::<Vec<_>>().join(", ")
    }

    fn args(&self, list: &[TyId]) -> String {
        if list.is_empty() { String::new() } else { format!("<{}>", self.tys(list)) }
    }

    fn trait_ref(&self, trait_: &TraitRef) -> String {
        format!("{}{}", self.name(self.program.traits[trait_.id].name), self.args(&trait_.args))
    }

    fn generics(&mut self, list: &[Generic]) -> String {
        self.params = list.iter().map(|generic| generic.name).collect();
        if list.is_empty() {
            return String::new();
        }
        let items: Vec<String> = list
            .iter()
            .map(|generic| {
                let mut bounds: Vec<String> =
                    generic.bounds.iter().map(|bound| self.trait_ref(bound)).collect();
                bounds.extend(generic.lacks.iter().map(|bound| format!("!{}", self.trait_ref(bound))));
                let name = match generic.constant {
                    Some(ty) => return format!("const {}: {}", self.name(generic.name), self.ty(ty)),
                    None => self.name(generic.name),
                };
                if bounds.is_empty() { name.to_owned() } else { format!("{name}: {}", bounds.join(" + ")) }
            })
            .collect();
        format!("<{}>", items.join(", "))
    }

    fn adt(&mut self, id: crate::ty::AdtId) {
        let program = self.program;
        let adt = &program.adts[id];
        let generics = self.generics(&adt.generics);
        let name = self.name(adt.name).to_owned();
        let fields = |this: &Self, list: &[crate::hir::Field]| {
            list.iter()
                .map(|field| match field.name {
                    Some(name) => format!("{}: {}", this.name(name), this.ty(field.ty)),
                    None => this.ty(field.ty),
                })
                .collect::<Vec<_>>()
                .join(", ")
        };
        let text = match &adt.kind {
            AdtKind::Struct(list) => format!("struct {name}{generics} {{ {} }}", fields(self, list)),
            AdtKind::Class(list) => format!("class {name}{generics} {{ {} }}", fields(self, list)),
            AdtKind::Enum(variants) => {
                let list: Vec<String> = variants
                    .iter()
                    .map(|variant| {
                        format!(
                            "{}({}) = {}",
                            self.name(variant.name),
                            fields(self, &variant.fields),
                            variant.discriminant
                        )
                    })
                    .collect();
                format!("enum {name}{generics} {{ {} }}", list.join("; "))
            }
        };
        self.line(&text);
    }

    fn signature(&mut self, function: &Fn) -> String {
        let generics = self.generics(&function.generics);
        let receiver = match function.receiver {
            Receiver::InOut => "inout ",
            Receiver::Value | Receiver::None => "",
        };
        format!(
            "fn {}{generics}({receiver}{}) -> {}",
            function.path,
            self.tys(&function.params),
            self.ty(function.ret)
        )
    }

    fn function(&mut self, id: FnId, function: &Fn) {
        let id = self.id(id);
        let signature = self.signature(function);
        match &function.kind {
            FnKind::Body(body) => {
                self.line(&format!("{id} {signature}:"));
                self.indent += 1;
                self.body(body);
                self.indent -= 1;
            }
            FnKind::Template | FnKind::Required => self.line(&format!("{id} {signature}")),
            FnKind::Runtime(f) => self.line(&format!("{id} {signature} = {}", f.name())),
            FnKind::Intrinsic(f) => self.line(&format!("{id} {signature} = {}", f.name())),
            FnKind::Host => self.line(&format!("{id} {signature} = host")),
        }
    }

    fn body(&mut self, body: &Body) {
        let local = |this: &Self, id: LocalId| {
            let info = &body.locals[id];
            format!("{}{}: {}", this.name(info.name), id.index(), this.ty(info.ty))
        };
        let list = |this: &Self, ids: &[LocalId]| {
            ids.iter().map(|&id| local(this, id)).collect::<Vec<_>>().join(", ")
        };
        if !body.params.is_empty() {
            let text = list(self, &body.params);
            self.line(&format!("params {text}"));
        }
        if !body.captures.is_empty() {
            let text = list(self, &body.captures);
            self.line(&format!("captures {text}"));
        }
        if let Some(own) = body.self_closure {
            let text = local(self, own);
            self.line(&format!("itself {text}"));
        }
        self.statement(&body.value, body);
    }

    /// An expression over lines of its own, where it is a block or has blocks.
    fn statement(&mut self, expr: &Expr, body: &Body) {
        match &expr.kind {
            ExprKind::Block { stmts, value } => {
                for stmt in stmts {
                    self.statement(stmt, body);
                }
                if let Some(value) = value {
                    self.statement(value, body);
                }
            }
            ExprKind::If { cond, then, otherwise } => {
                let cond = self.cond(cond, body);
                self.line(&format!("if {cond}: {}", self.ty(expr.ty)));
                self.nested(then, body);
                if let Some(otherwise) = otherwise {
                    self.line("else:");
                    self.nested(otherwise, body);
                }
            }
            ExprKind::Match { value, arms, exhaustive } => {
                let value = self.expr(value, body);
                let rest = if *exhaustive { "" } else { " (or nil)" };
                self.line(&format!("match {value}: {}{rest}", self.ty(expr.ty)));
                self.indent += 1;
                for arm in arms {
                    let pat = self.pat(&arm.pat, body);
                    let guard = arm
                        .guard
                        .as_ref()
                        .map(|guard| format!(" if {}", self.expr(guard, body)))
                        .unwrap_or_default();
                    self.line(&format!("{pat}{guard} ->"));
                    self.nested(&arm.body, body);
                }
                self.indent -= 1;
            }
            ExprKind::While { id, cond, body: inner } => {
                let cond = self.cond(cond, body);
                self.line(&format!("while {id} {cond}:"));
                self.nested(inner, body);
            }
            ExprKind::For { id, index, pat, iter, body: inner } => {
                let index = index.map(|index| format!("{}, ", self.local(index, body))).unwrap_or_default();
                let (pat, iter) = (self.pat(pat, body), self.expr(iter, body));
                self.line(&format!("for {id} {index}{pat} in {iter}:"));
                self.nested(inner, body);
            }
            ExprKind::Loop { id, body: inner } => {
                self.line(&format!("loop {id}: {}", self.ty(expr.ty)));
                self.nested(inner, body);
            }
            ExprKind::Defer { exit, body: inner } => {
                let exit = match exit {
                    Exit::Any => "defer".to_owned(),
                    Exit::Success(local) => format!("defer success {}", self.local(*local, body)),
                    Exit::Error(None) => "defer error".to_owned(),
                    Exit::Error(Some(local)) => format!("defer error {}", self.local(*local, body)),
                };
                self.line(&format!("{exit}:"));
                self.nested(inner, body);
            }
            ExprKind::Finally { body: inner, cleanup } => {
                self.line(&format!("do: {}", self.ty(expr.ty)));
                self.nested(inner, body);
                self.line("finally:");
                self.nested(cleanup, body);
            }
            ExprKind::Let { pat, init } => {
                let (pat, init) = (self.pat_typed(pat, body), self.expr(init, body));
                self.line(&format!("let {pat} = {init}"));
            }
            ExprKind::LetElse { pat, init, otherwise } => {
                let (pat, init) = (self.pat_typed(pat, body), self.expr(init, body));
                self.line(&format!("let {pat} = {init} else:"));
                self.nested(otherwise, body);
            }
            _ => {
                let text = self.expr(expr, body);
                self.line(&text);
            }
        }
    }

    fn nested(&mut self, expr: &Expr, body: &Body) {
        self.indent += 1;
        self.statement(expr, body);
        self.indent -= 1;
    }

    fn local(&self, id: LocalId, body: &Body) -> String {
        format!("{}{}", self.name(body.locals[id].name), id.index())
    }

    fn cond(&mut self, cond: &Cond, body: &Body) -> String {
        match cond {
            Cond::Expr(expr) => self.expr(expr, body),
            Cond::Let { pat, value } => format!("let {} = {}", self.pat(pat, body), self.expr(value, body)),
        }
    }

    fn list(&mut self, list: &[Expr], body: &Body) -> String {
        list.iter().map(|expr| self.expr(expr, body)).collect::<Vec<_>>().join(", ")
    }

    fn bound(&mut self, expr: Option<&Expr>, body: &Body) -> String {
        expr.map(|expr| self.expr(expr, body)).unwrap_or_default()
    }

    /// A statement inside an expression, on one line.
    fn inline(&mut self, expr: &Expr, body: &Body) -> String {
        let out = std::mem::take(&mut self.out);
        let indent = std::mem::replace(&mut self.indent, 0);
        self.statement(expr, body);
        self.indent = indent;
        let text = std::mem::replace(&mut self.out, out);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        format!("{{ {} }}", lines.join("; "))
    }

    fn expr(&mut self, expr: &Expr, body: &Body) -> String {
        match &expr.kind {
            ExprKind::Int(value) => match self.ty(expr.ty).as_str() {
                "i64" => (*value as i64).to_string(),
                ty => format!("{}{ty}", *value as i64),
            },
            ExprKind::Float(value) => format!("{value:?}"),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Text(text) => format!("{text:?}"),
            ExprKind::Format(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| match part {
                        FormatPart::Text(text) => format!("{text:?}"),
                        FormatPart::Value(value, None) => self.expr(value, body),
                        FormatPart::Value(value, Some(spec)) => format!("{}:{spec}", self.expr(value, body)),
                    })
                    .collect();
                format!("format({})", parts.join(", "))
            }
            ExprKind::Nil => format!("nil:{}", self.ty(expr.ty)),
            ExprKind::Unit => "()".to_owned(),
            ExprKind::Local(id) => self.local(*id, body),
            ExprKind::Global(id) => format!("{}@{id}", self.name(self.program.globals[*id].name)),
            ExprKind::FnValue(id, args) => format!("&{}{}", self.program.fns[*id].path, self.args(args)),
            ExprKind::Closure { id, captures, .. } => {
                format!("closure {}[{}]", self.id(*id), self.list(captures, body))
            }
            ExprKind::Construct { variant, fields } => {
                let variant = variant.map(|index| format!("#{index}")).unwrap_or_default();
                format!("{}{variant}({})", self.ty(expr.ty), self.list(fields, body))
            }
            ExprKind::Some(inner) => format!("some({})", self.expr(inner, body)),
            ExprKind::Tuple(items) => format!("({})", self.list(items, body)),
            ExprKind::Array(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|(spread, item)| {
                        format!("{}{}", if *spread { "*" } else { "" }, self.expr(item, body))
                    })
                    .collect();
                format!("[{}]:{}", items.join(", "), self.ty(expr.ty))
            }
            ExprKind::Repeat(value, count) => {
                format!("[{}; {}]", self.expr(value, body), self.expr(count, body))
            }
            ExprKind::Dict(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| match item {
                        DictElement::Pair(key, value) => {
                            format!("{}: {}", self.expr(key, body), self.expr(value, body))
                        }
                        DictElement::Spread(value) => format!("**{}", self.expr(value, body)),
                    })
                    .collect();
                format!("{{{}}}:{}", items.join(", "), self.ty(expr.ty))
            }
            ExprKind::Range { start, end, inclusive } => {
                let dots = if *inclusive { "..=" } else { ".." };
                format!("{}{dots}{}", self.expr(start, body), self.bound(end.as_deref(), body))
            }
            ExprKind::Binary(op, left, right) => {
                format!(
                    "({} {} {}):{}",
                    self.expr(left, body),
                    op.symbol(),
                    self.expr(right, body),
                    self.ty(expr.ty)
                )
            }
            ExprKind::And(left, right) => {
                format!("({} and {})", self.expr(left, body), self.expr(right, body))
            }
            ExprKind::Or(left, right) => format!("({} or {})", self.expr(left, body), self.expr(right, body)),
            ExprKind::Unary(op, inner) => {
                let sign = match op {
                    crate::hir::UnOp::Neg => "-",
                    crate::hir::UnOp::Not => "not ",
                    crate::hir::UnOp::BitNot => "~",
                };
                format!("{sign}{}", self.expr(inner, body))
            }
            ExprKind::Truthy(inner) => format!("truth({})", self.expr(inner, body)),
            ExprKind::Coerce(inner) => format!("to<{}>({})", self.ty(expr.ty), self.expr(inner, body)),
            ExprKind::Cast(inner) => format!("({} as {})", self.expr(inner, body), self.ty(expr.ty)),
            ExprKind::Call(call) => {
                let callee = match &call.callee {
                    Callee::Fn(id, args) => format!("{}{}", self.program.fns[*id].path, self.args(args)),
                    Callee::Trait { trait_, method, self_ty, args } => format!(
                        "<{} as {}>.{}{}",
                        self.ty(*self_ty),
                        self.trait_ref(trait_),
                        self.name(self.program.traits[trait_.id].methods[*method as usize].0),
                        self.args(args)
                    ),
                    Callee::Dyn { trait_, method } => format!("dyn {}.{method}", self.trait_ref(trait_)),
                    Callee::Member { name, statement } => {
                        format!("?.{}{}", self.name(*name), if *statement { "!" } else { "" })
                    }
                    Callee::Value(value) => format!("({})", self.expr(value, body)),
                };
                format!("{callee}({})", self.list(&call.args, body))
            }
            ExprKind::Field(base, index) => format!("{}.{index}", self.expr(base, body)),
            ExprKind::Member(base, name) => format!("{}?.{}", self.expr(base, body), self.name(*name)),
            ExprKind::Index(base, index) => {
                format!("{}[{}]:{}", self.expr(base, body), self.expr(index, body), self.ty(expr.ty))
            }
            ExprKind::Slice { base, start, end, step } => format!(
                "{}[{}:{}:{}]",
                self.expr(base, body),
                self.bound(start.as_deref(), body),
                self.bound(end.as_deref(), body),
                self.bound(step.as_deref(), body)
            ),
            ExprKind::Try(inner) => format!("{}?", self.expr(inner, body)),
            ExprKind::Coalesce(left, right) => {
                format!("({} ?? {})", self.expr(left, body), self.expr(right, body))
            }
            ExprKind::Assign { place, op, value } => {
                let op = op.map(crate::hir::BinOp::symbol).unwrap_or_default();
                format!("{} {op}= {}", self.expr(place, body), self.expr(value, body))
            }
            ExprKind::Break(id, value) => match value {
                Some(value) => format!("break {id} {}", self.expr(value, body)),
                None => format!("break {id}"),
            },
            ExprKind::Continue(id) => format!("continue {id}"),
            ExprKind::Suspend(_) => "suspend".to_owned(),
            ExprKind::Return(value) => match value {
                Some(value) => format!("return {}", self.expr(value, body)),
                None => "return".to_owned(),
            },
            ExprKind::Assert { cond, message } => {
                let message = message
                    .as_ref()
                    .map(|message| format!(", {}", self.expr(message, body)))
                    .unwrap_or_default();
                format!("assert {}{message}", self.expr(cond, body))
            }
            ExprKind::Error => "error".to_owned(),
            ExprKind::Block { .. }
            | ExprKind::Let { .. }
            | ExprKind::LetElse { .. }
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::While { .. }
            | ExprKind::For { .. }
            | ExprKind::Defer { .. }
            | ExprKind::Finally { .. }
            | ExprKind::Loop { .. } => self.inline(expr, body),
        }
    }

    fn pat_typed(&mut self, pat: &Pat, body: &Body) -> String {
        format!("{}: {}", self.pat(pat, body), self.ty(pat.ty))
    }

    fn pats(&mut self, list: &[Pat], body: &Body) -> String {
        list.iter().map(|pat| self.pat(pat, body)).collect::<Vec<_>>().join(", ")
    }

    fn pat(&mut self, pat: &Pat, body: &Body) -> String {
        match &pat.kind {
            PatKind::Wild => "_".to_owned(),
            PatKind::Bind(id) => self.local(*id, body),
            PatKind::Literal(literal) => self.expr(literal, body),
            PatKind::Range { start, end, inclusive } => format!(
                "{}{}{}",
                self.bound(start.as_deref(), body),
                if *inclusive { "..=" } else { ".." },
                self.bound(end.as_deref(), body)
            ),
            PatKind::Or(list) => list.iter().map(|pat| self.pat(pat, body)).collect::<Vec<_>>().join(" | "),
            PatKind::Tuple(items) => format!("({})", self.pats(items, body)),
            PatKind::Array { first, rest, last } => {
                let rest = match rest {
                    None => String::new(),
                    Some(None) => ", ..".to_owned(),
                    Some(Some(id)) => format!(", ..{}", self.local(*id, body)),
                };
                format!("[{}{rest} {}]", self.pats(first, body), self.pats(last, body))
            }
            PatKind::Struct(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(index, pat)| format!("{index}: {}", self.pat(pat, body))).collect();
                format!("{{{}}}", fields.join(", "))
            }
            PatKind::Variant { variant, args } => format!("#{variant}({})", self.pats(args, body)),
            PatKind::Some(inner) => format!("some({})", self.pat(inner, body)),
            PatKind::Nil => "nil".to_owned(),
            PatKind::Is(ty, inner) => format!("is {} {}", self.ty(*ty), self.pat(inner, body)),
        }
    }
}
