//! Patterns.

use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::tree::{BindId, IPat, IPatKind};
use super::{BindKind, Infer};
use crate::hir::AdtKind;
use crate::scope::TypeDef;
use crate::ty::AdtId;
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, PatKind};

impl<'a> Infer<'a> {
    /// A pattern of `val`, `for` or a parameter.
    pub fn pattern(&mut self, pat: &'a ast::Pat, ty: T, kind: BindKind) -> IPat {
        self.pat(pat, ty, kind)
    }

    /// A pattern of a `match`. Over a soft option the patterns may speak of the payload.
    pub fn match_pattern(&mut self, pat: &'a ast::Pat, ty: T, _soft: bool) -> IPat {
        self.pat(pat, ty, BindKind::Val)
    }

    /// The pattern of `if val`, `while val`, `val .. else`: a name or any pattern that does not speak of options means "not nil, and ..".
    pub fn cond_pattern(&mut self, pat: &'a ast::Pat, ty: T, kind: BindKind) -> IPat {
        let ty = self.known(ty);
        let speaks_of_options = match &pat.kind {
            PatKind::Nil => true,
            PatKind::Variant { path, .. } => {
                path.len() == 1 && (path[0].sym == self.sy.some || path[0].sym == self.sy.none)
            }
            _ => false,
        };
        if speaks_of_options {
            return self.pat(pat, ty, kind);
        }
        if self.tt.kind_of(ty) == Some(VarKind::General) && matches!(pat.kind, PatKind::Name { .. }) {
            let inner = self.fresh();
            let option = self.tt.option(inner);
            self.same(pat.span, ty, option, &Why::Other("the tested value"));
        }
        let ty = self.tt.shallow(ty);
        match self.tt.con_of(ty) {
            Some(Con::Option) => {
                let inner = self.tt.arg(ty, 0);
                let inner = Box::new(self.pat(pat, inner, kind));
                IPat { kind: IPatKind::Some(inner), ty, span: pat.span }
            }
            Some(Con::Any) => {
                let inner = Box::new(self.pat(pat, ty, kind));
                IPat { kind: IPatKind::Some(inner), ty, span: pat.span }
            }
            _ => self.pat(pat, ty, kind),
        }
    }

    fn bind_pat(&mut self, name: ast::Name, ty: T, kind: BindKind, span: Span) -> IPat {
        if name.sym == self.sy.underscore {
            return IPat { kind: IPatKind::Wild, ty, span };
        }
        if let Some(index) = self.binding_module {
            let vars = &self.module_lets[index].vars;
            if let Some(&var) = vars.iter().find(|&&var| self.module_binds[var].name == name.sym) {
                let own = self.module_binds[var].ty;
                self.same_pattern(span, ty, own);
                return IPat { kind: IPatKind::Module(var), ty, span };
            }
        }
        let bind = self.new_bind(name.sym, ty, name.span, kind);
        self.bind_name(name.sym, bind);
        IPat { kind: IPatKind::Bind(bind), ty, span }
    }

