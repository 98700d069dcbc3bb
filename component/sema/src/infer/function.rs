//! Bodies of functions: when they are inferred, and how.

use super::convert::Why;
use super::ity::{Con, T};
use super::tree::{IExpr, IKind};
use super::{BindKind, BlockScope, Body, DeclBody, Frame, Infer, Live, Ret, Running, State};
use crate::hir::{FnId, Receiver};
use base::{Code, Diagnostic, EntityId, Map, Span};
use std::collections::HashMap;
use syntax::ast;

/// How a function can be used now.
pub(crate) enum Ready {
    /// By its signature.
    Scheme,
    /// By the types found so far.
    Live,
}

/// So many functions are inferred one inside the other. What is needed further in joins the group of the function that is looked at, and its
/// body waits for that one's end: [`check`](crate::check) infers callees first, so that such a function is part of a cycle.
const MAX_NESTED: usize = 80;

impl<'a> Infer<'a> {
    /// Makes a function usable.
    pub fn ready(&mut self, id: FnId) -> Ready {
        let Some(Some(decl)) = self.decls.get(id.index()).copied() else { return Ready::Scheme };
        match decl.state {
            State::Queued | State::Finished => Ready::Scheme,
            State::Monomorphic => Ready::Live,
            State::Running(position) => {
                if self.is_annotated(id) {
                    return Ready::Scheme;
                }
                for running in &mut self.stack[position + 1..] {
                    running.low = running.low.min(position);
                }
                Ready::Live
            }
            State::Unstarted => {
                if !self.p.schemes.sigs[id].has_body {
                    self.set_state(id, State::Finished);
                    return Ready::Scheme;
                }
                if self.is_annotated(id) && self.p.schemes.sigs[id].generics.is_empty() {
                    self.set_state(id, State::Queued);
                    self.todo.push_back(id);
                    return Ready::Scheme;
                }
                match self.runners.last() {
                    Some(&runner) if self.runners.len() >= MAX_NESTED => {
                        let position = self.start(id);
                        self.stack[position].low = runner;
                        self.joined.push_back(position);
                    }
                    Some(_) | None => self.infer_fn(id),
                }
                self.ready(id)
            }
        }
    }

    pub fn give_up(&mut self, id: FnId) {
        let error = crate::ty::Types::error();
        let sig = &mut self.p.schemes.sigs[id];
        for param in &mut sig.params {
            param.ty.get_or_insert(error);
        }
        sig.ret.get_or_insert(error);
        self.set_state(id, State::Finished);
    }

    pub fn set_state(&mut self, id: FnId, state: State) {
        if let Some(Some(decl)) = self.decls.get_mut(id.index()) {
            decl.state = state;
        }
    }

    /// All types of the signature are declared.
    pub fn is_annotated(&self, id: FnId) -> bool {
        let sig = &self.p.schemes.sigs[id];
        sig.ret.is_some() && sig.params.iter().all(|param| param.ty.is_some())
    }

    /// Checks all functions of a range later, whether they are used or not.
    pub fn check_later(&mut self, first: FnId, end: FnId) {
        for index in first.index()..end.index() {
            self.todo.push_back(FnId::from_index(index));
        }
    }

    /// Checks what waits.
    pub fn check_waiting(&mut self) {
        while let Some(id) = self.todo.pop_front() {
            if !self.spend() {
                return;
            }
            let Some(Some(decl)) = self.decls.get(id.index()).copied() else { continue };
            match decl.state {
                State::Queued => self.infer_fn(id),
                State::Unstarted if self.is_annotated(id) && self.p.schemes.sigs[id].generics.is_empty() => {
                    if self.p.schemes.sigs[id].has_body {
                        self.infer_fn(id);
                    }
                }
                State::Unstarted => {
                    self.ready(id);
                }
                State::Running(_) | State::Monomorphic | State::Finished => {}
            }
        }
    }

    /// Infers a function's body, and finishes its group where it is the first of it.
    fn infer_fn(&mut self, id: FnId) {
        let position = self.start(id);
        self.runners.push(position);
        self.infer_body(position);
        while let Some(joined) = self.joined.pop_front() {
            self.infer_body(joined);
        }
        self.runners.pop();
        let low = self.stack[position].low;
        if low == position {
            let generalize = !self.is_annotated(id) || !self.p.schemes.sigs[id].generics.is_empty();
            let saved = (self.cur, self.level);
            (self.cur, self.level) = (self.stack[position].body, position as u32 + 1);
            self.finish_group(position, generalize);
            (self.cur, self.level) = saved;
        } else {
            for running in &mut self.stack[low + 1..position] {
                running.low = running.low.min(low);
            }
        }
    }

