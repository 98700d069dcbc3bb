//! Operators on whole numbers of all widths and signs, against arithmetic in 128 bits.

use base::{Cx, EntityId, FileId, Map, Span};
use mir::interp::{Execution, Limits, State};
use mir::library::Templates;
use sema::hir::*;
use sema::ty::{IntTy, Ty, TyId, Types};
use std::fmt::Write as _;
use std::sync::Arc;

const OPS: [BinOp; 14] = [
    BinOp::Add,
    BinOp::Sub,
    BinOp::Mul,
    BinOp::Div,
    BinOp::Rem,
    BinOp::BitAnd,
    BinOp::BitOr,
    BinOp::BitXor,
    BinOp::Shl,
    BinOp::Shr,
    BinOp::Eq,
    BinOp::Lt,
    BinOp::Le,
    BinOp::Ge,
];

#[test]
fn whole_numbers() {
    for op in OPS {
        let mut made = Made::new();
        let mut expected = String::new();
        for left in ints() {
            for right in ints() {
                let result = result_ty(op, left, right);
                let function = made.function(op, left, right, result);
                for a in values(left) {
                    for b in values(right) {
                        let Some(value) = reference(op, left, right, a, b) else { continue };
                        made.call(function, a, left, b, right, result);
                        let _ = match result {
                            None => writeln!(expected, "{}", value != 0),
                            Some(_) => writeln!(expected, "{value}"),
                        };
                    }
                }
            }
        }
        let output = made.run();
        for (index, (is, should)) in output.lines().zip(expected.lines()).enumerate() {
            assert_eq!(is, should, "{op:?}, call {index}: {}", made.calls[index]);
        }
        assert_eq!(output.lines().count(), expected.lines().count());
    }
}

fn ints() -> impl Iterator<Item = IntTy> {
    [8, 16, 32, 64].into_iter().flat_map(|bits| [true, false].map(|signed| IntTy { bits, signed }))
}

fn values(int: IntTy) -> Vec<i128> {
    let (least, most) = if int.signed {
        (-(1i128 << (int.bits - 1)), (1i128 << (int.bits - 1)) - 1)
    } else {
        (0, (1i128 << int.bits) - 1)
    };
    let mut all = vec![least, 0, 1, 5, most - 1, most];
    if int.signed {
        all.extend([-1, -7]);
    }
    all
}

fn common(a: IntTy, b: IntTy) -> IntTy {
    IntTy { bits: a.bits.max(b.bits), signed: a.signed && b.signed }
}

fn result_ty(op: BinOp, a: IntTy, b: IntTy) -> Option<IntTy> {
    match op {
        BinOp::Eq | BinOp::Lt | BinOp::Le | BinOp::Ge => None,
        BinOp::Shl | BinOp::Shr => Some(a),
        _ => Some(common(a, b)),
    }
}

fn wrap(value: i128, int: IntTy) -> i128 {
    let cut = value & ((1i128 << int.bits) - 1);
    if int.signed && cut >> (int.bits - 1) != 0 { cut - (1i128 << int.bits) } else { cut }
}

/// What should come out; none where it is an error.
fn reference(op: BinOp, left: IntTy, right: IntTy, a: i128, b: i128) -> Option<i128> {
    let int = common(left, right);
    let (x, y) = (wrap(a, int), wrap(b, int));
    Some(match op {
        BinOp::Add => wrap(x + y, int),
        BinOp::Sub => wrap(x - y, int),
        BinOp::Mul => wrap(x.wrapping_mul(y), int),
        BinOp::Div | BinOp::Rem if y == 0 => return None,
        BinOp::Div => wrap(x / y, int),
        BinOp::Rem => wrap(x % y, int),
        BinOp::BitAnd => x & y,
        BinOp::BitOr => x | y,
        BinOp::BitXor => wrap(x ^ y, int),
        BinOp::Shl => wrap(wrap(a << (b & 63), IntTy { bits: 64, signed: true }), left),
        BinOp::Shr => wrap(a >> (b & 63), left),
        BinOp::Eq => i128::from(a == b),
        BinOp::Lt => i128::from(a < b),
        BinOp::Le => i128::from(a <= b),
        BinOp::Ge => i128::from(a >= b),
        _ => unreachable!("not among the operators"),
    })
}

