//! Arguments of traits: written ones, defaults, and associated types, which are the last type parameters of their trait.
//!
//! A bound that leaves an associated type open, as `T: Iterator` does, gives the function a type parameter for it, which the implementation
//! then determines; `T.Item` means that parameter.

use crate::hir::{Generic, TraitRef};
use crate::infer::Infer;
use crate::scope::{ScopeId, TypeDef};
use crate::ty::{TraitId, Ty, TyId};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, TypeKind};

/// Where an associated type comes from that a use of the trait does not name.
pub(crate) enum Open<'t> {
    /// From nowhere: it has to be named.
    Nowhere,
    /// A bound of this subject: a new type parameter, the next behind those there are.
    Bound { subject: Symbol, next: u32, added: &'t mut Vec<Generic> },
    /// An implementation: what it declares.
    Impl(&'t [(Symbol, TyId)]),
}

impl<'a> Infer<'a> {
    /// A trait with the arguments that are written and those that are not.
    pub(crate) fn trait_with(
        &mut self,
        scope: ScopeId,
        id: TraitId,
        written: &'a [ast::Type],
        mut open: Open<'_>,
        span: Span,
    ) -> Option<TraitRef> {
        let generics = self.p.traits[id].generics.clone();
        let plain = generics.len() - self.p.traits[id].associated as usize;
        let mut args: Vec<TyId> = Vec::new();
        let mut named: Vec<(ast::Name, TyId)> = Vec::new();
        for ty in written {
            match &ty.kind {
                TypeKind::Binding(name, ty) => {
                    let ty = self.resolve_type(scope, ty);
                    named.push((*name, ty));
                }
                _ => {
                    let kind = generics.get(args.len()).and_then(|generic| generic.constant);
                    args.push(self.resolve_arg(scope, ty, kind));
                }
            }
        }
        if !self.fill_defaults(&generics[..plain], &mut args, 1) {
            let name = self.p.traits[id].name;
            self.type_arity(name, plain, args.len(), span);
            return None;
        }
        for generic in &generics[plain..] {
            let given = named.iter().position(|(name, _)| name.sym == generic.name);
            let ty = match (given, &mut open) {
                (Some(at), _) => Some(named.remove(at).1),
                (None, Open::Bound { subject, next, added }) => {
                    let text = format!("{}.{}", self.name(*subject), self.name(generic.name));
                    let name = self.cx.names.intern(&text);
                    let def = TypeDef::Param(*next + added.len() as u32);
                    self.scopes.get_mut(scope).types.entry(name).or_insert((def, span));
                    let ty = self.p.types.intern(Ty::Param(*next + added.len() as u32));
                    added.push(Generic { bounds: generic.bounds.clone(), ..Generic::any(name) });
                    Some(ty)
                }
                (None, Open::Impl(list)) => {
                    list.iter().find(|(name, _)| *name == generic.name).map(|&(_, ty)| ty)
                }
                (None, Open::Nowhere) => None,
            };
            match ty.or(generic.default) {
                Some(ty) => args.push(ty),
                None => {
                    let (text, of) = (self.name(generic.name), self.name(self.p.traits[id].name));
                    self.report(
                        Diagnostic::new(
                            Code::BadImpl,
                            span,
                            format!("the associated type `{text}` of `{of}` is missing"),
                        )
                        .help(match open {
                            Open::Impl(_) => format!("write `type {text} = ..` in the block"),
                            Open::Nowhere | Open::Bound { .. } => format!("write `{of}<{text} = ..>`"),
                        }),
                    );
                    return None;
                }
            }
        }
        if let Some((name, _)) = named.first() {
            let (text, of) = (self.name(name.sym), self.name(self.p.traits[id].name));
            self.report(Diagnostic::new(
                Code::UnknownType,
                name.span,
                format!("`{of}` has no associated type `{text}`"),
            ));
            return None;
        }
        Some(TraitRef { id, args })
    }

    /// Completes type arguments by the defaults of their parameters; false where there are too many or too few. `before` parameters stand in
    /// front of these, which a default may not mention.
    pub(crate) fn fill_defaults(
        &mut self,
        generics: &[Generic],
        args: &mut Vec<TyId>,
        before: usize,
    ) -> bool {
        while let Some(default) = generics.get(args.len()).and_then(|generic| generic.default) {
            // A default may mention the parameters in front of it.
            let mut known: Vec<TyId> =
                (0..before).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
            known.extend(args.iter().copied());
            args.push(self.p.types.subst(default, &known));
        }
        args.len() == generics.len()
    }

    /// `T.Item`, `Self.Item`: the type that a name with two parts means.
    pub(crate) fn associated(&self, scope: ScopeId, path: &[ast::Name]) -> Option<TypeDef<'a>> {
        let [owner, name] = path else { return None };
        let text = format!("{}.{}", self.cx.names.name(owner.sym), self.cx.names.name(name.sym));
        let (def, _) = self.scopes.find_type(scope, self.cx.names.find(&text)?)?;
        Some(def)
    }

    /// Makes an associated type known by its names in a trait or an implementation.
    pub(crate) fn define_associated(&mut self, scope: ScopeId, name: ast::Name, def: TypeDef<'a>) {
        let text = format!("Self.{}", self.name(name.sym));
        let full = self.cx.names.intern(&text);
        let types = &mut self.scopes.get_mut(scope).types;
        types.insert(full, (def, name.span));
        types.entry(name.sym).or_insert((def, name.span));
    }
}
