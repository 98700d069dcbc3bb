//! Patterns.

use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::places::Meant;
use super::tree::{BindId, IPat, IPatKind};
use super::{BindKind, Infer};
use crate::scope::TypeDef;
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

    pub(super) fn bind_pat(&mut self, name: ast::Name, ty: T, kind: BindKind, span: Span) -> IPat {
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

    pub(super) fn pat(&mut self, pat: &'a ast::Pat, ty: T, kind: BindKind) -> IPat {
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
                    self.seen(name.span, Meant::Variant(adt, variant));
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
    pub(super) fn through_option(
        &mut self,
        ty: T,
        span: Span,
        make: impl FnOnce(&mut Self, T) -> IPatKind,
    ) -> IPat {
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

    pub(super) fn same_pattern(&mut self, span: Span, found: T, wanted: T) {
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

    pub(super) fn nil_pat(&mut self, ty: T, span: Span) -> IPat {
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
