//! What statements and ends of generic MIR work on, in the order of evaluation.

use crate::generic::{Callee, End, Local, Operand, Place, Proj, Root, Rvalue};
use smallvec::{SmallVec, smallvec};

macro_rules! operands {
    ($(#[$doc:meta])* $name:ident, $end_name:ident, $item:ty, $this:ty, $end:ty, $as_ref:ident, $iter:ident) => {
        impl Rvalue {
            $(#[$doc])*
            pub fn $name(self: $this) -> SmallVec<[$item; 4]> {
                match self {
                    Rvalue::Use(a)
                    | Rvalue::Unary(_, a)
                    | Rvalue::Truthy(a)
                    | Rvalue::Coerce(a)
                    | Rvalue::Cast(a)
                    | Rvalue::Some(a)
                    | Rvalue::Show(a, _)
                    | Rvalue::Member(a, _)
                    | Rvalue::IsVariant(a, _)
                    | Rvalue::IsSome(a)
                    | Rvalue::Is(a, _)
                    | Rvalue::Len(a)
                    | Rvalue::IterStart(a) => smallvec![a],
                    Rvalue::Binary(_, a, b)
                    | Rvalue::Repeat(a, b)
                    | Rvalue::IterMore(a, b)
                    | Rvalue::IterItem(a, b)
                    | Rvalue::IterNext(a, b) => smallvec![a, b],
                    Rvalue::Construct(_, items)
                    | Rvalue::Tuple(items)
                    | Rvalue::Array(items)
                    | Rvalue::Closure(_, _, items) => items.$iter().collect(),
                    Rvalue::Range(a, b, _) => std::iter::once(a).chain(b.$as_ref()).collect(),
                    Rvalue::Slice(a, bounds) => {
                        std::iter::once(a).chain(bounds.$iter().filter_map(|bound| bound.$as_ref())).collect()
                    }
                    Rvalue::Call(Callee::Value(callee), args) => {
                        std::iter::once(callee).chain(args.$iter()).collect()
                    }
                    Rvalue::Call(
                        Callee::Fn(..) | Callee::Trait { .. } | Callee::Dyn { .. } | Callee::Member { .. },
                        args,
                    ) => args.$iter().collect(),
                    Rvalue::Dict | Rvalue::FnValue(..) => SmallVec::new(),
                }
            }
        }

        impl End {
            $(#[$doc])*
            pub fn $end_name(self: $end) -> SmallVec<[$item; 4]> {
                match self {
                    End::Branch(a, ..) => smallvec![a],
                    End::Return(items) => items.$iter().collect(),
                    End::Raise(_, message) => message.$as_ref().into_iter().collect(),
                    End::Goto(_) | End::SwitchVariant(..) | End::Suspend(..) | End::Unreachable => SmallVec::new(),
                }
            }
        }
    };
}

operands!(
    /// The operands in the order of evaluation. A variant switch has a place instead.
    operands, operands, &Operand, &Self, &Self, as_ref, iter
);
operands!(
    /// The operands in the order of evaluation, for change.
    operands_mut, operands_mut, &mut Operand, &mut Self, &mut Self, as_mut, iter_mut
);

impl Operand {
    /// Calls back with every local it mentions.
    pub fn for_each_local(&self, visit: &mut impl FnMut(Local)) {
        match self {
            Operand::Copy(place) | Operand::InOut(place) => place.for_each_local(visit),
            Operand::Move(local) => visit(*local),
            Operand::Const(..) => {}
        }
    }
}

impl Place {
    /// The local it begins at.
    pub fn local(&self) -> Option<Local> {
        match self.root {
            Root::Local(local) => Some(local),
            Root::Global(_) => None,
        }
    }

    /// The indices on the way.
    pub fn indices(&self) -> impl Iterator<Item = &Operand> {
        self.path.iter().filter_map(|step| match step {
            Proj::Index(operand) => Some(operand),
            Proj::Field(_) | Proj::Variant(..) | Proj::Some => None,
        })
    }

    /// Calls back with every local it mentions.
    pub fn for_each_local(&self, visit: &mut impl FnMut(Local)) {
        if let Root::Local(local) = self.root {
            visit(local);
        }
        for index in self.indices() {
            index.for_each_local(visit);
        }
    }
}
