//! Values of declared types: constructors, variants, struct literals; and types as the left side of a dot.

use super::Infer;
use super::binding::Meaning;
use super::call::{Slot, Slots, SlotsOf};
use super::convert::Why;
use super::ity::{Con, T};
use super::member::Pick;
use super::places::Meant;
use super::tree::{IExpr, IKind};
use crate::hir::AdtKind;
use crate::modules::ExportedType;
use crate::scope::TypeDef;
use crate::ty::AdtId;
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, ExprKind};

impl<'a> Infer<'a> {
    // -- types in expressions ---------------------------------------------------------------------------

    /// The type that an expression names, if it is one: `Point`, `Box<i64>`, `Self`, `text`.
    pub fn type_path(&mut self, base: &'a ast::Expr) -> Option<T> {
        let (named, args) = match &base.kind {
            ExprKind::TypeApply(inner, args) => (&**inner, args.as_slice()),
            _ => (base, [].as_slice()),
        };
        let name = match &named.kind {
            ExprKind::Name(name) => *name,
            ExprKind::Field(module, name) => {
                let module = self.namespace(module)?;
                return match self.exported_type_of(module, name.sym)? {
                    ExportedType::Adt(adt) => Some(self.adt_with(adt, args, base.span)),
                    ExportedType::Alias(ty, 0) => Some(self.own_ty(ty)),
                    ExportedType::Alias(..) | ExportedType::Trait(_) => None,
                };
            }
            _ => return None,
        };
        match self.lookup(name, base.span) {
            Meaning::Bind(_)
            | Meaning::Number(..)
            | Meaning::Module(_)
            | Meaning::Global(_)
            | Meaning::Namespace(_)
            | Meaning::Fn(_) => None,
            Meaning::Adt(_) | Meaning::Unknown => self.named_type(name, args, base.span),
        }
    }

    /// A type by its name; missing type arguments are to be found.
    pub fn named_type(&mut self, name: Symbol, args: &'a [ast::Type], span: Span) -> Option<T> {
        let scope = self.items();
        if let Some((def, _)) = self.scopes.find_type(scope, name) {
            return match def {
                TypeDef::Adt(adt) => Some(self.adt_with(adt, args, span)),
                TypeDef::Own(ty) => Some(self.own_ty(ty)),
                TypeDef::Param(n) => Some(self.tt.con(Con::Param(n))),
                TypeDef::Alias(ty, at, generics) if generics.params.is_empty() => {
                    let ty = self.resolve_type(at, ty);
                    Some(self.own_ty(ty))
                }
                TypeDef::Resolved(ty, 0) => Some(self.own_ty(ty)),
                TypeDef::Resolved(..) | TypeDef::Alias(..) | TypeDef::Trait(_) | TypeDef::Mixin(..) => None,
            };
        }
        if let Some(ty) = self.builtin_type(name) {
            let ty = self.p.types.intern(ty);
            return Some(self.own_ty(ty));
        }
        match self.cx.names.name(name) {
            "Option" => {
                let inner = self.fresh();
                Some(self.tt.option(inner))
            }
            "List" | "Array" => {
                let elem = self.fresh();
                Some(self.tt.array(elem))
            }
            "Dict" | "Map" => {
                let (key, value) = (self.fresh(), self.fresh());
                Some(self.tt.dict(key, value))
            }
            _ => None,
        }
    }

    /// The type that an alias means.
    pub fn aliased(&mut self, name: Symbol, args: &'a [ast::Type], span: Span) -> Option<T> {
        let (def, _) = self.scopes.find_type(self.items(), name)?;
        match def {
            TypeDef::Alias(..) | TypeDef::Resolved(..) => self.named_type(name, args, span),
            TypeDef::Adt(_)
            | TypeDef::Trait(_)
            | TypeDef::Param(_)
            | TypeDef::Own(_)
            | TypeDef::Mixin(..) => None,
        }
    }

    /// A declared type with written type arguments, or with ones to be found.
    fn adt_with(&mut self, adt: AdtId, args: &'a [ast::Type], span: Span) -> T {
        let count = self.p.adts[adt].generics.len();
        let scope = self.items();
        if !args.is_empty() {
            let ty = self.applied_adt(scope, adt, args, span);
            return self.own_ty(ty);
        }
        let args: Vec<T> = (0..count).map(|_| self.fresh()).collect();
        self.adt_bounds(adt, &args, span);
        self.tt.app(Con::Adt(adt), args)
    }

