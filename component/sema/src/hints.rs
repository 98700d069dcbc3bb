//! Type arguments from hints: what somebody who is not a call in the program knows about one use of a template.
//!
//! The hints are put together as the parts of a call are: first what must be so (equalities and bounds), then the arguments from left to right, then
//! what the result is used for. An argument or a result may be converted where a call would convert it. The constraints that the
//! template's body leaves to its calls hold as well. Unlike the end of a body, nothing is guessed here: what the hints leave open is said.

use crate::hir::{FnId, Generic, Program, TraitRef};
use crate::infer::Infer;
use crate::infer::ity::{Clash, MAX_DEPTH, T, VarKind};
use crate::infer::solve::At;
use crate::scheme::Constraint;
use crate::ty::{Ty, TyId};
use base::{Code, Cx, Diagnostic, Exhausted, Span, Symbol};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

/// Types in questions have at most so many nodes, each counted wherever it is used.
pub const MAX_TYPE_SIZE: u64 = crate::zonk::MAX_SIZE;
/// Types in questions nest no deeper.
pub const MAX_TYPE_DEPTH: u32 = MAX_DEPTH;
/// No question has more hints: when they contradict each other, each is tried without the others.
pub const MAX_HINTS: usize = 256;

/// What type arguments are looked for.
#[derive(Clone, Debug)]
pub enum Template {
    /// A function of the program or its libraries.
    Function(FnId),
    /// A function that is described.
    Signature(Signature),
}

/// What a function looks like from outside. Types mention its type parameters.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name, for messages.
    pub name: String,
    /// Its type parameters.
    pub generics: Vec<Generic>,
    /// Types of its parameters.
    pub params: Vec<TyId>,
    /// Type of its result.
    pub result: TyId,
    /// A place to blame.
    pub span: Span,
}

/// What is known about one use of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hint {
    /// A parameter, from 0 (`self` is one), gets an argument of this type.
    Argument(u32, TyId),
    /// The caller uses the result as this type.
    Result(TyId),
    /// A variable of this type gets the result.
    Assigned(TyId),
    /// A type parameter, from 0, implements a trait. Its arguments may mention type parameters of the template.
    Implements(u32, TraitRef),
    /// A type parameter, from 0, is this type, which may mention type parameters of the template.
    Equals(u32, TyId),
}

/// The type argument of each type parameter, those that inference added included; or why there are none.
pub type Answer = Result<Vec<TyId>, Vec<Diagnostic>>;

/// What the type parameters of a template are, by hints. Types in the hints mention no type parameters except as [`Hint`] says.
///
/// # Errors
/// The budget is used up.
pub fn infer(
    cx: &mut Cx,
    program: &mut Program,
    template: &Template,
    hints: &[Hint],
) -> Result<Answer, Exhausted> {
    let said = std::mem::take(&mut cx.diags);
    let answer = Question { template, hints }.answer(cx, program);
    cx.diags = said;
    if cx.budget.is_exhausted() { Err(Exhausted) } else { Ok(answer) }
}

struct Question<'q> {
    template: &'q Template,
    hints: &'q [Hint],
}

/// What came of putting hints together.
enum Outcome {
    Known(Vec<TyId>),
    /// These type parameters are not determined.
    Open(Vec<usize>),
    /// It cannot be; so many hints were looked at.
    Wrong(Diagnostic, usize),
}

