//! Types as written, to types.

use crate::assoc::Open;
use crate::hir::TraitRef;
use crate::infer::Infer;
use crate::infer::namespace::Space;
use crate::infer::places::Meant;
use crate::modules::ExportedType;
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::ty::{AdtId, IntTy, Ty, TyId, Types};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, TypeKind};

/// The types that have a name of their own, with their other spellings.
const NAMES: &[(&str, Ty)] = &[
    ("i8", int(8, true)),
    ("i16", int(16, true)),
    ("i32", int(32, true)),
    ("i64", int(64, true)),
    ("u8", int(8, false)),
    ("u16", int(16, false)),
    ("u32", int(32, false)),
    ("u64", int(64, false)),
    ("int", int(64, true)),
    ("Int", int(64, true)),
    ("usize", int(64, true)),
    ("isize", int(64, true)),
    ("f32", Ty::Float { bits: 32 }),
    ("f64", Ty::Float { bits: 64 }),
    ("float", Ty::Float { bits: 64 }),
    ("Float", Ty::Float { bits: 64 }),
    ("bool", Ty::Bool),
    ("Bool", Ty::Bool),
    ("text", Ty::Text),
    ("str", Ty::Text),
    ("String", Ty::Text),
    ("char", Ty::Text),
    ("any", Ty::Any),
    ("Any", Ty::Any),
    ("nil", Ty::Unit),
    ("void", Ty::Unit),
    ("never", Ty::Never),
    ("Range", Ty::Range),
];

/// The usual names of built-in types.
pub(crate) fn usual_names() -> impl Iterator<Item = &'static str> {
    let other =
        ["int", "Int", "usize", "isize", "float", "Float", "Bool", "str", "String", "char", "Any", "void"];
    NAMES.iter().map(|(name, _)| *name).filter(move |name| !other.contains(name))
}

const fn int(bits: u8, signed: bool) -> Ty {
    Ty::Int(IntTy { bits, signed })
}