    pub fn adt_bounds(&mut self, adt: AdtId, args: &[T], span: Span) {
        for (index, generic) in self.p.adts[adt].generics.clone().iter().enumerate() {
            for kind in self.bound_constraints(generic, args[index], args) {
                self.add(kind, span, None);
            }
        }
    }

    /// `Self` here.
    pub fn own_type_here(&mut self) -> Option<(Con, T)> {
        let (TypeDef::Own(ty), _) = self.scopes.find_type(self.items(), self.sy.own)? else { return None };
        let ty = self.own_ty(ty);
        Some((self.tt.con_of(ty)?, ty))
    }

    // -- structs and classes ----------------------------------------------------------------------------

    pub fn construct(
        &mut self,
        adt: AdtId,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let own = self.adt_with(adt, types.unwrap_or_default(), span);
        if self.tt.con_of(own) == Some(Con::Error) {
            self.effects(args);
            return self.error_expr(span);
        }
        self.hint_result(own, expect);
        self.construct_typed(adt, own, args, span)
    }

    pub fn construct_typed(&mut self, adt: AdtId, own: T, args: &'a [ast::Arg], span: Span) -> IExpr {
        let Some(slots) = self.field_slots(adt, own, span) else {
            self.effects(args);
            return self.error_expr(span);
        };
        let fields = self.arguments(&slots, args, span);
        let value = self.expr(IKind::Construct { variant: None, fields }, own, span);
        self.constructed(value)
    }

