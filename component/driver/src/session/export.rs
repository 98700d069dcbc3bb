//! The functions of a program that its users call.

use crate::graph::Graph;
use base::{Code, Cx, Diagnostic};
use mir::instantiate::Wanted;
use sema::hir::{self, FnKind};
use syntax::ast::{ItemKind, StmtKind};

/// The public functions of the program's first module, in order; `None` where one cannot be called from outside, which is reported.
pub(super) fn public_functions(cx: &mut Cx, graph: &Graph, program: &hir::Program) -> Option<Vec<Wanted>> {
    let tree = graph.trees().next()?;
    let mut wanted = Vec::new();
    let mut wrong = Vec::new();
    for stmt in &tree.body {
        let StmtKind::Item(item) = &stmt.kind else { continue };
        let ItemKind::Fn(declared) = &item.kind else { continue };
        if !item.public {
            continue;
        }
        let name = cx.names.name(declared.name.sym);
        let is_it = |function: &hir::Fn| function.span.file == tree.file && function.path == name;
        let Some((id, function)) = program.fns.iter().find(|(_, function)| is_it(function)) else { continue };
        if !function.generics.is_empty() || !matches!(function.kind, FnKind::Body(_)) {
            let message = format!("`{name}` cannot be exported: it is generic");
            let help = "write down the types of its parameters, or leave out `pub`";
            wrong.push(Diagnostic::new(Code::NotExportable, function.span, message).help(help));
            continue;
        }
        let params = declared.params.iter().map(|param| cx.names.name(param.name.sym).to_owned()).collect();
        wanted.push(Wanted { function: id, name: name.to_owned(), params });
    }
    if wanted.is_empty() && wrong.is_empty() {
        let span = base::Span { file: tree.file, start: 0, end: 0 };
        let help = "write `pub` in front of the functions that others call";
        wrong.push(Diagnostic::new(Code::NotExportable, span, "nothing is exported").help(help));
    }
    let all = wrong.is_empty();
    wrong.into_iter().for_each(|wrong| cx.diags.push(wrong));
    all.then_some(wanted)
}