    fn pat(&mut self, pat: &'a ast::Pat, ty: T, kind: BindKind) -> IPat {
        let span = pat.span;
        if !self.spend() {
            return IPat { kind: IPatKind::Wild, ty, span };
        }
        if let Some(found) = self.union_pat(pat, ty, kind) {
            return found;
        }
        match &pat.kind {
            PatKind::Wild | PatKind::Error => IPat { kind: IPatKind::Wild, ty, span },
            PatKind::Name { name, mutable } => {
                if let Some((adt, variant)) = self.unit_variant(name.sym, ty) {
                    return self.variant_pat(adt, variant, None, ty, kind, span);
                }
                if name.sym == self.sy.none {
                    return self.nil_pat(ty, span);
                }
                let kind = if *mutable { BindKind::Var { annotated: true } } else { kind };
                self.bind_pat(*name, ty, kind, span)
            }
            PatKind::Nil => self.nil_pat(ty, span),
            PatKind::Literal(literal) => self.literal_pat(literal, ty, span),
            PatKind::Range { start, end, inclusive } => self.through_option(ty, span, |this, ty| {
                let mut bound = |bound: &'a Option<Box<ast::Expr>>| {
                    bound.as_ref().map(|bound| {
                        let value = this.infer(bound, Some(ty));
                        this.same_pattern(bound.span, value.ty, ty);
                        Box::new(value)
                    })
                };
                let (start, end) = (bound(start), bound(end));
                IPatKind::Range { start, end, inclusive: *inclusive }
            }),
            PatKind::Or(list) => self.or_pat(list, ty, kind, span),
            PatKind::Tuple(items) => self.tuple_pat(items, ty, kind, span),
            PatKind::Array { items, rest } => self.array_pat(items, rest.as_ref(), ty, kind, span),
            PatKind::Record { path, fields } => self.record_pat(path, fields, ty, kind, span),
            PatKind::Variant { path, args } => self.path_pat(path, args.as_deref(), ty, kind, span),
            PatKind::Typed { name, ty: wanted } => {
                let scope = self.items();
                let id = self.resolve_type(scope, wanted);
                let wanted = self.own_ty(id);
                let ty = self.known(ty);
                if self.tt.con_of(ty) == Some(Con::Any) && self.tt.con_of(wanted) != Some(Con::Any) {
                    let inner = Box::new(self.bind_pat(*name, wanted, kind, span));
                    return IPat { kind: IPatKind::Is(id, inner), ty, span };
                }
                self.same_pattern(span, wanted, ty);
                self.bind_pat(*name, ty, kind, span)
            }
        }
    }

    /// A pattern over a union that is about one of its members.
    fn union_pat(&mut self, pat: &'a ast::Pat, ty: T, kind: BindKind) -> Option<IPat> {
        let ty = self.known(ty);
        if self.tt.con_of(ty) == Some(Con::Option) {
            let inner = self.tt.arg(ty, 0);
            self.union_members(inner)?;
            let found = self.union_pat(pat, inner, kind)?;
            return Some(IPat { kind: IPatKind::Some(Box::new(found)), ty, span: pat.span });
        }
        let members = self.union_members(ty)?;
        let span = pat.span;
        let of_con = |this: &Self, wanted: &dyn Fn(Con) -> bool| {
            members.iter().position(|&member| this.tt.con_of(member).is_some_and(wanted))
        };
        let index = match &pat.kind {
            PatKind::Typed { ty: wanted, .. } => {
                let scope = self.items();
                let id = self.resolve_type(scope, wanted);
                let wanted = self.own_ty(id);
                let same = wanted == ty;
                if same {
                    return None;
                }
                members.iter().position(|&member| self.tt.shallow(member) == wanted)
            }
            PatKind::Literal(literal) => match &literal.kind {
                ast::ExprKind::Text(_) | ast::ExprKind::Format(_) => of_con(self, &|con| con == Con::Text),
                ast::ExprKind::Bool(_) => of_con(self, &|con| con == Con::Bool),
                ast::ExprKind::Float(..) => of_con(self, &|con| matches!(con, Con::Float(_))),
                _ => of_con(self, &|con| matches!(con, Con::Int(_)))
                    .or_else(|| of_con(self, &|con| matches!(con, Con::Float(_)))),
            },
            PatKind::Range { .. } => of_con(self, &|con| matches!(con, Con::Int(_) | Con::Float(_))),
            PatKind::Tuple(_) => of_con(self, &|con| con == Con::Tuple),
            PatKind::Array { .. } => of_con(self, &|con| con == Con::Array),
            PatKind::Record { path, .. } | PatKind::Variant { path, .. } => {
                let first = path.first()?.sym;
                let adt = match self.scopes.find_type(self.items(), first) {
                    Some((TypeDef::Adt(adt), _)) => Some(adt),
                    _ => self.bare_variant(first, None, span).map(|(adt, _)| adt),
                };
                adt.and_then(|adt| of_con(self, &|con| con == Con::Adt(adt)))
            }
            PatKind::Name { name, .. } => {
                let (adt, _) = self.unit_variant(name.sym, ty)?;
                of_con(self, &|con| con == Con::Adt(adt))
            }
            PatKind::Wild | PatKind::Nil | PatKind::Or(_) | PatKind::Error => return None,
        };
        let Some(index) = index else {
            let text = self.show(ty);
            self.report(
                Diagnostic::new(Code::BadPattern, span, format!("this pattern is for none of `{text}`"))
                    .label("never matches")
                    .help("name a member with its type: `case n: i64:`"),
            );
            return Some(IPat { kind: IPatKind::Wild, ty, span });
        };
        let inner = self.pat(pat, members[index], kind);
        Some(IPat { kind: IPatKind::Variant { variant: index as u32, args: vec![inner] }, ty, span })
    }

    /// A pattern over the payload of an option, where the pattern is not about options.
    fn through_option(&mut self, ty: T, span: Span, make: impl FnOnce(&mut Self, T) -> IPatKind) -> IPat {
        let ty = self.known(ty);
        if self.tt.con_of(ty) == Some(Con::Option) {
            let inner_ty = self.tt.arg(ty, 0);
            let kind = make(self, inner_ty);
            let inner = Box::new(IPat { kind, ty: inner_ty, span });
            return IPat { kind: IPatKind::Some(inner), ty, span };
        }
        let kind = make(self, ty);
        IPat { kind, ty, span }
    }

    fn same_pattern(&mut self, span: Span, found: T, wanted: T) {
        if self.tt.con_of(wanted) == Some(Con::Any) {
            return;
        }
        let numbers = |con: Option<Con>| matches!(con, Some(Con::Int(_) | Con::Float(_)));
        if numbers(self.tt.con_of(found)) && numbers(self.tt.con_of(wanted)) {
            return;
        }
        if self.tt.attempt(|tt| tt.unify(found, wanted)).is_err() {
            let (found, wanted) = (self.show(found), self.show(wanted));
            self.report(
                Diagnostic::new(
                    Code::BadPattern,
                    span,
                    format!("this pattern is for `{found}`, but the value is `{wanted}`"),
                )
                .label(format!("never matches a `{wanted}`")),
            );
        }
    }

    fn literal_pat(&mut self, literal: &'a ast::Expr, ty: T, span: Span) -> IPat {
        let any = self.known(ty);
        if self.tt.con_of(any) == Some(Con::Any) {
            let value = self.infer(literal, None);
            self.default_literals(value.ty);
            return IPat { kind: IPatKind::Literal(Box::new(value)), ty, span };
        }
        self.through_option(ty, span, |this, ty| {
            let value = this.infer(literal, Some(ty));
            this.same_pattern(span, value.ty, ty);
            IPatKind::Literal(Box::new(value))
        })
    }

    fn nil_pat(&mut self, ty: T, span: Span) -> IPat {
        let ty = self.known(ty);
        match self.tt.con_of(ty) {
            Some(Con::Option | Con::Any | Con::Error) => {}
            None => {
                let inner = self.fresh();
                let option = self.tt.option(inner);
                self.same_pattern(span, option, ty);
            }
            Some(_) => {
                let text = self.show(ty);
                self.report(
                    Diagnostic::new(Code::BadPattern, span, format!("a value of type `{text}` is never nil"))
                        .help("leave the case out"),
                );
                return IPat { kind: IPatKind::Wild, ty, span };
            }
        }
        IPat { kind: IPatKind::Nil, ty, span }
    }

    /// All alternatives bind the same names.
    fn or_pat(&mut self, list: &'a [ast::Pat], ty: T, kind: BindKind, span: Span) -> IPat {
        let mut alternatives = Vec::new();
        let mut first: Option<Vec<(Symbol, BindId)>> = None;
        for pat in list {
            self.push_scope();
            let mut alternative = self.pat(pat, ty, kind);
            let scope = self.frame().scopes.pop().expect("pushed above");
            let mut names: Vec<(Symbol, BindId)> = scope.names.into_iter().collect();
            names.sort();
            match &first {
                None => {
                    for &(name, bind) in &names {
                        self.bind_name(name, bind);
                    }
                    first = Some(names);
                }
                Some(wanted) => {
                    let same =
                        wanted.len() == names.len() && wanted.iter().zip(&names).all(|(a, b)| a.0 == b.0);
                    if !same {
                        self.report(Diagnostic::new(
                            Code::BadPattern,
                            pat.span,
                            "all alternatives of a pattern must bind the same names",
                        ));
                    } else {
                        let map: Vec<(BindId, BindId)> =
                            names.iter().zip(wanted).map(|(a, b)| (a.1, b.1)).collect();
                        for &(own, shared) in &map {
                            let (a, b) = (self.body().binds[own].ty, self.body().binds[shared].ty);
                            self.same_pattern(pat.span, a, b);
                        }
                        rebind(&mut alternative, &map);
                    }
                }
            }
            alternatives.push(alternative);
        }
        IPat { kind: IPatKind::Or(alternatives), ty, span }
    }

    fn tuple_pat(&mut self, items: &'a [ast::Pat], ty: T, kind: BindKind, span: Span) -> IPat {
        let known = self.known(ty);
        if self.tt.con_of(known) == Some(Con::Array) {
            // `val (a, b) = array`.
            return self.array_pat(items, None, ty, kind, span);
        }
        self.through_option(ty, span, |this, ty| {
            let parts: Vec<T> = match this.tt.head(ty) {
                Some((Con::Tuple, parts)) if parts.len() == items.len() => parts.to_vec(),
                Some((Con::Any, _)) => {
                    let any = this.tt.any();
                    items.iter().map(|_| any).collect()
                }
                _ => {
                    let parts: Vec<T> = items.iter().map(|_item| this.fresh()).collect();
                    let tuple = this.tt.app(Con::Tuple, parts.clone());
                    this.same_pattern(span, tuple, ty);
                    parts
                }
            };
            IPatKind::Tuple(items.iter().zip(parts).map(|(item, part)| this.pat(item, part, kind)).collect())
        })
    }

    fn array_pat(
        &mut self,
        items: &'a [ast::Pat],
        rest: Option<&(usize, Option<ast::Name>)>,
        ty: T,
        kind: BindKind,
        span: Span,
    ) -> IPat {
        let elem = self.fresh();
        let array = self.tt.array(elem);
        self.through_option(ty, span, |this, ty| {
            this.same_pattern(span, array, ty);
            let split = rest.map_or(items.len(), |(at, _)| *at);
            let first = items[..split].iter().map(|item| this.pat(item, elem, kind)).collect();
            let rest = rest.map(|(_, name)| {
                name.map(|name| {
                    let bind = this.new_bind(name.sym, array, name.span, kind);
                    this.bind_name(name.sym, bind);
                    bind
                })
            });
            let last = items[split..].iter().map(|item| this.pat(item, elem, kind)).collect();
            IPatKind::Array { first, rest, last }
        })
    }

    // -- variants and structs ---------------------------------------------------------------------------

    /// A bare capitalised name that is a variant without payload. Of several enums that have it, the matched type's counts.
    fn unit_variant(&mut self, name: Symbol, ty: T) -> Option<(AdtId, u32)> {
        let ty = self.known(ty);
        let ty = if self.tt.con_of(ty) == Some(Con::Option) { self.tt.arg(ty, 0) } else { ty };
        let found = match self.tt.con_of(ty) {
            Some(Con::Adt(adt)) => self.variant_index(adt, name).map(|variant| (adt, variant)),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        let is_upper = self.cx.names.name(name).starts_with(|c: char| c.is_ascii_uppercase());
        match self.scopes.find_variants(self.items(), name) {
            [only] if is_upper => {
                let (adt, variant) = *only;
                let AdtKind::Enum(variants) = &self.p.adts[adt].kind else { return None };
                variants[variant as usize].fields.is_empty().then_some((adt, variant))
            }
            _ => None,
        }
    }

    /// A type of an enum or struct whose arguments are to be found.
    fn adt_pattern_type(&mut self, adt: AdtId, _span: Span) -> T {
        let count = self.p.adts[adt].generics.len();
        let args = (0..count).map(|_| self.fresh()).collect();
        self.tt.app(Con::Adt(adt), args)
    }

    fn variant_pat(
        &mut self,
        adt: AdtId,
        variant: u32,
        given: Option<&'a [ast::Pat]>,
        ty: T,
        kind: BindKind,
        span: Span,
    ) -> IPat {
        let args = given.unwrap_or_default();
        let own = self.adt_pattern_type(adt, span);
        let known = self.known(ty);
        if self.tt.con_of(known) == Some(Con::Any) {
            // The variant of an enum that a dynamic value may hold.
            if self.p.adts[adt].generics.is_empty() {
                let id = self.p.types.intern(crate::ty::Ty::Adt(adt, Vec::new()));
                let inner = Box::new(self.variant_pat(adt, variant, given, own, kind, span));
                return IPat { kind: IPatKind::Is(id, inner), ty, span };
            }
            self.not_yet(
                span,
                "patterns of generic enums over dynamic values",
                "declare the type of the value",
            );
            return IPat { kind: IPatKind::Wild, ty, span };
        }
        self.through_option(ty, span, |this, ty| {
            this.same_pattern(span, own, ty);
            let AdtKind::Enum(variants) = &this.p.adts[adt].kind else { return IPatKind::Wild };
            let name = variants[variant as usize].name;
            let fields: Vec<_> = variants[variant as usize].fields.iter().map(|field| field.ty).collect();
            let targs: Vec<T> = this.tt.head(own).map(|(_, args)| args.to_vec()).unwrap_or_default();
            if args.len() != fields.len() && given.is_some() {
                let text = this.name(name);
                let count = fields.len();
                let plural = if count == 1 { "" } else { "s" };
                this.report(Diagnostic::new(
                    Code::BadPattern,
                    span,
                    format!("`{text}` has {count} value{plural}, not {}", args.len()),
                ));
            }
            let mut list = Vec::new();
            for (arg, field) in args.iter().zip(fields) {
                let field = this.tt.import(&this.p.types, field, &targs);
                list.push(this.pat(arg, field, kind));
            }
            IPatKind::Variant { variant, args: list }
        })
    }

    /// `E.V(p)`, `V(p)`, `Some(p)`.
    fn path_pat(
        &mut self,
        path: &'a [ast::Name],
        args: Option<&'a [ast::Pat]>,
        ty: T,
        kind: BindKind,
        span: Span,
    ) -> IPat {
        let given = args.unwrap_or_default();
        let (owner, name) = match path {
            [name] => (None, *name),
            [owner, name] => (Some(*owner), *name),
            _ => {
                self.not_yet(span, "patterns with a longer path", "write `Enum.Variant`");
                return IPat { kind: IPatKind::Wild, ty, span };
            }
        };
        let of_option = owner.is_none_or(|owner| self.cx.names.name(owner.sym) == "Option");
        if of_option && name.sym == self.sy.some {
            return self.some_pat(given, ty, kind, span);
        }
        if of_option && name.sym == self.sy.none {
            return self.nil_pat(ty, span);
        }
        let found = match owner {
            Some(owner) => match self.scopes.find_type(self.items(), owner.sym) {
                Some((TypeDef::Adt(adt), _)) => {
                    self.variant_index(adt, name.sym).map(|variant| (adt, variant))
                }
                Some((TypeDef::Own(own), _)) => {
                    let own = self.own_ty(own);
                    match self.tt.con_of(own) {
                        Some(Con::Adt(adt)) => {
                            self.variant_index(adt, name.sym).map(|variant| (adt, variant))
                        }
                        _ => None,
                    }
                }
                _ => None,
            },
            None => {
                let known = self.known(ty);
                let expect = Some(known);
                self.bare_variant(name.sym, expect, span)
            }
        };
        if let Some((adt, variant)) = found {
            return self.variant_pat(adt, variant, args, ty, kind, span);
        }
        // A struct by position: `Point(x, y)`.
        if owner.is_none()
            && let Some((TypeDef::Adt(adt), _)) = self.scopes.find_type(self.items(), name.sym)
            && !matches!(self.p.adts[adt].kind, AdtKind::Enum(_))
        {
            return self.struct_pat(adt, given.iter().enumerate().collect(), ty, kind, span);
        }
        let text = path.iter().map(|name| self.name(name.sym)).collect::<Vec<_>>().join(".");
        let mut diagnostic = Diagnostic::new(Code::BadPattern, span, format!("there is no variant `{text}`"));
        let known = self.known(ty);
        if let Some(Con::Adt(adt)) = self.tt.con_of(known)
            && let AdtKind::Enum(variants) = &self.p.adts[adt].kind
        {
            let names = variants.iter().map(|variant| self.name(variant.name)).collect();
            let last = self.name(name.sym);
            if let Some(close) = crate::names::closest(&last, names) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
        }
        self.report(diagnostic);
        // The names inside are bound all the same, so that the arm does not report them again.
        for pat in given {
            let inner = self.tt.error();
            self.pat(pat, inner, kind);
        }
        IPat { kind: IPatKind::Wild, ty, span }
    }

    fn some_pat(&mut self, args: &'a [ast::Pat], ty: T, kind: BindKind, span: Span) -> IPat {
        let [arg] = args else {
            self.report(Diagnostic::new(
                Code::BadPattern,
                span,
                format!("`Some` has 1 value, not {}", args.len()),
            ));
            return IPat { kind: IPatKind::Wild, ty, span };
        };
        let ty = self.known(ty);
        let inner = match self.tt.con_of(ty) {
            Some(Con::Option) => self.tt.arg(ty, 0),
            Some(Con::Any) => ty,
            Some(Con::Error) => ty,
            _ => {
                let inner = self.fresh();
                let option = self.tt.option(inner);
                self.same_pattern(span, option, ty);
                inner
            }
        };
        let inner = Box::new(self.pat(arg, inner, kind));
        IPat { kind: IPatKind::Some(inner), ty, span }
    }

    fn record_pat(
        &mut self,
        path: &'a [ast::Name],
        fields: &'a [(ast::Name, Option<ast::Pat>)],
        ty: T,
        kind: BindKind,
        span: Span,
    ) -> IPat {
        let last = path.last().expect("a path has a name");
        if path.len() == 1
            && let Some((TypeDef::Adt(adt), _)) = self.scopes.find_type(self.items(), last.sym)
            && let AdtKind::Struct(known) | AdtKind::Class(known) = &self.p.adts[adt].kind
        {
            let names: Vec<Option<Symbol>> = known.iter().map(|field| field.name).collect();
            let own = self.adt_pattern_type(adt, span);
            return self.through_option(ty, span, |this, ty| {
                this.same_pattern(span, own, ty);
                IPatKind::Struct(this.field_pats(adt, &names, fields, own, kind))
            });
        }
        let known = self.known(ty);
        let variant = match path {
            [name] => self.bare_variant(name.sym, Some(known), span),
            [owner, name] => match self.scopes.find_type(self.items(), owner.sym) {
                Some((TypeDef::Adt(adt), _)) => {
                    self.variant_index(adt, name.sym).map(|variant| (adt, variant))
                }
                _ => None,
            },
            _ => None,
        };
        let Some((adt, variant)) = variant else {
            let text = self.name(last.sym);
            self.report(Diagnostic::new(
                Code::BadPattern,
                span,
                format!("there is no struct or variant `{text}`"),
            ));
            return IPat { kind: IPatKind::Wild, ty, span };
        };
        let own = self.adt_pattern_type(adt, span);
        self.through_option(ty, span, |this, ty| {
            this.same_pattern(span, own, ty);
            let AdtKind::Enum(variants) = &this.p.adts[adt].kind else { return IPatKind::Wild };
            let list = &variants[variant as usize].fields;
            let names: Vec<Option<Symbol>> = list.iter().map(|field| field.name).collect();
            let types: Vec<_> = list.iter().map(|field| field.ty).collect();
            let targs: Vec<T> = this.tt.head(own).map(|(_, args)| args.to_vec()).unwrap_or_default();
            let mut args: Vec<IPat> = Vec::new();
            for ty in types {
                let ty = this.tt.import(&this.p.types, ty, &targs);
                args.push(IPat { kind: IPatKind::Wild, ty, span });
            }
            for (name, pat) in fields {
                let Some(index) = names.iter().position(|known| *known == Some(name.sym)) else {
                    this.no_such_field(adt, *name);
                    continue;
                };
                let ty = args[index].ty;
                args[index] = match pat {
                    Some(pat) => this.pat(pat, ty, kind),
                    None => this.bind_pat(*name, ty, kind, name.span),
                };
            }
            IPatKind::Variant { variant, args }
        })
    }

    fn field_pats(
        &mut self,
        adt: AdtId,
        names: &[Option<Symbol>],
        fields: &'a [(ast::Name, Option<ast::Pat>)],
        own: T,
        kind: BindKind,
    ) -> Vec<(u32, IPat)> {
        let mut list = Vec::new();
        for (name, pat) in fields {
            let Some(index) = names.iter().position(|known| *known == Some(name.sym)) else {
                self.no_such_field(adt, *name);
                continue;
            };
            let Some((_, ty)) = self.find_field(own, name.sym) else { continue };
            let pat = match pat {
                Some(pat) => self.pat(pat, ty, kind),
                None => self.bind_pat(*name, ty, kind, name.span),
            };
            list.push((index as u32, pat));
        }
        list
    }

    fn no_such_field(&mut self, adt: AdtId, name: ast::Name) {
        let (text, owner) = (self.name(name.sym), self.name(self.p.adts[adt].name));
        self.report(Diagnostic::new(
            Code::UnknownMember,
            name.span,
            format!("`{owner}` has no field `{text}`"),
        ));
    }

    fn struct_pat(
        &mut self,
        adt: AdtId,
        pats: Vec<(usize, &'a ast::Pat)>,
        ty: T,
        kind: BindKind,
        span: Span,
    ) -> IPat {
        let own = self.adt_pattern_type(adt, span);
        self.through_option(ty, span, |this, ty| {
            this.same_pattern(span, own, ty);
            let (AdtKind::Struct(fields) | AdtKind::Class(fields)) = &this.p.adts[adt].kind else {
                return IPatKind::Wild;
            };
            let types: Vec<_> = fields.iter().map(|field| field.ty).collect();
            let targs: Vec<T> = this.tt.head(own).map(|(_, args)| args.to_vec()).unwrap_or_default();
            let mut list = Vec::new();
            for (index, pat) in pats {
                match types.get(index) {
                    Some(&ty) => {
                        let ty = this.tt.import(&this.p.types, ty, &targs);
                        list.push((index as u32, this.pat(pat, ty, kind)));
                    }
                    None => this.report(Diagnostic::new(
                        Code::BadPattern,
                        pat.span,
                        format!("the type has {} fields", types.len()),
                    )),
                }
            }
            IPatKind::Struct(list)
        })
    }
}

/// Puts shared bindings in the place of a pattern's own.
fn rebind(pat: &mut IPat, map: &[(BindId, BindId)]) {
    let swap = |bind: &mut BindId| {
        if let Some((_, shared)) = map.iter().find(|(own, _)| own == bind) {
            *bind = *shared;
        }
    };
    match &mut pat.kind {
        IPatKind::Bind(bind) => swap(bind),
        IPatKind::Or(list) | IPatKind::Tuple(list) => list.iter_mut().for_each(|pat| rebind(pat, map)),
        IPatKind::Array { first, rest, last } => {
            first.iter_mut().chain(last).for_each(|pat| rebind(pat, map));
            if let Some(Some(bind)) = rest {
                swap(bind);
            }
        }
        IPatKind::Struct(fields) => fields.iter_mut().for_each(|(_, pat)| rebind(pat, map)),
        IPatKind::Variant { args, .. } => args.iter_mut().for_each(|pat| rebind(pat, map)),
        IPatKind::Some(inner) | IPatKind::Is(_, inner) => rebind(inner, map),
        IPatKind::Wild
        | IPatKind::Module(_)
        | IPatKind::Literal(_)
        | IPatKind::Range { .. }
        | IPatKind::Nil => {}
    }
}