    fn field_slots(&mut self, adt: AdtId, own: T, span: Span) -> Option<Slots<'a>> {
        let name = self.name(self.p.adts[adt].name);
        let args = self.tt.head(own).map(|(_, args)| args.to_vec()).unwrap_or_default();
        let fields: Vec<_> = match &self.p.adts[adt].kind {
            AdtKind::Struct(fields) | AdtKind::Class(fields) => {
                fields.iter().map(|field| (field.name, field.ty)).collect()
            }
            AdtKind::Enum(variants) => {
                let example = variants.first().map(|variant| self.name(variant.name)).unwrap_or_default();
                self.report(
                    Diagnostic::new(
                        Code::NotCallable,
                        span,
                        format!("`{name}` is an enum: its values are its variants"),
                    )
                    .help(format!("write `{name}.{example}`")),
                );
                return None;
            }
        };
        let list = fields
            .into_iter()
            .enumerate()
            .map(|(index, (name, ty))| {
                let default = self.p.schemes.field_defaults.get(&(adt, index as u32)).copied();
                Slot::new(name, self.tt.import(&self.p.types, ty, &args), default)
            })
            .collect();
        let declared = Some(self.p.adts[adt].span);
        let of = SlotsOf::Fields(adt);
        Some(Slots { list, what: format!("`{name}`"), declared, is_constructor: true, args, of })
    }

    /// `Point { x: 1, y }`.
    pub fn record(
        &mut self,
        ty: &'a ast::Expr,
        fields: &'a [(ast::Name, ast::Expr)],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let own = match &ty.kind {
            ExprKind::Field(base, name) if self.namespace(base).is_none() => {
                let Some(own) = self.type_path(base) else {
                    self.not_a_type(ty);
                    return self.error_expr(span);
                };
                let Some(Con::Adt(adt)) = self.tt.con_of(own) else {
                    self.not_a_type(ty);
                    return self.error_expr(span);
                };
                let Some(variant) = self.variant_index(adt, name.sym) else {
                    self.not_a_type(ty);
                    return self.error_expr(span);
                };
                self.seen(name.span, Meant::Variant(adt, variant));
                self.hint_result(own, expect);
                let slots = self.variant_slots(adt, variant, own);
                let fields = self.named_values(&slots, fields, span);
                return self.expr(IKind::Construct { variant: Some(variant), fields }, own, span);
            }
            _ => self.type_path(ty),
        };
        let Some((own, Con::Adt(adt))) = own.and_then(|own| self.tt.con_of(own).map(|con| (own, con))) else {
            self.not_a_type(ty);
            return self.error_expr(span);
        };
        self.hint_result(own, expect);
        let Some(slots) = self.field_slots(adt, own, span) else { return self.error_expr(span) };
        let fields = self.named_values(&slots, fields, span);
        let value = self.expr(IKind::Construct { variant: None, fields }, own, span);
        self.constructed(value)
    }

    fn not_a_type(&mut self, ty: &'a ast::Expr) {
        let text = self.cx.sources.slice(ty.span).to_owned();
        self.report(Diagnostic::new(Code::UnknownType, ty.span, format!("there is no type called `{text}`")));
    }

    fn named_values(
        &mut self,
        slots: &Slots<'a>,
        fields: &'a [(ast::Name, ast::Expr)],
        span: Span,
    ) -> Vec<IExpr> {
        let mut values: Vec<Option<IExpr>> = slots.list.iter().map(|_| None).collect();
        for (name, value) in fields {
            let Some(index) = slots.list.iter().position(|slot| slot.name == Some(name.sym)) else {
                let text = self.name(name.sym);
                let known: Vec<String> =
                    slots.list.iter().filter_map(|slot| slot.name).map(|name| self.name(name)).collect();
                let mut diagnostic = Diagnostic::new(
                    Code::BadArguments,
                    name.span,
                    format!("{} has no field `{text}`", slots.what),
                );
                if let Some(close) = crate::names::closest(&text, known) {
                    diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
                }
                self.report(diagnostic);
                self.infer(value, None);
                continue;
            };
            self.seen_slot(slots, index, name.span);
            if values[index].is_some() {
                let text = self.name(name.sym);
                self.report(Diagnostic::new(
                    Code::BadArguments,
                    name.span,
                    format!("the field `{text}` is given twice"),
                ));
            }
            let why = Why::Field(self.name(name.sym));
            values[index] = Some(self.check(value, slots.list[index].ty, &why));
        }
        let mut list = Vec::new();
        let mut missing = Vec::new();
        for (value, slot) in values.into_iter().zip(&slots.list) {
            list.push(match (value, slot.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.default_value(default, slot, &slots.args, span),
                (None, None) => {
                    missing.push(format!("`{}`", slot.name.map(|name| self.name(name)).unwrap_or_default()));
                    self.error_expr(span)
                }
            });
        }
        if !missing.is_empty() {
            self.report(
                Diagnostic::new(Code::BadArguments, span, format!("{} lacks fields", slots.what))
                    .label(format!("missing: {}", missing.join(", "))),
            );
        }
        list
    }

    // -- enums ------------------------------------------------------------------------------------------

    pub fn variant_index(&self, adt: AdtId, name: Symbol) -> Option<u32> {
        let AdtKind::Enum(variants) = &self.p.adts[adt].kind else { return None };
        variants.iter().position(|variant| variant.name == name).map(|index| index as u32)
    }

    /// The variant that a bare name means: of the expected enum, or of the only enum that has it.
    pub fn bare_variant(&mut self, name: Symbol, expect: Option<T>, span: Span) -> Option<(AdtId, u32)> {
        let mut expect = expect.map(|ty| self.tt.shallow(ty));
        if let Some(ty) = expect
            && self.tt.con_of(ty) == Some(Con::Option)
        {
            expect = Some(self.tt.arg(ty, 0));
        }
        if let Some(Con::Adt(adt)) = expect.and_then(|ty| self.tt.con_of(ty))
            && let Some(variant) = self.variant_index(adt, name)
        {
            self.seen(span, Meant::Variant(adt, variant));
            return Some((adt, variant));
        }
        match *self.scopes.find_variants(self.items(), name) {
            [(adt, variant)] => {
                self.seen(span, Meant::Variant(adt, variant));
                Some((adt, variant))
            }
            _ => None,
        }
    }

    fn variant_slots(&mut self, adt: AdtId, variant: u32, own: T) -> Slots<'a> {
        let args = self.tt.head(own).map(|(_, args)| args.to_vec()).unwrap_or_default();
        let enum_name = self.name(self.p.adts[adt].name);
        let AdtKind::Enum(variants) = &self.p.adts[adt].kind else { unreachable!("an enum") };
        let variant = &variants[variant as usize];
        let what = format!("`{enum_name}.{}`", self.name(variant.name));
        let fields: Vec<_> = variant.fields.iter().map(|field| (field.name, field.ty)).collect();
        let list = fields
            .into_iter()
            .map(|(name, ty)| Slot::new(name, self.tt.import(&self.p.types, ty, &args), None))
            .collect();
        let declared = Some(self.p.adts[adt].span);
        Slots { list, what, declared, is_constructor: false, args, of: SlotsOf::Others }
    }

    pub fn construct_variant(
        &mut self,
        adt: AdtId,
        variant: u32,
        own: Option<T>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let own = match own {
            Some(own) => own,
            None => self.adt_with(adt, &[], span),
        };
        self.hint_result(own, expect);
        let slots = self.variant_slots(adt, variant, own);
        let fields = self.arguments(&slots, args, span);
        self.expr(IKind::Construct { variant: Some(variant), fields }, own, span)
    }

    /// A variant without parentheses: its value, or, with a payload, the function that makes it.
    pub fn variant_value(&mut self, adt: AdtId, variant: u32, expect: Option<T>, span: Span) -> IExpr {
        let own = self.adt_with(adt, &[], span);
        self.variant_of(adt, variant, own, expect, span)
    }

    fn variant_of(&mut self, adt: AdtId, variant: u32, own: T, expect: Option<T>, span: Span) -> IExpr {
        self.hint_result(own, expect);
        let slots = self.variant_slots(adt, variant, own);
        if slots.list.is_empty() {
            return self.expr(IKind::Construct { variant: Some(variant), fields: Vec::new() }, own, span);
        }
        let count = slots.list.len();
        self.report(
            Diagnostic::new(Code::BadArguments, span, format!("{} needs a payload", slots.what))
                .label(format!("{count} value{} expected", if count == 1 { "" } else { "s" }))
                .help("write the values in parentheses"),
        );
        self.error_expr(span)
    }

    /// `Some(e)`.
    pub fn some(&mut self, args: &'a [ast::Arg], expect: Option<T>, span: Span) -> IExpr {
        let [arg] = args else {
            self.report(Diagnostic::new(
                Code::BadArguments,
                span,
                format!("`Some` takes 1 argument, not {}", args.len()),
            ));
            self.effects(args);
            return self.error_expr(span);
        };
        let inner = match expect.map(|ty| self.tt.shallow(ty)) {
            Some(ty) if self.tt.con_of(ty) == Some(Con::Option) => Some(self.tt.arg(ty, 0)),
            _ => None,
        };
        let value = match inner {
            Some(inner) => self.check(&arg.value, inner, &Why::Argument(String::new())),
            None => self.infer(&arg.value, None),
        };
        let ty = self.tt.option(value.ty);
        self.expr(IKind::Some(Box::new(value)), ty, span)
    }

    /// `x is E.V`: a test of the variant.
    pub fn variant_test(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Option<IExpr> {
        use super::tree::{ICond, IPat, IPatKind};
        let (adt, variant) = match &right.kind {
            ExprKind::Field(base, name) => {
                let own = self.type_path(base)?;
                let Con::Adt(adt) = self.tt.con_of(own)? else { return None };
                let variant = self.variant_index(adt, name.sym)?;
                self.seen(name.span, Meant::Variant(adt, variant));
                (adt, variant)
            }
            ExprKind::Name(name) if matches!(self.lookup(*name, right.span), Meaning::Unknown) => {
                self.bare_variant(*name, None, right.span)?
            }
            _ => return None,
        };
        let value = self.infer(left, None);
        let ty = self.known(value.ty);
        let own = self.adt_with(adt, &[], right.span);
        let variant_pat =
            IPat { kind: IPatKind::Variant { variant, args: Vec::new() }, ty: own, span: right.span };
        let pat = if self.tt.con_of(ty) == Some(Con::Option) {
            let inner = self.tt.arg(ty, 0);
            self.same(span, inner, own, &Why::Other("the tested value"));
            IPat { kind: IPatKind::Some(Box::new(variant_pat)), ty, span: right.span }
        } else {
            self.same(span, ty, own, &Why::Other("the tested value"));
            variant_pat
        };
        let bool_ = self.tt.bool();
        let then = self.expr(IKind::Bool(true), bool_, span);
        let otherwise = self.expr(IKind::Bool(false), bool_, span);
        let cond = Box::new(ICond::Let { pat, value });
        Some(self.expr(
            IKind::If { cond, then: Box::new(then), otherwise: Some(Box::new(otherwise)) },
            bool_,
            span,
        ))
    }

    // -- dots -------------------------------------------------------------------------------------------

    /// `base.name` without call.
    pub fn field(
        &mut self,
        base: &'a ast::Expr,
        name: ast::Name,
        expect: Option<T>,
        statement: bool,
        span: Span,
    ) -> IExpr {
        if let Some(module) = self.namespace(base) {
            return self.namespaced_value(module, name, span);
        }
        if let Some(own) = self.type_path(base) {
            return self.type_member(own, name, expect, span);
        }
        let recv = self.infer(base, None);
        self.member_get(recv, name, statement, span)
    }

    /// `Type.name`: a variant, or a method as a function value.
    fn type_member(&mut self, own: T, name: ast::Name, expect: Option<T>, span: Span) -> IExpr {
        let con = self.tt.con_of(own).expect("a type that was written");
        if con == Con::Error {
            return self.error_expr(span);
        }
        if self.at_cursor(name.span) {
            self.propose_members(own, false);
        }
        if let Con::Adt(adt) = con
            && let Some(variant) = self.variant_index(adt, name.sym)
        {
            self.seen(name.span, Meant::Variant(adt, variant));
            return self.variant_of(adt, variant, own, expect, span);
        }
        if let Con::Param(n) = con {
            return self.call_param_static(own, n, name, &[], span);
        }
        for is_static in [true, false] {
            if let Pick::One(member) = self.pick(own, con, name.sym, false, is_static)
                && member.default_of.is_none()
            {
                self.seen(name.span, Meant::Fn(member.id));
                let no_params = self.p.schemes.sigs[member.id].params.is_empty();
                if is_static && no_params && expect.and_then(|ty| self.tt.con_of(ty)) != Some(Con::Fn) {
                    return self.call_static(member.id, own, None, &[], expect, span);
                }
                let inst = self.instantiate(member.id, span);
                self.tie_owner(member.id, &inst.args, own);
                let ty = self.tt.func(&inst.params, inst.ret);
                return self.expr(IKind::FnValue(member.id, inst.args), ty, span);
            }
        }
        let (text, shown) = (self.name(name.sym), self.show(own));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownMember,
            name.span,
            format!("`{shown}` has no static method or variant `{text}`"),
        );
        if let Con::Adt(adt) = con
            && let AdtKind::Enum(variants) = &self.p.adts[adt].kind
        {
            let known: Vec<String> = variants.iter().map(|variant| self.name(variant.name)).collect();
            let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            diagnostic = diagnostic.help(match crate::names::closest(&text, known) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("its variants are {list}"),
            });
        }
        self.report(diagnostic);
        self.error_expr(span)
    }

    /// The built-in function that raises an error of a kind.
    pub fn raise(&mut self, kind: u64, message: &str, span: Span) -> IExpr {
        use super::tree::ICallee;
        let never = self.tt.never();
        let (int, text) = (self.tt.i64(), self.tt.text());
        let Some(id) = self.lang("raise") else { return self.error_expr(span) };
        let kind = self.expr(IKind::Int(kind), int, span);
        let message = self.expr(IKind::Text(message.to_owned()), text, span);
        self.expr(IKind::Call { callee: ICallee::Fn(id, Vec::new()), args: vec![kind, message] }, never, span)
    }

    /// A function of the standard library that the compiler uses.
    pub fn lang(&mut self, name: &str) -> Option<crate::hir::FnId> {
        let sym = self.cx.names.intern(name);
        let id = self.p.schemes.lang.get(&sym).copied();
        if id.is_none() {
            let span = Span { file: base::EntityId::from_index(0), start: 0, end: 0 };
            self.report(Diagnostic::new(
                Code::UnknownName,
                span,
                format!("the standard library has no `{name}`"),
            ));
        }
        id
    }
}
