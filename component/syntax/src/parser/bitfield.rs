//! `bitfield R(u16):` with fields of some bits each, lowest first: a struct around the number, with a method that reads and one that sets
//! each field.

use super::Parser;
use crate::ast::{
    BinOp, Block, Expr, ExprKind, Field, Fn, FnKind, Generics, Item, ItemKind, Name, Param, Stmt, StmtKind,
    Struct, Type, TypeKind,
};
use crate::token::T;
use base::{Code, Diagnostic, Span};

/// The field of the struct that holds the number.
const BITS: &str = "raw_bits";

/// What the bits of a field are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsigned,
    Signed,
    Bool,
}

/// Where a field stands in the number.
#[derive(Clone, Copy)]
struct Part {
    name: Name,
    kind: Kind,
    offset: u32,
    width: u32,
}

impl Parser<'_> {
    /// At the word before a name and the type of the number.
    pub(super) fn at_bitfield(&mut self) -> bool {
        self.t == T::Bitfield && self.next_kind().is_name() && self.kind_ahead(2) == T::LParen
    }

    pub(super) fn bitfield(&mut self) -> ItemKind {
        self.bump();
        let name = self.bump_name();
        let open = self.here();
        let backing = self.bracketed(|parser| {
            let backing = parser.any_word("the type of the number");
            parser.close(T::RParen, open);
            backing
        });
        let Some(backing) = backing else { return ItemKind::NotYet(name) };
        let size = match self.cx.names.name(backing.sym) {
            "u8" => 8,
            "u16" => 16,
            "u32" => 32,
            "u64" => 64,
            _ => {
                let diagnostic = Diagnostic::new(
                    Code::UnknownType,
                    backing.span,
                    "a bitfield is a `u8`, `u16`, `u32` or `u64`",
                );
                self.report(diagnostic);
                64
            }
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut offset = 0;
        self.members(|parser| {
            if parser.filler() {
                return;
            }
            let Some(part) = parser.bits(offset) else { return };
            offset += part.width;
            if offset > size && offset - part.width <= size {
                let diagnostic = Diagnostic::new(
                    Code::BadNumber,
                    part.name.span,
                    format!("the fields up to here have {offset} bits, the number has {size}"),
                )
                .help("make fields narrower, or take a wider number");
                parser.report(diagnostic);
            }
            parts.push(part);
        });
        let span = name.span;
        let ty = named_type(backing);
        let bits = Name { sym: self.intern(BITS), span };
        let mut methods = vec![self.raw(backing), self.set_raw(backing)];
        for part in parts {
            if self.cx.names.name(part.name.sym) != "_" && part.offset + part.width <= size {
                methods.push(self.getter(part, backing));
                methods.push(self.setter(part, backing));
            }
        }
        ItemKind::Struct(Struct {
            name,
            generics: Generics::default(),
            is_class: false,
            fields: vec![Field { name: bits, ty, default: None }],
            methods,
            mixins: Vec::new(),
            forwards: Vec::new(),
            invariants: Vec::new(),
        })
    }

    /// `name: bool`, `name: u4`, `name: i6`, `name: 3`.
    fn bits(&mut self, offset: u32) -> Option<Part> {
        let name = self.any_word("the name of a field")?;
        self.expect(T::Colon, "a field is written `name: u4`, `name: bool` or `name: 4`");
        let span = self.here();
        let text = self.text_of(span).to_owned();
        let (kind, digits) = match text.as_bytes().first() {
            Some(b'u') => (Kind::Unsigned, &text[1..]),
            Some(b'i') => (Kind::Signed, &text[1..]),
            _ => (Kind::Unsigned, &text[..]),
        };
        let (kind, width) = match digits.parse::<u32>() {
            _ if text == "bool" => (Kind::Bool, 1),
            Ok(width @ 1..=64) => (kind, width),
            Ok(_) | Err(_) => {
                self.fail_expected(
                    "a number of bits",
                    "a field is written `name: u4`, `name: bool` or `name: 4`",
                );
                return None;
            }
        };
        self.bump();
        Some(Part { name, kind, offset, width })
    }

    /// `fn raw() -> u16: self.raw_bits`.
    fn raw(&mut self, backing: Name) -> Item {
        let value = self.self_bits(backing.span);
        let name = self.intern("raw");
        self.bits_method(
            Name { sym: name, span: backing.span },
            FnKind::Fn,
            None,
            Some(named_type(backing)),
            StmtKind::Expr(value),
        )
    }

    /// `me set_raw(value: u16): self.raw_bits = value`.
    fn set_raw(&mut self, backing: Name) -> Item {
        let target = self.self_bits(backing.span);
        let param = Name { sym: self.intern("value"), span: backing.span };
        let value = Expr { kind: ExprKind::Name(param.sym), span: backing.span };
        let name = Name { sym: self.intern("set_raw"), span: backing.span };
        let param = Some((param, named_type(backing)));
        self.bits_method(name, FnKind::Me, param, None, StmtKind::Assign { target, op: None, value })
    }

    /// The value of a field: the bits moved down and cut; of a signed one, the sign moved up and down again.
    fn getter(&mut self, part: Part, backing: Name) -> Item {
        let span = part.name.span;
        let number = |value: u64, suffix: Name| Expr { kind: ExprKind::Int(value, Some(suffix.sym)), span };
        let wide = Name { sym: self.intern("i64"), span };
        let moved = binary(BinOp::Shr, self.self_bits(span), number(u64::from(part.offset), wide), span);
        let cut = binary(BinOp::BitAnd, moved, number(mask(part.width), backing), span);
        let (value, ret) = match part.kind {
            Kind::Bool => {
                let value = binary(BinOp::Ne, cut, number(0, backing), span);
                (value, Name { sym: self.intern("bool"), span })
            }
            Kind::Unsigned => (cast(cut, wide, span), wide),
            Kind::Signed => {
                let free = number(u64::from(64 - part.width), wide);
                let up = binary(BinOp::Shl, cast(cut, wide, span), free.clone(), span);
                (binary(BinOp::Shr, up, free, span), wide)
            }
        };
        self.bits_method(part.name, FnKind::Fn, None, Some(named_type(ret)), StmtKind::Expr(value))
    }

    /// `me set_name(value)`: the field's bits cleared, then those of the value put in.
    fn setter(&mut self, part: Part, backing: Name) -> Item {
        let span = part.name.span;
        let number = |value: u64, suffix: Name| Expr { kind: ExprKind::Int(value, Some(suffix.sym)), span };
        let wide = Name { sym: self.intern("i64"), span };
        let (target, bits) = (self.self_bits(span), self.self_bits(span));
        let keep = number(
            !(mask(part.width) << part.offset) & mask(backing_size(self.cx.names.name(backing.sym))),
            backing,
        );
        let kept = binary(BinOp::BitAnd, bits, keep, span);
        let param = Name { sym: self.intern("value"), span };
        let value = Expr { kind: ExprKind::Name(param.sym), span };
        let cut = binary(BinOp::BitAnd, cast(value, backing, span), number(mask(part.width), backing), span);
        let moved = binary(BinOp::Shl, cut, number(u64::from(part.offset), wide), span);
        let value = binary(BinOp::BitOr, kept, moved, span);
        let ty = match part.kind {
            Kind::Bool => Name { sym: self.intern("bool"), span },
            Kind::Unsigned | Kind::Signed => wide,
        };
        let text = format!("set_{}", self.cx.names.name(part.name.sym));
        let name = Name { sym: self.intern(&text), span };
        let param = Some((param, named_type(ty)));
        self.bits_method(name, FnKind::Me, param, None, StmtKind::Assign { target, op: None, value })
    }

    /// `self.raw_bits`.
    fn self_bits(&mut self, span: Span) -> Expr {
        let own = Expr { kind: ExprKind::Name(self.intern("self")), span };
        let name = Name { sym: self.intern(BITS), span };
        Expr { kind: ExprKind::Field(Box::new(own), name), span }
    }

    fn bits_method(
        &mut self,
        name: Name,
        kind: FnKind,
        param: Option<(Name, Type)>,
        ret: Option<Type>,
        stmt: StmtKind,
    ) -> Item {
        let span = name.span;
        let params = param
            .into_iter()
            .map(|(name, ty)| Param { name, ty: Some(ty), default: None, mutable: false, variadic: false })
            .collect();
        let body = Some(Block { stmts: vec![Stmt { kind: stmt, span }], span });
        let function = Fn {
            name,
            generics: Generics::default(),
            params,
            explicit_self: None,
            ret,
            body,
            kind,
            is_extern: false,
        };
        Item { kind: ItemKind::Fn(function), public: true, attrs: Vec::new(), span }
    }
}

/// That many ones.
fn mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

fn backing_size(name: &str) -> u32 {
    name.trim_start_matches('u').parse().unwrap_or(64)
}

fn named_type(name: Name) -> Type {
    Type { kind: TypeKind::Path { path: vec![name], args: Vec::new() }, span: name.span }
}

fn binary(op: BinOp, left: Expr, right: Expr, span: Span) -> Expr {
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span }
}

fn cast(value: Expr, ty: Name, span: Span) -> Expr {
    Expr { kind: ExprKind::Cast(Box::new(value), Box::new(named_type(ty))), span }
}