fn span() -> Span {
    Span { file: FileId::from_index(0), start: 0, end: 0 }
}

fn e(kind: ExprKind, ty: TyId) -> Expr {
    Expr { kind, ty, span: span() }
}

struct Made {
    program: Program,
    cx: Cx,
    name: base::Symbol,
    print: FnId,
    stmts: Vec<Expr>,
    calls: Vec<String>,
}

impl Made {
    fn new() -> Made {
        let mut cx = Cx::default();
        let name = cx.names.intern("f");
        let mut made = Made {
            program: Program::default(),
            cx,
            name,
            print: FnId::from_index(0),
            stmts: Vec::new(),
            calls: Vec::new(),
        };
        let print = FnKind::Runtime(abi::RtFn::rt_print);
        made.print = made.add(vec![Types::text(), Types::bool()], Types::unit(), print);
        made
    }

    fn add(&mut self, params: Vec<TyId>, ret: TyId, kind: FnKind) -> FnId {
        self.program.fns.push(Fn {
            name: self.name,
            path: "f".into(),
            span: span(),
            generics: Vec::new(),
            params,
            ret,
            receiver: Receiver::None,
            kind,
            is_std: false,
        })
    }

    fn int(&mut self, int: IntTy) -> TyId {
        self.program.types.intern(Ty::Int(int))
    }

    fn ret(&mut self, result: Option<IntTy>) -> TyId {
        result.map_or_else(Types::bool, |int| self.int(int))
    }

    fn body(&mut self, params: &[TyId], value: Expr) -> FnKind {
        let name = self.name;
        FnKind::Body(Body {
            locals: params.iter().map(|&ty| Local { name, ty, span: span() }).collect::<Map<_, _>>(),
            params: (0..params.len()).map(LocalId::from_index).collect(),
            captures: Vec::new(),
            self_closure: None,
            value,
        })
    }

    fn function(&mut self, op: BinOp, left: IntTy, right: IntTy, result: Option<IntTy>) -> FnId {
        let (a, b, ret) = (self.int(left), self.int(right), self.ret(result));
        let local = |n, ty| Box::new(e(ExprKind::Local(LocalId::from_index(n)), ty));
        let value = e(ExprKind::Binary(op, local(0, a), local(1, b)), ret);
        let body = self.body(&[a, b], value);
        self.add(vec![a, b], ret, body)
    }

    fn call(&mut self, id: FnId, a: i128, left: IntTy, b: i128, right: IntTy, result: Option<IntTy>) {
        let (a_ty, b_ty, ret) = (self.int(left), self.int(right), self.ret(result));
        self.calls.push(format!("{a} {left:?}, {b} {right:?}"));
        let args = vec![e(ExprKind::Int(a as u64), a_ty), e(ExprKind::Int(b as u64), b_ty)];
        let call = e(ExprKind::Call(Box::new(Call { callee: Callee::Fn(id, Vec::new()), args })), ret);
        let shown = e(ExprKind::Format(vec![FormatPart::Value(call, None)]), Types::text());
        let args = vec![shown, e(ExprKind::Bool(true), Types::bool())];
        let callee = Callee::Fn(self.print, Vec::new());
        self.stmts.push(e(ExprKind::Call(Box::new(Call { callee, args })), Types::unit()));
    }

    fn run(&mut self) -> String {
        let stmts = std::mem::take(&mut self.stmts);
        let value = e(ExprKind::Block { stmts, value: None }, Types::unit());
        let body = self.body(&[], value);
        let init = self.add(Vec::new(), Types::unit(), body);
        self.program.modules.push(Module::new("numbers.spl", Some(init)));
        let Some(program) =
            mir::instantiate::instantiate(&mut self.cx, &mut self.program, &Templates::default())
        else {
            panic!("{:#?}", self.cx.diags.list());
        };
        let errors = mir::legal::verify::verify(&program);
        assert!(errors.is_empty(), "{errors:#?}");
        let mut run = Execution::new(Arc::new(program), Vec::new(), Limits::default()).expect("an entry");
        assert_eq!(run.run(), State::Exited(0));
        assert_eq!(run.stats().live_objects, 0);
        String::from_utf8(run.take_output().0).expect("output is text")
    }
}
