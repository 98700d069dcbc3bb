//! Printed names of types and instances.

use super::{Key, Session};
use sema::hir::FnId;
use sema::ty::{Ty, TyId};

/// A printed type is cut there: types share their parts, and so may be much longer printed than in memory.
const LONGEST: usize = 300;

impl Session<'_> {
    /// A type as it is written.
    pub fn type_name(&self, ty: TyId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty);
        out
    }

    fn write_type(&self, out: &mut String, ty: TyId) {
        if out.len() > LONGEST {
            if !out.ends_with('…') {
                out.push('…');
            }
            return;
        }
        match self.hir.types.get(ty) {
            Ty::Error => out.push('?'),
            Ty::Never => out.push_str("never"),
            Ty::Unit => out.push_str("()"),
            Ty::Bool => out.push_str("bool"),
            Ty::Int(int) => {
                out.push(if int.signed { 'i' } else { 'u' });
                out.push_str(&int.bits.to_string());
            }
            Ty::Float { bits } => {
                out.push('f');
                out.push_str(&bits.to_string());
            }
            Ty::Text => out.push_str("text"),
            Ty::Any => out.push_str("any"),
            Ty::Range => out.push_str("Range"),
            Ty::Number(n) => out.push_str(&n.to_string()),
            Ty::Array(elem) => {
                out.push('[');
                self.write_type(out, *elem);
                out.push(']');
            }
            Ty::Dict(key, value) => {
                out.push('{');
                self.write_type(out, *key);
                out.push_str(": ");
                self.write_type(out, *value);
                out.push('}');
            }
            Ty::Tuple(items) => self.write_types(out, "(", items, ")"),
            Ty::Option(inner) => {
                self.write_type(out, *inner);
                out.push('?');
            }
            Ty::Fn(params, ret) => {
                self.write_types(out, "fn(", params, ") -> ");
                self.write_type(out, *ret);
            }
            Ty::Adt(id, args) => {
                out.push_str(self.cx.names.name(self.hir.adts[*id].name));
                self.write_args(out, args);
            }
            Ty::Dyn(id, args) => {
                out.push_str("dyn ");
                out.push_str(self.cx.names.name(self.hir.traits[*id].name));
                self.write_args(out, args);
            }
            Ty::Param(n) => {
                out.push('$');
                out.push_str(&n.to_string());
            }
        }
    }

    fn write_args(&self, out: &mut String, args: &[TyId]) {
        if !args.is_empty() {
            self.write_types(out, "<", args, ">");
        }
    }

    fn write_types(&self, out: &mut String, open: &str, items: &[TyId], close: &str) {
        out.push_str(open);
        for (index, &item) in items.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            self.write_type(out, item);
        }
        out.push_str(close);
    }

    /// The printed name of an instance, which no other has.
    pub(super) fn instance_name(&mut self, key: &Key) -> String {
        let base = match key {
            Key::Body(id, args) | Key::Closure { id, args, .. } => self.fn_name(*id, args),
            Key::FnValue { id, args, .. } => format!("{} as value", self.fn_name(*id, args)),
            Key::Method { id, args, .. } => format!("{} as method", self.fn_name(*id, args)),
            Key::Entry => "<entry>".to_owned(),
        };
        let mut name = base.clone();
        let mut count = 1;
        while !self.names.insert(name.clone()) {
            count += 1;
            name = format!("{base} #{count}");
        }
        name
    }

    pub(super) fn fn_name(&self, id: FnId, args: &[TyId]) -> String {
        let mut out = self.hir.fns[id].path.clone();
        self.write_args(&mut out, args);
        out
    }
}
