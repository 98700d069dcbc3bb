//! Sets, and membership in declared types.

use super::Infer;
use super::ity::{Con, T};
use super::member::{Found, Pick, Target};
use super::tree::{ICallee, IExpr, IKind};
use crate::ty::AdtId;
use base::Span;
use syntax::ast;

impl<'a> Infer<'a> {
    /// `s{a, b}`: the set of the elements of an array.
    pub fn set(&mut self, items: &'a [ast::Element], expect: Option<T>, span: Span) -> IExpr {
        let wanted = expect.map(|ty| self.tt.shallow(ty)).filter(|&ty| {
            matches!((self.tt.con_of(ty), self.set_adt()), (Some(Con::Adt(adt)), Some(set)) if adt == set)
        });
        let array = wanted.map(|ty| {
            let elem = self.tt.arg(ty, 0);
            self.tt.array(elem)
        });
        let value = self.array(items, array, span);
        let Some(id) = self.lang("set_of") else { return self.error_expr(span) };
        let inst = self.instantiate(id, span);
        let value = self.coerce(value, inst.params[0], &super::convert::Why::Element);
        self.expr(IKind::Call { callee: ICallee::Fn(id, inst.args), args: vec![value] }, inst.ret, span)
    }

    /// The type of sets.
    pub fn set_adt(&self) -> Option<AdtId> {
        self.p.set_type(&self.cx.names)
    }

    /// The method by which a declared type says what is in it, and what it takes.
    pub fn container_method(&mut self, whole: T, span: Span) -> Option<(Target, T)> {
        let ty = self.known(whole);
        let con @ Con::Adt(_) = self.tt.con_of(ty)? else { return None };
        for name in ["__contains__", "contains"] {
            let sym = self.cx.names.intern(name);
            if matches!(self.pick(ty, con, sym, false, false), Pick::One(_))
                && let Found::Method(target) = self.find_method(ty, sym, false, span, &[])
                && let [_, wanted] = target.params[..]
            {
                return Some((target, wanted));
            }
        }
        None
    }

    /// `x in c` by a method of `c`.
    pub fn contained(&mut self, method: (Target, T), value: IExpr, whole: IExpr, span: Span) -> IExpr {
        let (target, wanted) = method;
        let sym = self.p.schemes.sigs[target.id].name;
        let mut call = self.call_with(target, whole, ast::Name { sym, span }, span);
        let value = self.coerce(value, wanted, &super::convert::Why::Other("what is looked for"));
        if let IKind::Call { args, .. } = &mut call.kind {
            args.push(value);
        }
        self.truth(call)
    }
}
