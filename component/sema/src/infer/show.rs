//! Types under inference as text, for messages.

use super::Infer;
use super::ity::{Con, Node, T, VarKind};
use crate::hir::FnId;

impl Infer<'_> {
    pub fn show(&self, t: T) -> String {
        self.show_of(t, self.bodies.get(self.cur).map(|body| body.id))
    }

    /// A type with the type parameters of a function.
    pub fn show_of(&self, t: T, id: Option<FnId>) -> String {
        let text = self.show_at(t, id, 0);
        // Nobody reads more of a type.
        if text.chars().count() <= 200 { text } else { text.chars().take(200).chain("..".chars()).collect() }
    }

    fn show_at(&self, t: T, id: Option<FnId>, depth: u32) -> String {
        if depth > 6 {
            return "..".to_owned();
        }
        let (con, args) = match self.tt.node(t) {
            Node::Var(var) => {
                return match self.tt.vars[*var].kind {
                    VarKind::General => "_".to_owned(),
                    VarKind::Int => "i64".to_owned(),
                    VarKind::Float => "f64".to_owned(),
                };
            }
            Node::App(con, args) => (*con, args),
        };
        let list = |args: &[T]| {
            args.iter().map(|&arg| self.show_at(arg, id, depth + 1)).collect::<Vec<_>>().join(", ")
        };
        let applied = |name: &str, args: &[T]| {
            if args.is_empty() { name.to_owned() } else { format!("{name}<{}>", list(args)) }
        };
        match con {
            Con::Error => "?".to_owned(),
            Con::Never => "never".to_owned(),
            Con::Unit => "()".to_owned(),
            Con::Bool => "bool".to_owned(),
            Con::Int(int) => format!("{}{}", if int.signed { 'i' } else { 'u' }, int.bits),
            Con::Float(bits) => format!("f{bits}"),
            Con::Text => "text".to_owned(),
            Con::Any => "any".to_owned(),
            Con::Range => "Range".to_owned(),
            Con::Number(n) => n.to_string(),
            Con::Array => format!("[{}]", list(args)),
            Con::Dict => {
                format!(
                    "{{{}: {}}}",
                    self.show_at(args[0], id, depth + 1),
                    self.show_at(args[1], id, depth + 1)
                )
            }
            Con::Tuple => format!("({})", list(args)),
            Con::Option => match self.tt.con_of(args[0]) {
                Some(Con::Fn) => format!("({})?", list(args)),
                _ => format!("{}?", list(args)),
            },
            Con::Fn => {
                let (ret, params) = args.split_last().expect("a function type has a result");
                format!("fn({}) -> {}", list(params), self.show_at(*ret, id, depth + 1))
            }
            Con::Adt(adt) if self.is_union(adt) => {
                let members: Vec<String> = args.iter().map(|&arg| self.show_at(arg, id, depth + 1)).collect();
                members.join(" | ")
            }
            Con::Adt(adt) => applied(self.cx.names.name(self.p.adts[adt].name), args),
            Con::Dyn(of) => format!("dyn {}", applied(self.cx.names.name(self.p.traits[of].name), args)),
            Con::Param(n) => self.param_name(n, id),
        }
    }

    /// The name of a type parameter of a function.
    fn param_name(&self, n: u32, id: Option<FnId>) -> String {
        let generic =
            id.and_then(|id| self.p.schemes.sigs.get(id)).and_then(|sig| sig.generics.get(n as usize));
        match generic {
            Some(generic) => self.cx.names.name(generic.name).to_owned(),
            None => format!("#{n}"),
        }
    }
}