    /// Puts a function on the stack, with types for its signature.
    fn start(&mut self, id: FnId) -> usize {
        let position = self.stack.len();
        let scope = self.decls[id.index()].expect("a declared function").scope;
        self.stack.push(Running { id, body: self.bodies.len(), low: position, mark: self.constraints.len() });
        self.set_state(id, State::Running(position));
        self.bodies.push(Body {
            id,
            scope,
            binds: Map::new(),
            frames: Map::new(),
            active: Vec::new(),
            params: HashMap::new(),
        });
        let level = std::mem::replace(&mut self.level, position as u32 + 1);
        let ret = match self.p.schemes.sigs[id].ret {
            Some(ty) => self.own_ty(ty),
            None => self.fresh(),
        };
        let params = self.param_types(id);
        self.level = level;
        self.live.insert(id, Live { params, ret });
        position
    }

    fn infer_body(&mut self, position: usize) {
        let Running { id, body, .. } = self.stack[position];
        let saved = (self.cur, self.level);
        (self.cur, self.level) = (body, position as u32 + 1);
        let Live { params, ret } = self.live[&id].clone();
        let span = self.p.schemes.sigs[id].span;
        let ret = match self.p.schemes.sigs[id].ret {
            Some(_) if self.tt.con_of(ret) == Some(Con::Unit) => Ret::Unit,
            Some(_) => Ret::Declared(ret),
            None => Ret::Inferred { inputs: Vec::new(), ret },
        };
        self.push_frame(id, ret, span);
        self.bind_params(id, &params);
        match self.decls[id.index()].expect("a declared function").body {
            DeclBody::Fn(ast) => {
                let checks = self.invariant_checks(id);
                if let Some(block) = &ast.body {
                    self.frame_body(block);
                }
                if !checks.is_empty() {
                    self.prepend(checks);
                }
                for param in &ast.params {
                    self.check_default(param);
                }
            }
            DeclBody::Default(expr) => self.frame_value(expr),
            DeclBody::Invariant(clauses) => {
                let stmts = self.checks(clauses, "invariant");
                let unit = self.tt.unit();
                let value = self.expr(IKind::Block { stmts, value: None }, unit, span);
                self.close_frame(value);
            }
            DeclBody::Forward(forward) => {
                let value = self.forwarded(forward, span);
                let value = match self.frame().ret.clone() {
                    Ret::Declared(ty) => self.coerce(value, ty, &Why::Result),
                    Ret::Inferred { .. } => self.inferred_value(value),
                    Ret::Unit => value,
                };
                self.close_frame(value);
            }
        }
        self.pop_frame();
        (self.cur, self.level) = saved;
    }

    /// A default is checked where the function is, whether a call needs it or not.
    fn check_default(&mut self, param: &'a ast::Param) {
        if param.default.is_none() {
            return;
        }
        let id = self.bodies[self.cur].id;
        let default = self.p.schemes.sigs[id]
            .params
            .iter()
            .find(|known| known.name == param.name.sym)
            .and_then(|known| known.default);
        if let Some(default) = default {
            self.todo.push_back(default);
        }
    }

    fn param_types(&mut self, id: FnId) -> Vec<T> {
        let params: Vec<_> =
            self.p.schemes.sigs[id].params.iter().map(|param| (param.ty, param.span)).collect();
        params
            .into_iter()
            .map(|(ty, _span)| match ty {
                Some(ty) => self.own_ty(ty),
                None => self.fresh(),
            })
            .collect()
    }

    pub fn push_frame(&mut self, id: FnId, ret: Ret, span: Span) {
        let ret_ty = self.tt.unit();
        let body = self.body();
        let frame = body.frames.push(Frame {
            id,
            params: Vec::new(),
            captures: Vec::new(),
            self_closure: None,
            scopes: vec![BlockScope { names: HashMap::new(), items: None, leaked: HashMap::new() }],
            ret,
            loops: Vec::new(),
            next_loop: 0,
            value: None,
            ret_ty,
            span,
            straight: 2,
            generator: None,
            deferring: false,
            collected: super::cleanup::Collected::default(),
        });
        body.active.push(frame);
    }

    pub fn pop_frame(&mut self) -> super::tree::FrameId {
        self.body().active.pop().expect("a frame was pushed")
    }

    fn bind_params(&mut self, id: FnId, types: &[T]) {
        let sig = &self.p.schemes.sigs[id];
        let me = sig.me;
        let has_self = sig.receiver != Receiver::None;
        let params: Vec<_> = sig.params.iter().map(|param| (param.name, param.span)).collect();
        for (index, ((name, span), &ty)) in params.into_iter().zip(types).enumerate() {
            let kind = if index == 0 && has_self { BindKind::Own { me } } else { BindKind::Param };
            let bind = self.new_bind(name, ty, span, kind);
            self.frame().params.push(bind);
            self.bind_name(name, bind);
        }
    }