impl<'a> Infer<'a> {
    pub(crate) fn builtin_type(&self, name: Symbol) -> Option<Ty> {
        let name = self.cx.names.name(name);
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty.clone())
    }

    /// The type of a numeric suffix.
    pub(crate) fn suffix_type(&mut self, name: Symbol) -> TyId {
        match self.builtin_type(name) {
            Some(ty) => self.p.types.intern(ty),
            None => Types::error(),
        }
    }

    pub(crate) fn resolve_type(&mut self, scope: ScopeId, ty: &'a ast::Type) -> TyId {
        let resolved = match &ty.kind {
            TypeKind::Path { path, args } => return self.resolve_path(scope, path, args, ty.span),
            TypeKind::Array(elem) | TypeKind::FixedArray(elem, _) => {
                Ty::Array(self.resolve_type(scope, elem))
            }
            TypeKind::Dict(key, value) => {
                let key = self.resolve_type(scope, key);
                Ty::Dict(key, self.resolve_type(scope, value))
            }
            TypeKind::Tuple(items) if items.is_empty() => Ty::Unit,
            TypeKind::Tuple(items) => {
                Ty::Tuple(items.iter().map(|item| self.resolve_type(scope, item)).collect())
            }
            TypeKind::Option(inner) => Ty::Option(self.resolve_type(scope, inner)),
            TypeKind::Fn(params, ret) => {
                let params = params.iter().map(|param| self.resolve_type(scope, param)).collect();
                let ret = match ret {
                    Some(ret) => self.resolve_type(scope, ret),
                    None => Types::unit(),
                };
                Ty::Fn(params, ret)
            }
            TypeKind::Dyn(inner) => match self.resolve_bound(scope, inner, Open::Nowhere) {
                Some(trait_) => Ty::Dyn(trait_.id, trait_.args),
                None => Ty::Error,
            },
            TypeKind::Set(elem) => {
                let elem = self.resolve_type(scope, elem);
                match self.set_adt() {
                    Some(set) => Ty::Adt(set, vec![elem]),
                    None => Ty::Error,
                }
            }
            TypeKind::Binding(name, _) => {
                let text = self.name(name.sym);
                self.report(
                    Diagnostic::new(
                        Code::UnknownType,
                        ty.span,
                        format!("`{text} = ..` says what an associated type is, which only traits have"),
                    )
                    .help("write the type alone"),
                );
                Ty::Error
            }
            TypeKind::Union(members) => {
                let members = members.iter().map(|member| self.resolve_type(scope, member)).collect();
                return self.union_type(members, ty.span);
            }
            TypeKind::Number(_) => {
                self.number_as_type(ty.span);
                Ty::Error
            }
            TypeKind::Not(_) => {
                self.report(
                    Diagnostic::new(Code::UnknownType, ty.span, "`!` says which trait a type does not have")
                        .help("it stands among the bounds of a type parameter: `<T: !Trait>`"),
                );
                Ty::Error
            }
            // The parser has reported these.
            TypeKind::NotYet(_) | TypeKind::Error => Ty::Error,
        };
        self.p.types.intern(resolved)
    }

    fn resolve_path(
        &mut self,
        scope: ScopeId,
        path: &'a [ast::Name],
        args: &'a [ast::Type],
        span: Span,
    ) -> TyId {
        if let [modules @ .., name] = path
            && let Some(module) = self.namespace_path(scope, modules)
        {
            return self.resolve_exported(scope, module, *name, args, span);
        }
        let Some(name) = path.last() else { return Types::error() };
        if let ([_], true) = (path, self.at_cursor(name.span)) {
            self.propose_types(scope);
        }
        let def = match path {
            [name] => self.scopes.find_type(scope, name.sym),
            _ => match self.associated(scope, path) {
                Some(def) => Some((def, false)),
                None => {
                    self.unknown_path(path, span);
                    return Types::error();
                }
            },
        };
        let Some((def, barrier)) = def else {
            return self.resolve_builtin(scope, *name, args, span);
        };
        if let [_] = path {
            self.seen_type(scope, name.sym, def, name.span);
        }
        match def {
            TypeDef::Param(n) => {
                if barrier {
                    self.outer_param(name.sym, name.span);
                    return Types::error();
                }
                if self.number_param(scope, name.sym).is_some() {
                    self.number_as_type(name.span);
                    return Types::error();
                }
                self.p.types.intern(Ty::Param(n))
            }
            TypeDef::Own(ty) => ty,
            TypeDef::Mixin(..) => {
                let text = self.name(name.sym);
                self.report(
                    Diagnostic::new(Code::UnknownType, name.span, format!("`{text}` is a mixin, not a type"))
                        .help("name a type that takes it over, or declare a trait"),
                );
                Types::error()
            }
            TypeDef::Adt(id) => self.applied_adt(scope, id, args, span),
            TypeDef::Trait(id) => match self.trait_with(scope, id, args, Open::Nowhere, span) {
                Some(trait_) => self.p.types.intern(Ty::Dyn(trait_.id, trait_.args)),
                None => Types::error(),
            },
            TypeDef::Resolved(ty, count) => {
                let args = self.resolve_args(scope, args, &[]);
                self.applied(name.sym, ty, count, &args, span)
            }
            TypeDef::Alias(ty, at, generics) => {
                if self.alias_depth > 50 {
                    let text = self.name(name.sym);
                    self.report(Diagnostic::new(
                        Code::InfiniteType,
                        name.span,
                        format!("the alias `{text}` means itself"),
                    ));
                    return Types::error();
                }
                let kinds: Vec<Option<TyId>> = generics
                    .params
                    .iter()
                    .map(|param| param.constant.as_ref().map(|ty| self.resolve_type(at, ty)))
                    .collect();
                let args = self.resolve_args(scope, args, &kinds);
                if args.len() != generics.params.len() {
                    self.type_arity(name.sym, generics.params.len(), args.len(), span);
                    return Types::error();
                }
                let inner = self.scopes.child(Some(at));
                for (param, arg) in generics.params.iter().zip(args) {
                    self.scopes
                        .get_mut(inner)
                        .types
                        .insert(param.name.sym, (TypeDef::Own(arg), param.name.span));
                }
                self.alias_depth += 1;
                let ty = self.resolve_type(inner, ty);
                self.alias_depth -= 1;
                ty
            }
        }
    }

    /// `module.Name`.
    fn resolve_exported(
        &mut self,
        scope: ScopeId,
        module: Space,
        name: ast::Name,
        args: &'a [ast::Type],
        span: Span,
    ) -> TyId {
        if self.at_cursor(name.span) {
            self.propose_exports(module);
        }
        let Some(def) = self.exported_type_of(module, name.sym) else {
            self.not_in_space(module, name);
            return Types::error();
        };
        self.seen_export(name.span, Some(def), None);
        match def {
            ExportedType::Adt(id) => self.applied_adt(scope, id, args, span),
            ExportedType::Trait(id) => match self.trait_with(scope, id, args, Open::Nowhere, span) {
                Some(trait_) => self.p.types.intern(Ty::Dyn(trait_.id, trait_.args)),
                None => Types::error(),
            },
            ExportedType::Alias(ty, count) => {
                let args = self.resolve_args(scope, args, &[]);
                self.applied(name.sym, ty, count, &args, span)
            }
        }
    }

    /// An alias of another module with its arguments.
    fn applied(&mut self, name: Symbol, ty: TyId, count: u32, args: &[TyId], span: Span) -> TyId {
        if args.len() != count as usize {
            self.type_arity(name, count as usize, args.len(), span);
            return Types::error();
        }
        self.p.types.subst(ty, args)
    }

    fn resolve_builtin(
        &mut self,
        scope: ScopeId,
        name: ast::Name,
        args: &'a [ast::Type],
        span: Span,
    ) -> TyId {
        let text = self.name(name.sym);
        let generic = match text.as_str() {
            "List" | "Array" => Some(1),
            "Option" => Some(1),
            "Dict" | "Map" => Some(2),
            _ => None,
        };
        if let Some(count) = generic {
            let args = self.resolve_args(scope, args, &[]);
            if args.len() != count {
                self.type_arity(name.sym, count, args.len(), span);
                return Types::error();
            }
            let ty = match text.as_str() {
                "Option" => Ty::Option(args[0]),
                "Dict" | "Map" => Ty::Dict(args[0], args[1]),
                _ => Ty::Array(args[0]),
            };
            return self.p.types.intern(ty);
        }
        if let Some(ty) = self.builtin_type(name.sym) {
            if !args.is_empty() {
                self.type_arity(name.sym, 0, args.len(), span);
            }
            return self.p.types.intern(ty);
        }
        if self.unresolved.contains(&name.sym) {
            return Types::error();
        }
        let mut diagnostic =
            Diagnostic::new(Code::UnknownType, name.span, format!("there is no type called `{text}`"));
        let mut known: Vec<String> =
            self.scopes.type_names(scope).into_iter().map(|sym| self.name(sym)).collect();
        known.extend(NAMES.iter().map(|(name, _)| (*name).to_owned()));
        if let Some(close) = crate::names::closest(&text, known) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        self.report(diagnostic);
        Types::error()
    }

    /// Type arguments. `kinds` says which of the parameters stand for numbers, and of which type.
    pub(crate) fn resolve_args(
        &mut self,
        scope: ScopeId,
        args: &'a [ast::Type],
        kinds: &[Option<TyId>],
    ) -> Vec<TyId> {
        let kind = |index: usize| kinds.get(index).copied().flatten();
        args.iter().enumerate().map(|(index, arg)| self.resolve_arg(scope, arg, kind(index))).collect()
    }

    /// A type argument: a type, or a number of a type.
    pub(crate) fn resolve_arg(&mut self, scope: ScopeId, arg: &'a ast::Type, kind: Option<TyId>) -> TyId {
        let Some(int) = kind else { return self.resolve_type(scope, arg) };
        let Some(number) = self.number_argument(scope, arg) else {
            let resolved = self.resolve_type(scope, arg);
            if resolved != Types::error() {
                let text = self.show_type(resolved);
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        arg.span,
                        format!("a number is expected here, and `{text}` is a type"),
                    )
                    .help("write a whole number, or a type parameter that is declared `const`"),
                );
            }
            return Types::error();
        };
        if let (Ty::Number(value), Ty::Int(int)) = (self.p.types.get(number), self.p.types.get(int)) {
            let bits = u32::from(int.bits) - u32::from(int.signed);
            if bits < 64 && value >> bits != 0 {
                let message =
                    format!("{value} is too large for `{}`", self.show_type(kind.unwrap_or(number)));
                self.report(Diagnostic::new(Code::TypeMismatch, arg.span, message));
                return Types::error();
            }
        }
        number
    }

    /// A type argument that is a number: one that is written, or a type parameter that stands for one.
    fn number_argument(&mut self, scope: ScopeId, arg: &'a ast::Type) -> Option<TyId> {
        match &arg.kind {
            TypeKind::Number(value) => Some(self.p.types.intern(Ty::Number(*value))),
            TypeKind::Path { path, args } => {
                let ([name], []) = (path.as_slice(), args.as_slice()) else { return None };
                match self.scopes.find_type(scope, name.sym)? {
                    (TypeDef::Param(n), false) => {
                        self.number_param(scope, name.sym)?;
                        Some(self.p.types.intern(Ty::Param(n)))
                    }
                    // An argument of an alias.
                    (TypeDef::Own(ty), _) => matches!(self.p.types.get(ty), Ty::Number(_)).then_some(ty),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The type of the number that a name stands for as a type parameter.
    fn number_param(&self, scope: ScopeId, name: Symbol) -> Option<TyId> {
        match self.scopes.find_value(scope, name)?.0 {
            ValueDef::Number(_, ty) => Some(ty),
            ValueDef::Fn(_)
            | ValueDef::Adt(_)
            | ValueDef::Module(_)
            | ValueDef::Global(_)
            | ValueDef::Namespace(_)
            | ValueDef::Inline(_) => None,
        }
    }

    /// Reports a type parameter of a function in a declaration inside of it.
    pub(crate) fn outer_param(&mut self, name: Symbol, span: Span) {
        let text = self.name(name);
        let message = format!("the type parameter `{text}` belongs to the function around this declaration");
        self.report(
            Diagnostic::new(Code::UnknownType, span, message)
                .help("give this declaration a type parameter of its own"),
        );
    }

    fn number_as_type(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::TypeMismatch, span, "a type is expected here, and this is a number")
                .help("only a type parameter that is declared `const N: usize` stands for a number"),
        );
    }

    /// A declared type with the arguments that are written.
    pub(crate) fn applied_adt(
        &mut self,
        scope: ScopeId,
        id: AdtId,
        args: &'a [ast::Type],
        span: Span,
    ) -> TyId {
        let kinds: Vec<Option<TyId>> =
            self.p.adts[id].generics.iter().map(|generic| generic.constant).collect();
        let args = self.resolve_args(scope, args, &kinds);
        self.adt_type(id, args, span)
    }

    pub(crate) fn adt_type(&mut self, id: AdtId, mut args: Vec<TyId>, span: Span) -> TyId {
        let generics = self.p.adts[id].generics.clone();
        let wanted = generics.len();
        if !self.fill_defaults(&generics, &mut args, 0) {
            let name = self.p.adts[id].name;
            self.type_arity(name, wanted, args.len(), span);
            return Types::error();
        }
        self.p.types.intern(Ty::Adt(id, args))
    }

    /// A trait with its arguments; none where it is not one (reported).
    pub(crate) fn resolve_bound(
        &mut self,
        scope: ScopeId,
        ty: &'a ast::Type,
        open: Open<'_>,
    ) -> Option<TraitRef> {
        if let TypeKind::Path { path, args } = &ty.kind
            && let [name] = path.as_slice()
            && let Some((TypeDef::Trait(id), _)) = self.scopes.find_type(scope, name.sym)
        {
            self.seen(name.span, Meant::Trait(id));
            return self.trait_with(scope, id, args, open, ty.span);
        }
        if let TypeKind::Path { path, args } = &ty.kind
            && let [modules @ .., name] = path.as_slice()
            && let Some(module) = self.namespace_path(scope, modules)
            && let Some(ExportedType::Trait(id)) = self.exported_type_of(module, name.sym)
        {
            self.seen(name.span, Meant::Trait(id));
            return self.trait_with(scope, id, args, open, ty.span);
        }
        if matches!(ty.kind, TypeKind::Error | TypeKind::NotYet(_)) {
            return None;
        }
        if let TypeKind::Path { path, .. } = &ty.kind
            && path.first().is_some_and(|name| self.unresolved.contains(&name.sym))
        {
            return None;
        }
        let text = self.cx.sources.slice(ty.span).to_owned();
        let mut diagnostic =
            Diagnostic::new(Code::UnknownType, ty.span, format!("there is no trait called `{text}`"));
        let traits: Vec<String> =
            self.p.traits.values().map(|trait_| self.cx.names.name(trait_.name).to_owned()).collect();
        if let Some(close) = crate::names::closest(&text, traits) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        self.report(diagnostic);
        None
    }

    /// Reports a path that leads to no type.
    fn unknown_path(&mut self, path: &[ast::Name], span: Span) {
        let text = path.iter().map(|name| self.name(name.sym)).collect::<Vec<_>>().join(".");
        let mut diagnostic =
            Diagnostic::new(Code::UnknownType, span, format!("there is no type called `{text}`"));
        if let [owner, name] = path {
            let (owner, name) = (self.name(owner.sym), self.name(name.sym));
            diagnostic = diagnostic.help(format!(
                "`{owner}` is no module here, and no bound of it has an associated type `{name}`"
            ));
        }
        self.report(diagnostic);
    }

    pub(crate) fn type_arity(&mut self, name: Symbol, wanted: usize, found: usize, span: Span) {
        let text = self.name(name);
        let plural = if wanted == 1 { "" } else { "s" };
        self.report(Diagnostic::new(
            Code::TypeArity,
            span,
            format!("`{text}` takes {wanted} type argument{plural}, not {found}"),
        ));
    }

    pub(crate) fn not_yet(&mut self, span: Span, what: &str, help: &str) {
        self.report(
            Diagnostic::new(Code::NotSupportedYet, span, format!("not supported yet: {what}")).help(help),
        );
    }

    /// A type as it is written.
    pub(crate) fn show_type(&self, ty: TyId) -> String {
        show_type(self.cx, self.p, ty, &[])
    }
}

/// A type as it is written. `params` are the names of type parameters.
pub fn show_type(cx: &base::Cx, program: &crate::hir::Program, ty: TyId, params: &[Symbol]) -> String {
    let list = |items: &[TyId]| {
        items.iter().map(|&item| show_type(cx, program, item, params)).collect::<Vec<_>>().join(", ")
    };
    let applied = |name: Symbol, args: &[TyId]| {
        let name = cx.names.name(name);
        if args.is_empty() { name.to_owned() } else { format!("{name}<{}>", list(args)) }
    };
    match program.types.get(ty) {
        Ty::Error => "?".to_owned(),
        Ty::Never => "never".to_owned(),
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Int(IntTy { bits, signed }) => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
        Ty::Float { bits } => format!("f{bits}"),
        Ty::Text => "text".to_owned(),
        Ty::Any => "any".to_owned(),
        Ty::Range => "Range".to_owned(),
        Ty::Number(n) => n.to_string(),
        Ty::Array(elem) => format!("[{}]", list(&[*elem])),
        Ty::Dict(key, value) => format!("{{{}: {}}}", list(&[*key]), list(&[*value])),
        Ty::Tuple(items) => format!("({})", list(items)),
        Ty::Option(inner) => match program.types.get(*inner) {
            Ty::Fn(..) => format!("({})?", list(&[*inner])),
            _ => format!("{}?", list(&[*inner])),
        },
        Ty::Fn(args, ret) => format!("fn({}) -> {}", list(args), list(&[*ret])),
        Ty::Adt(id, args) if program.is_union(*id, &cx.names) => {
            let members: Vec<String> = args.iter().map(|&arg| show_type(cx, program, arg, params)).collect();
            members.join(" | ")
        }
        Ty::Adt(id, args) => applied(program.adts[*id].name, args),
        Ty::Dyn(id, args) => format!("dyn {}", applied(program.traits[*id].name, args)),
        Ty::Param(n) => match params.get(*n as usize) {
            Some(&name) => cx.names.name(name).to_owned(),
            None => format!("#{n}"),
        },
    }
}
