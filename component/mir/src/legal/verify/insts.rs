//! Types of single instructions: what their shape says, and what the operation demands on top of that.

use super::Errors;
use crate::legal::{
    Domain, Func, FuncId, Inst, LocId, Op, Program, Shape, SigId, Slot, SlotId, Symbol, SymbolKind, counting,
};
use abi::Repr;
use abi::context::MAX_DISPLACEMENT;
use base::EntityId;
use smallvec::SmallVec;

pub(super) fn check(program: &Program, func: &Func, inst: &Inst, errors: &mut Errors) {
    errors.check(program.locs.get(inst.loc).is_some(), || no_loc(inst.loc));
    let Some(args) =
        inst.args.iter().map(|value| func.values.get(*value).copied()).collect::<Option<Reprs>>()
    else {
        return; // Said where the definition was looked for.
    };
    operands(program, inst, &args, errors);
    operation(inst, &args, errors);
    let Some(results) = program.result_types(inst) else {
        return; // Said with the number that is of nothing.
    };
    let found: Reprs = inst.results.iter().filter_map(|value| func.values.get(*value).copied()).collect();
    same(&found, &results, "results", errors);
}

type Reprs = SmallVec<[Repr; 4]>;

fn no_loc(loc: LocId) -> String {
    format!("there is no {loc}")
}

pub(super) fn is_int(repr: Repr) -> bool {
    matches!(repr, Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64)
}

fn names(reprs: &[Repr]) -> String {
    let names: Vec<&str> = reprs.iter().map(|repr| repr.name()).collect();
    format!("({})", names.join(", "))
}

fn same(found: &[Repr], expected: &[Repr], what: &str, errors: &mut Errors) {
    errors.check(found == expected, || format!("{what} are {} instead of {}", names(found), names(expected)));
}

/// Operands and numbers, by the shape.
fn operands(program: &Program, inst: &Inst, args: &[Repr], errors: &mut Errors) {
    let ty = inst.ty;
    let index = usize::try_from(inst.imm).ok();
    let mut are = |expected: &[Repr]| same(args, expected, "operands", errors);
    match inst.op.shape() {
        Shape::Const | Shape::Poll => are(&[]),
        Shape::Slot => {
            are(&[]);
            match index.and_then(|index| program.slots.get(SlotId::from_index(index))) {
                None => errors.add(format!("there is no slot{}", inst.imm)),
                Some(slot) => {
                    let holds = match slot {
                        Slot::Symbol(symbol) => match program.symbols.get(*symbol as usize) {
                            Some(Symbol { kind: SymbolKind::Variable { .. }, .. }) => Repr::Ref,
                            Some(_) | None => Repr::I32,
                        },
                        Slot::Text(_) | Slot::Globals => Repr::Ref,
                        Slot::Type(_) | Slot::Table(_) | Slot::Host(..) => Repr::I32,
                    };
                    errors.check(holds == ty, || {
                        format!("slot{} holds {}, not {}", inst.imm, holds.name(), ty.name())
                    });
                }
            }
        }
        Shape::Unary | Shape::Count => are(&[ty]),
        Shape::Binary | Shape::Compare => are(&[ty, ty]),
        Shape::Convert => errors.check(args.len() == 1, || "a conversion has one operand".to_owned()),
        Shape::Select => are(&[Repr::I8, ty, ty]),
        Shape::Load | Shape::Store => {
            let values: &[Repr] = if inst.op.shape() == Shape::Store { &[ty] } else { &[] };
            match args.split_first() {
                Some((Repr::I32 | Repr::Ref, rest)) => {
                    same(rest, values, "operands behind the address", errors)
                }
                Some((other, _)) => errors.add(format!("an address is i32 or ref, not {}", other.name())),
                None => errors.add("there is no address"),
            }
            let in_reach = inst.imm >= 0 && inst.imm + i64::from(ty.size()) <= i64::from(MAX_DISPLACEMENT);
            errors.check(in_reach, || format!("the displacement {} is out of reach", inst.imm));
        }
        Shape::Test => are(&[Repr::Ref]),
        Shape::Call => match index.and_then(|index| program.funcs.get(FuncId::from_index(index))) {
            Some(callee) => are(&callee.sig.params),
            None => errors.add(format!("there is no fn{}", inst.imm)),
        },
        Shape::CallIndirect => match index.and_then(|index| program.sigs.get(SigId::from_index(index))) {
            Some(sig) => {
                let expected: Reprs = [Repr::I32].into_iter().chain(sig.params.iter().copied()).collect();
                are(&expected);
            }
            None => errors.add(format!("there is no sig{}", inst.imm)),
        },
        Shape::Runtime => match inst.runtime_fn() {
            Some(function) => {
                let expected: Reprs = function.params().iter().map(|param| param.repr()).collect();
                are(&expected);
            }
            None => errors.add(format!("there is no runtime function {}", inst.imm)),
        },
    }
}

/// What an operation demands of its types beyond the shape.
fn operation(inst: &Inst, args: &[Repr], errors: &mut Errors) {
    let ty = inst.ty;
    let mut holds = |fits: bool, what: &str| {
        errors.check(fits, || format!("{} {what}", ty.name()));
    };
    match inst.op.domain() {
        Domain::All => {}
        Domain::Int => holds(is_int(ty), "is no integer"),
        Domain::Float => holds(ty.is_float(), "is no float"),
        Domain::NotFloat => holds(!ty.is_float(), "is compared with feq and fne"),
        Domain::Constant => {
            holds(is_int(ty) || ty.is_counted(), "is no type of integer constants");
            let fits = match ty {
                Repr::Ref => inst.imm == 0,
                Repr::I8 => (-(1 << 7)..1 << 8).contains(&inst.imm),
                Repr::I16 => (-(1 << 15)..1 << 16).contains(&inst.imm),
                Repr::I32 => (-(1 << 31)..1 << 32).contains(&inst.imm),
                Repr::I64 | Repr::Any | Repr::F32 | Repr::F64 => true,
            };
            holds(fits, &format!("does not hold {}", inst.imm));
        }
        Domain::Conversion => {
            if let [from] = args {
                holds(converts(inst.op, *from, ty), &format!("is not what {} converts to", from.name()));
            }
        }
        Domain::Counted => {
            holds(ty.is_counted(), "is not counted");
            let only_release = if inst.op == Op::Release { counting::MAY_CYCLE } else { 0 };
            let known = counting::NULLABLE | only_release;
            let name = inst.op.mnemonic();
            holds(inst.imm & !known == 0, &format!("has flags that {name} does not know"));
        }
    }
}

fn converts(op: Op, from: Repr, to: Repr) -> bool {
    let wide = |repr| matches!(repr, Repr::I32 | Repr::I64);
    match op {
        Op::SExt | Op::ZExt => is_int(from) && is_int(to) && from.size() < to.size(),
        Op::Trunc => is_int(from) && is_int(to) && from.size() > to.size(),
        Op::SToF | Op::UToF => wide(from) && to.is_float(),
        Op::FToS | Op::FToU => from.is_float() && wide(to),
        Op::FToF => from.is_float() && to.is_float() && from != to,
        Op::Bits => matches!(
            (from, to),
            (Repr::F64 | Repr::Any, Repr::I64)
                | (Repr::I64, Repr::F64 | Repr::Any)
                | (Repr::F32 | Repr::Ref, Repr::I32)
                | (Repr::I32, Repr::F32 | Repr::Ref)
        ),
        _ => false,
    }
}