    /// The block of a function or lambda: its last value is the result.
    pub fn frame_body(&mut self, block: &'a ast::Block) {
        let ret = self.frame().ret.clone();
        let value = match &ret {
            Ret::Declared(ty) => {
                let value = self.block(block, Some(*ty), true);
                self.declared_value(value, *ty, block)
            }
            Ret::Inferred { ret, .. } => {
                let value = self.block(block, Some(*ret), true);
                self.inferred_value(value)
            }
            Ret::Unit => self.block(block, None, false),
        };
        self.close_frame(value);
    }

    fn frame_value(&mut self, expr: &'a ast::Expr) {
        let ret = self.frame().ret.clone();
        let value = match ret {
            Ret::Declared(ty) => self.check(expr, ty, &Why::Other("the default value")),
            Ret::Inferred { ret, .. } => {
                let value = self.infer(expr, Some(ret));
                self.inferred_value(value)
            }
            Ret::Unit => self.effect(expr),
        };
        self.close_frame(value);
    }

    fn declared_value(&mut self, value: IExpr, ty: T, block: &'a ast::Block) -> IExpr {
        self.drain();
        if self.tt.con_of(value.ty) == Some(Con::Unit)
            && self.tt.con_of(ty).is_some_and(|con| con != Con::Any)
            && !self.tt.could_unify(value.ty, ty)
            && self.tt.con_of(ty) != Some(Con::Option)
        {
            let wanted = self.show(ty);
            let at = block.stmts.last().map_or(block.span, |stmt| stmt.span);
            self.report(
                Diagnostic::new(
                    Code::TypeMismatch,
                    at,
                    format!("the result is `()`, but `{wanted}` is expected"),
                )
                .label("the body ends here, without a value")
                .help("end it with the result, or with `return value`"),
            );
            return self.error_expr(value.span);
        }
        self.coerce(value, ty, &Why::Result)
    }

    /// The last value of a body whose result is inferred.
    fn inferred_value(&mut self, value: IExpr) -> IExpr {
        self.drain();
        let Ret::Inferred { ret, .. } = self.frame().ret.clone() else { return value };
        self.returned(value, ret)
    }

    fn close_frame(&mut self, value: IExpr) {
        let ret_ty = match self.frame().ret.clone() {
            Ret::Declared(ty) => ty,
            Ret::Unit => self.tt.unit(),
            Ret::Inferred { inputs, ret } => {
                let span = value.span;
                self.add(crate::scheme::Constraint::Join { inputs, ret }, span, None);
                ret
            }
        };
        self.drain();
        let frame = self.frame();
        frame.value = Some(value);
        frame.ret_ty = ret_ty;
    }

    /// The functions of a group, from the first on the stack to the last, leave it.
    fn finish_group(&mut self, position: usize, generalize: bool) {
        let mark = self.stack[position].mark;
        self.settle(position as u32 + 1, mark, generalize);
        let group: Vec<Running> = self.stack.drain(position..).collect();
        let members: Vec<(FnId, usize)> = group.iter().map(|running| (running.id, running.body)).collect();
        self.generalize(&members, position as u32 + 1, mark, generalize);
        for (id, _) in members {
            if self.decl_state(id) != Some(State::Monomorphic) {
                self.set_state(id, State::Finished);
                self.live.remove(&id);
            }
        }
    }

    /// Types of the parameters of the functions on the stack from a position on.
    pub fn running_params(&self, position: usize) -> Vec<T> {
        self.stack[position..].iter().flat_map(|running| self.live[&running.id].params.clone()).collect()
    }

    pub fn decl_state(&self, id: FnId) -> Option<State> {
        Some(self.decls.get(id.index())?.as_ref()?.state)
    }

    /// At the end: signatures of functions that wait for module-level variables.
    pub fn finish_monomorphic(&mut self) {
        let mut list: Vec<FnId> = self.live.keys().copied().collect();
        list.sort_unstable();
        for id in list {
            if self.decl_state(id) == Some(State::Monomorphic) {
                self.lower_signature(id);
                self.set_state(id, State::Finished);
            }
        }
    }

    /// Prepares the body of the module: body 0, level 0.
    pub fn start_module_body(&mut self, id: FnId, scope: crate::scope::ScopeId, span: Span) {
        self.bodies.push(Body {
            id,
            scope,
            binds: Map::new(),
            frames: Map::new(),
            active: Vec::new(),
            params: HashMap::new(),
        });
        self.push_frame(id, Ret::Unit, span);
        // Its statements stand in the scope of the frame itself.
        self.frame().straight = 1;
    }
}
