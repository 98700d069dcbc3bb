//! Functions of the program's host: `extern fn` outside of the standard library.
//!
//! Whoever runs the program provides them, by name and type. So the types stand in the declaration, and are such that values of them mean
//! the same on both sides: numbers, texts, and arrays, options and tuples of these.

use super::Context;
use crate::hir::Generic;
use crate::infer::Infer;
use crate::scheme::{External, SigParam};
use crate::ty::{Ty, TyId, Types};
use base::{Code, Diagnostic, Span};
use syntax::ast;

impl Infer<'_> {
    /// An extern function of a program, where its declaration is one.
    pub(super) fn host_function(
        &mut self,
        decl: &ast::Fn,
        context: &Context,
        (generics, params, ret): (&[Generic], &[SigParam], Option<TyId>),
    ) -> Option<External> {
        let name = self.name(decl.name.sym);
        let before = self.cx.diags.error_count();
        if let Some(body) = &decl.body {
            let message = format!("the extern function `{name}` has a body");
            self.bad_extern(
                body.span,
                message,
                "leave out `extern`, or the body: the host provides the function",
            );
        }
        if context.self_ty.is_some() {
            let message = format!("the extern function `{name}` belongs to a type");
            self.bad_extern(decl.name.span, message, "declare it at the top of the file");
        } else if !generics.is_empty() {
            let message = format!("the extern function `{name}` is generic");
            self.bad_extern(
                decl.name.span,
                message,
                "declare one function for each type that the host takes",
            );
            return None;
        }
        for param in params {
            match param.ty {
                Some(ty) => self.passes(ty, param.span),
                None => {
                    let message = format!("the type of `{}` is not written", self.name(param.name));
                    self.bad_extern(
                        param.span,
                        message,
                        "the host goes by the types of an extern function: write them",
                    );
                }
            }
        }
        if let (Some(ty), Some(written)) = (ret, &decl.ret) {
            self.passes(ty, written.span);
        }
        (self.cx.diags.error_count() == before).then_some(External::Host)
    }

    /// Values of the type go to the host and back; else that is an error.
    fn passes(&mut self, ty: TyId, span: Span) {
        if let Some(inner) = foreign(&self.p.types, ty) {
            let message = format!("a value of type `{}` does not go to the host", self.show_type(inner));
            let help = "numbers, `bool` and `text` do, and arrays, options and tuples of them";
            self.bad_extern(span, message, help);
        }
    }

    fn bad_extern(&mut self, span: Span, message: String, help: &str) {
        self.report(Diagnostic::new(Code::BadExtern, span, message).help(help));
    }
}

/// The first type in a type whose values mean nothing to a host. One that is wrong was reported.
pub(crate) fn foreign(types: &Types, ty: TyId) -> Option<TyId> {
    match types.get(ty) {
        Ty::Error | Ty::Unit | Ty::Bool | Ty::Int(_) | Ty::Float { .. } | Ty::Text => None,
        Ty::Array(inner) | Ty::Option(inner) => foreign(types, *inner),
        Ty::Tuple(items) => items.iter().find_map(|&item| foreign(types, item)),
        Ty::Never
        | Ty::Any
        | Ty::Range
        | Ty::Dict(..)
        | Ty::Fn(..)
        | Ty::Adt(..)
        | Ty::Dyn(..)
        | Ty::Param(_)
        | Ty::Number(_) => Some(ty),
    }
}