impl Question<'_> {
    fn answer(&self, cx: &mut Cx, program: &mut Program) -> Answer {
        let wrong = self.ill_formed(program);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut order: Vec<usize> = (0..self.hints.len()).collect();
        order.sort_by_key(|&index| rank(&self.hints[index]));
        match self.put_together(cx, program, &order) {
            Outcome::Known(args) => Ok(args),
            Outcome::Open(mut open) => {
                // What only operators and members of the body give follows from the others.
                let generics = self.generics(program);
                let named = |&index: &usize| !is_made_up(cx.names.name(generics[index].name));
                if open.iter().any(named) {
                    open.retain(named);
                }
                Err(open.into_iter().map(|index| self.undetermined(cx, program, index)).collect())
            }
            Outcome::Wrong(why, looked_at) => {
                order.truncate(looked_at);
                Err(vec![self.conflict(cx, program, order, why)])
            }
        }
    }

    // -- the template --------------------------------------------------------------------------------------------

    fn span(&self, program: &Program) -> Span {
        match self.template {
            Template::Function(id) => program.fns[*id].span,
            Template::Signature(signature) => signature.span,
        }
    }

    fn name<'p>(&'p self, program: &'p Program) -> &'p str {
        match self.template {
            Template::Function(id) => &program.fns[*id].path,
            Template::Signature(signature) => &signature.name,
        }
    }

    fn generics<'p>(&'p self, program: &'p Program) -> &'p [Generic] {
        match self.template {
            Template::Function(id) => &program.schemes.sigs[*id].generics,
            Template::Signature(signature) => &signature.generics,
        }
    }

    fn params(&self, program: &Program) -> Vec<TyId> {
        match self.template {
            Template::Function(id) => program.fns[*id].params.clone(),
            Template::Signature(signature) => signature.params.clone(),
        }
    }

    fn result(&self, program: &Program) -> TyId {
        match self.template {
            Template::Function(id) => program.fns[*id].ret,
            Template::Signature(signature) => signature.result,
        }
    }

    /// Hints about what the template does not have.
    fn ill_formed(&self, program: &Program) -> Vec<Diagnostic> {
        let (span, name) = (self.span(program), self.name(program));
        let mut wrong = Vec::new();
        let mut say = |message| wrong.push(Diagnostic::new(Code::BadArguments, span, message));
        if self.hints.len() > MAX_HINTS {
            say(format!("{} hints are more than the {MAX_HINTS} that are looked at", self.hints.len()));
        }
        let (params, generics) = (self.params(program).len(), self.generics(program).len());
        for hint in self.hints {
            match hint {
                Hint::Argument(index, _) if *index as usize >= params => {
                    say(format!("`{name}` has no parameter {index}: {}", counted(params, "parameter")));
                }
                Hint::Implements(index, _) | Hint::Equals(index, _) if *index as usize >= generics => {
                    say(format!(
                        "`{name}` has no type parameter {index}: {}",
                        counted(generics, "type parameter")
                    ));
                }
                Hint::Argument(..)
                | Hint::Result(_)
                | Hint::Assigned(_)
                | Hint::Implements(..)
                | Hint::Equals(..) => {}
            }
        }
        wrong
    }

    // -- unification ---------------------------------------------------------------------------------------------

    /// Some of the hints together with the template, in this order.
    fn put_together(&self, cx: &mut Cx, program: &mut Program, order: &[usize]) -> Outcome {
        let span = self.span(program);
        let mut infer = Infer::new(cx, program);
        let (args, params, ret) = self.instance(&mut infer, span);
        for (looked_at, &index) in order.iter().enumerate() {
            self.apply(&mut infer, &self.hints[index], (&args, &params, ret), span);
            infer.drain();
            if let Some(why) = first_error(&mut infer) {
                return Outcome::Wrong(why, looked_at + 1);
            }
        }
        infer.settle_for_use();
        let mut open = Vec::new();
        for (index, &arg) in args.iter().enumerate() {
            let mut vars = Vec::new();
            // What nests too deeply to be walked through was refused when it was put together.
            let _ = infer.tt.each_var(arg, &mut |var| vars.push(var));
            if vars.into_iter().any(|var| infer.tt.vars[var].kind == VarKind::General) {
                open.push(index);
            }
        }
        if open.is_empty() {
            for index in infer.open_from(0, 0) {
                infer.ambiguous(index);
            }
        }
        if let Some(why) = first_error(&mut infer) {
            return Outcome::Wrong(why, order.len());
        }
        if !open.is_empty() {
            return Outcome::Open(open);
        }
        let none = HashMap::new();
        let args: Vec<TyId> = args.into_iter().map(|arg| infer.lower(arg, &none)).collect();
        let mut sizes = HashMap::new();
        if args.iter().any(|&arg| infer.type_size(arg, &mut sizes) > MAX_TYPE_SIZE) {
            let why = Diagnostic::new(Code::TooDeep, span, "a type argument is too large");
            return Outcome::Wrong(why, order.len());
        }
        infer.spend();
        Outcome::Known(args)
    }

    /// Variables for the type parameters, and the signature over them. Bounds and open constraints are added.
    fn instance(&self, infer: &mut Infer<'_>, span: Span) -> (Vec<T>, Vec<T>, T) {
        let kinds: Vec<VarKind> = match self.template {
            Template::Function(id) => infer.p.schemes.sigs[*id].kinds.clone(),
            Template::Signature(signature) => vec![VarKind::General; signature.generics.len()],
        };
        let args: Vec<T> = kinds.into_iter().map(|kind| infer.fresh_kind(kind)).collect();
        let (params, ret) = (self.params(infer.p), self.result(infer.p));
        let mut over = |ty| infer.tt.import(&infer.p.types, ty, &args);
        let (params, ret) = (params.into_iter().map(&mut over).collect(), over(ret));
        match self.template {
            Template::Function(id) => infer.copy_constraints(*id, &args, span, &[]),
            Template::Signature(signature) => {
                for (&arg, generic) in args.iter().zip(&signature.generics) {
                    for kind in infer.bound_constraints(generic, arg, &args) {
                        infer.add(kind, span, None);
                    }
                }
            }
        }
        (args, params, ret)
    }

    fn apply(&self, infer: &mut Infer<'_>, hint: &Hint, (args, params, ret): (&[T], &[T], T), span: Span) {
        let at = At::new(span);
        match hint {
            Hint::Argument(index, ty) => {
                let from = infer.own_ty(*ty);
                self.check_bounds(infer, *ty, args, span);
                infer.coerce_type(&at, from, params[*index as usize], false);
            }
            Hint::Result(ty) | Hint::Assigned(ty) => {
                let to = infer.own_ty(*ty);
                self.check_bounds(infer, *ty, args, span);
                infer.coerce_type(&at, ret, to, false);
            }
            Hint::Implements(index, trait_) => implements(infer, args[*index as usize], trait_, args, span),
            Hint::Equals(index, ty) => {
                let wanted = infer.tt.import(&infer.p.types, *ty, args);
                self.check_bounds(infer, *ty, args, span);
                let arg = args[*index as usize];
                if let Err(clash) = infer.tt.unify(arg, wanted) {
                    let (is, should) = (infer.show(arg), infer.show(wanted));
                    let wrong = match clash {
                        Clash::Mismatch => Diagnostic::new(
                            Code::TypeMismatch,
                            span,
                            format!("`{is}` is not the same type as `{should}`"),
                        ),
                        Clash::Infinite => Diagnostic::new(
                            Code::InfiniteType,
                            span,
                            "the type would contain itself without end",
                        ),
                        Clash::TooDeep => {
                            Diagnostic::new(Code::InfiniteType, span, "the type is nested too deeply")
                        }
                    };
                    infer.report(wrong);
                }
            }
        }
    }

    /// The type parameters of declared types in a hint have bounds of their own.
    fn check_bounds(&self, infer: &mut Infer<'_>, ty: TyId, args: &[T], span: Span) {
        let mut seen = HashSet::new();
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            if !seen.insert(ty) {
                continue;
            }
            let found = infer.p.types.get(ty).clone();
            work.extend(found.parts());
            if let Ty::Adt(adt, targs) = found {
                let over: Vec<T> =
                    targs.iter().map(|&ty| infer.tt.import(&infer.p.types, ty, args)).collect();
                infer.adt_bounds(adt, &over, span);
            }
        }
    }

    // -- messages ------------------------------------------------------------------------------------------------

    /// Names the hints that cannot hold together: of those that were looked at, none is left out without the rest becoming possible.
    fn conflict(
        &self,
        cx: &mut Cx,
        program: &mut Program,
        looked_at: Vec<usize>,
        mut why: Diagnostic,
    ) -> Diagnostic {
        let mut core = looked_at;
        let mut at = 0;
        while at < core.len() {
            let mut without = core.clone();
            without.remove(at);
            match self.put_together(cx, program, &without) {
                Outcome::Wrong(shorter, looked_at) => {
                    why = shorter;
                    core = without;
                    core.truncate(looked_at);
                }
                Outcome::Known(_) | Outcome::Open(_) => at += 1,
            }
            cx.diags.take();
        }
        core.sort_unstable();
        let said: Vec<String> =
            core.iter().map(|&index| self.show_hint(cx, program, &self.hints[index])).collect();
        let name = self.name(program);
        why.message = match said.as_slice() {
            [] => format!("`{name}` cannot be used: {}", why.message),
            [one] => format!("{one}, which `{name}` does not allow: {}", why.message),
            several => format!("{}, which contradict each other: {}", several.join(", and "), why.message),
        };
        why
    }

    fn undetermined(&self, cx: &Cx, program: &Program, index: usize) -> Diagnostic {
        let shown = self.show_generic(cx, program, index);
        let params = self.params(program);
        let of: Vec<usize> =
            (0..params.len()).filter(|&param| mentions(program, params[param], index)).collect();
        let in_result = mentions(program, self.result(program), index);
        let arguments =
            of.iter().map(|&param| self.show_param(cx, program, param)).collect::<Vec<_>>().join(" or ");
        let (what, help) = match (of.is_empty(), in_result) {
            (true, true) => (format!("{shown} appears only in the result"), "give a return hint".to_owned()),
            (true, false) => (
                format!("{shown} appears neither in a parameter nor in the result"),
                format!("give a constraint: {shown} equals a type"),
            ),
            (false, true) => (
                format!("nothing determines {shown}"),
                format!("give a call-site hint for {arguments}, or a return hint"),
            ),
            (false, false) => {
                (format!("nothing determines {shown}"), format!("give a call-site hint for {arguments}"))
            }
        };
        Diagnostic::new(
            Code::AmbiguousType,
            self.span(program),
            format!("{what} of `{}`", self.name(program)),
        )
        .help(help)
    }

    fn show_hint(&self, cx: &Cx, program: &Program, hint: &Hint) -> String {
        let names: Vec<Symbol> = self.generics(program).iter().map(|generic| generic.name).collect();
        let show = |ty: TyId| format!("`{}`", crate::show_type(cx, program, ty, &names));
        match hint {
            Hint::Argument(index, ty) => {
                format!("the argument for {} is {}", self.show_param(cx, program, *index as usize), show(*ty))
            }
            Hint::Result(ty) => format!("the result is used as {}", show(*ty)),
            Hint::Assigned(ty) => format!("the result is put into a variable of type {}", show(*ty)),
            Hint::Implements(index, trait_) => {
                let mut text = cx.names.name(program.traits[trait_.id].name).to_owned();
                for (at, &arg) in trait_.args.iter().enumerate() {
                    let open = if at == 0 { '<' } else { ',' };
                    let _ = write!(text, "{open}{}", crate::show_type(cx, program, arg, &names));
                }
                if !trait_.args.is_empty() {
                    text.push('>');
                }
                format!("{} is to implement `{text}`", self.show_generic(cx, program, *index as usize))
            }
            Hint::Equals(index, ty) => {
                format!("{} is to be {}", self.show_generic(cx, program, *index as usize), show(*ty))
            }
        }
    }

    /// Those that inference added are named after their parameter: `'name`.
    fn show_generic(&self, cx: &Cx, program: &Program, index: usize) -> String {
        let name = cx.names.name(self.generics(program)[index].name);
        match name.strip_prefix('\'') {
            Some(param) if !is_made_up(name) => format!("the type of `{param}`"),
            Some(_) | None => format!("`{name}`"),
        }
    }

    fn show_param(&self, cx: &Cx, program: &Program, index: usize) -> String {
        let name = match self.template {
            Template::Function(id) => program.schemes.sigs[*id].params.get(index).map(|param| param.name),
            Template::Signature(_) => None,
        };
        match name {
            Some(name) => format!("parameter {index} (`{}`)", cx.names.name(name)),
            None => format!("parameter {index}"),
        }
    }
}

