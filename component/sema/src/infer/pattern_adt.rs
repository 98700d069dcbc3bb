//! Patterns of declared types: variants, structs, records, and the paths that name them.

use super::ity::{Con, T};
use super::places::Meant;
use super::tree::{IPat, IPatKind};
use super::{BindKind, Infer};
use crate::hir::AdtKind;
use crate::scope::TypeDef;
use crate::ty::AdtId;
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast;

impl<'a> Infer<'a> {
    /// A bare capitalised name that is a variant without payload. Of several enums that have it, the matched type's counts.
    pub(super) fn unit_variant(&mut self, name: Symbol, ty: T) -> Option<(AdtId, u32)> {
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

    pub(super) fn variant_pat(
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
    pub(super) fn path_pat(
        &mut self,
        path: &'a [ast::Name],
        args: Option<&'a [ast::Pat]>,
        ty: T,
        kind: BindKind,
        span: Span,
    ) -> IPat {
        let given = args.unwrap_or_default();
        let (owner, name) = match path {
            [.., owner, name] => (Some(*owner), *name),
            [name] => (None, *name),
            [] => return IPat { kind: IPatKind::Wild, ty, span },
        };
        let of_option = owner.is_none_or(|owner| self.cx.names.name(owner.sym) == "Option");
        if of_option && name.sym == self.sy.some {
            return self.some_pat(given, ty, kind, span);
        }
        if of_option && name.sym == self.sy.none {
            return self.nil_pat(ty, span);
        }
        let found = match owner {
            Some(owner) => {
                let adt = match path {
                    [modules @ .., _, _] if !modules.is_empty() => self.pattern_module_type(modules, owner),
                    _ => self.pattern_type(owner),
                };
                if let Some(adt) = adt {
                    self.seen(owner.span, Meant::Adt(adt));
                    if self.at_cursor(name.span) {
                        let own = self.adt_pattern_type(adt, span);
                        self.propose_members(own, false);
                    }
                }
                let found =
                    adt.and_then(|adt| self.variant_index(adt, name.sym).map(|variant| (adt, variant)));
                if let Some((adt, variant)) = found {
                    self.seen(name.span, Meant::Variant(adt, variant));
                }
                found
            }
            None => {
                let known = self.known(ty);
                let expect = Some(known);
                self.bare_variant(name.sym, expect, name.span)
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

    /// The declared type that a name means in a pattern.
    fn pattern_type(&mut self, name: ast::Name) -> Option<AdtId> {
        match self.scopes.find_type(self.items(), name.sym)?.0 {
            TypeDef::Adt(adt) => Some(adt),
            TypeDef::Own(own) => {
                let own = self.own_ty(own);
                match self.tt.con_of(own) {
                    Some(Con::Adt(adt)) => Some(adt),
                    _ => None,
                }
            }
            TypeDef::Alias(..) | TypeDef::Resolved(..) => {
                let own = self.aliased(name.sym, &[], name.span)?;
                match self.tt.con_of(own) {
                    Some(Con::Adt(adt)) => Some(adt),
                    _ => None,
                }
            }
            TypeDef::Trait(_) | TypeDef::Param(_) | TypeDef::Mixin(..) => None,
        }
    }

    /// A type of a module: `shapes.Kind` of `shapes.Kind.Round`.
    fn pattern_module_type(&mut self, modules: &[ast::Name], name: ast::Name) -> Option<AdtId> {
        let space = self.namespace_path(self.items(), modules)?;
        match self.exported_type_of(space, name.sym)? {
            crate::modules::ExportedType::Adt(adt) => Some(adt),
            crate::modules::ExportedType::Trait(_) | crate::modules::ExportedType::Alias(..) => None,
        }
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

    pub(super) fn record_pat(
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
            [name] => self.bare_variant(name.sym, Some(known), name.span),
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
            if pat.is_some() {
                self.seen_field(own, index as u32, name.span);
            }
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