/// Whether a type parameter belongs neither to a declaration nor to an untyped parameter.
fn is_made_up(name: &str) -> bool {
    name.strip_prefix('\'').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("it has no {what}s"),
        1 => format!("it has one {what}, number 0"),
        _ => format!("it has {count} {what}s, from 0"),
    }
}

/// Parts of a call are looked at in this order.
fn rank(hint: &Hint) -> (u8, u32) {
    match hint {
        Hint::Equals(..) => (0, 0),
        Hint::Implements(..) => (1, 0),
        Hint::Argument(index, _) => (2, *index),
        Hint::Result(_) => (3, 0),
        Hint::Assigned(_) => (4, 0),
    }
}

fn implements(infer: &mut Infer<'_>, ty: T, trait_: &TraitRef, args: &[T], span: Span) {
    let over = trait_.args.iter().map(|&ty| infer.tt.import(&infer.p.types, ty, args)).collect();
    infer.add(Constraint::Implements { ty, trait_: trait_.id, args: over }, span, None);
}

fn first_error(infer: &mut Infer<'_>) -> Option<Diagnostic> {
    if infer.cx.diags.has_errors() { infer.cx.diags.take().into_iter().next() } else { None }
}

/// Whether a type mentions a type parameter.
fn mentions(program: &Program, ty: TyId, param: usize) -> bool {
    let ty = program.types.get(ty);
    *ty == Ty::Param(param as u32) || ty.parts().into_iter().any(|part| mentions(program, part, param))
}
