//! Layouts by hand-made types; programs exercise the rest.

use super::*;
use abi::{TypeKind, types::well_known};
use base::EntityId;
use base::{FileId, Span};
use sema::hir::{Adt, Field, Variant};
use sema::ty::{AdtId, Types};

struct Fixture {
    program: Program,
    names: Interner,
    layouts: Layouts,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture { program: Program::default(), names: Interner::default(), layouts: Layouts::default() }
    }

    fn ty(&mut self, ty: Ty) -> TyId {
        self.program.types.intern(ty)
    }

    fn adt(&mut self, name: &str, kind: impl FnOnce(TyId, &mut Types, Symbol) -> AdtKind) -> TyId {
        let id = AdtId::from_index(self.program.adts.len());
        let own = self.program.types.intern(Ty::Adt(id, Vec::new()));
        let name = self.names.intern(name);
        let kind = kind(own, &mut self.program.types, name);
        let span = Span { file: FileId::from_index(0), start: 0, end: 0 };
        self.program.adts.push(Adt { name, span, generics: Vec::new(), kind });
        own
    }

    fn reprs(&mut self, ty: TyId) -> Vec<Repr> {
        let mut cx = TypeCx { program: &mut self.program, names: &self.names };
        self.layouts.layout(&mut cx, ty).unwrap().leaves.iter().map(|leaf| leaf.repr).collect()
    }

    fn layout(&mut self, ty: TyId) -> Rc<Layout> {
        let mut cx = TypeCx { program: &mut self.program, names: &self.names };
        self.layouts.layout(&mut cx, ty).unwrap()
    }

    fn desc(&mut self, ty: TyId) -> TypeId {
        let mut cx = TypeCx { program: &mut self.program, names: &self.names };
        self.layouts.desc(&mut cx, ty).unwrap()
    }
}

fn fields(tys: &[TyId]) -> Vec<Field> {
    tys.iter().map(|&ty| Field { name: None, ty }).collect()
}

#[test]
fn scalars_and_options() {
    let mut f = Fixture::new();
    assert_eq!(f.reprs(Types::i64()), [Repr::I64]);
    assert_eq!(f.reprs(Types::unit()), []);
    let maybe_int = f.ty(Ty::Option(Types::i64()));
    assert_eq!(f.reprs(maybe_int), [Repr::I8, Repr::I64]);
    let maybe_text = f.ty(Ty::Option(Types::text()));
    assert_eq!(f.reprs(maybe_text), [Repr::Ref]);
    let twice = f.ty(Ty::Option(maybe_text));
    assert_eq!(f.reprs(twice), [Repr::I8, Repr::Ref]);
}

#[test]
fn large_values_are_boxed() {
    let mut f = Fixture::new();
    let eight = f.ty(Ty::Tuple(vec![Types::i64(); 8]));
    assert_eq!(f.reprs(eight).len(), 8);
    let nine = f.ty(Ty::Tuple(vec![Types::i64(); 9]));
    assert!(f.layout(nine).boxed);
    let maybe = f.ty(Ty::Option(nine));
    assert_eq!(f.reprs(maybe), [Repr::Ref]);
}

#[test]
fn recursive_values_are_boxed() {
    let mut f = Fixture::new();
    let list = f.adt("List", |own, types, _| {
        let next = types.intern(Ty::Option(own));
        AdtKind::Struct(fields(&[Types::i64(), next]))
    });
    let layout = f.layout(list);
    assert!(layout.boxed && !layout.leaves[0].may_cycle);
    let id = f.desc(list);
    let descs = f.layouts.take_descs();
    let desc = &descs[id.0 as usize];
    assert!(desc.boxed);
    assert_eq!(desc.leaves.len(), 2);
}

#[test]
fn enums_share_slots() {
    let mut f = Fixture::new();
    let shape = f.adt("Shape", |_, _, name| {
        let variant = |tys: &[TyId]| Variant { name, fields: fields(tys), discriminant: 0 };
        AdtKind::Enum(vec![
            variant(&[Types::f64(), Types::bool()]),
            variant(&[Types::text()]),
            variant(&[Types::any(), Types::text(), Types::i64()]),
        ])
    });
    assert_eq!(f.reprs(shape), [Repr::I8, Repr::Ref, Repr::Any, Repr::I64, Repr::I64]);
    let color = f.adt("Color", |_, _, name| {
        let variant = || Variant { name, fields: Vec::new(), discriminant: 0 };
        AdtKind::Enum(vec![variant(), variant()])
    });
    assert_eq!(f.reprs(color), [Repr::I8]);
}

#[test]
fn only_what_a_later_write_ties_together_cycles() {
    let mut f = Fixture::new();
    let node = f.adt("Node", |own, types, _| {
        let next = types.intern(Ty::Option(own));
        AdtKind::Class(fields(&[next, Types::i64()]))
    });
    let tree = f.adt("Tree", |own, types, _| AdtKind::Class(fields(&[types.intern(Ty::Array(own))])));
    let point = f.adt("Point", |_, _, _| AdtKind::Class(fields(&[Types::i64()])));
    let handler = f.adt("Handler", |_, types, _| {
        AdtKind::Class(fields(&[types.intern(Ty::Fn(Vec::new(), Types::unit()))]))
    });
    let handlers = f.ty(Ty::Array(handler));
    let nodes = f.ty(Ty::Array(node));
    let function = f.ty(Ty::Fn(Vec::new(), Types::unit()));
    let all = [node, tree, point, handler, handlers, nodes, function, Types::any()];
    let mut cycling = |written: &[(usize, u32)]| {
        let fields = written.iter().map(|&(id, at)| (AdtId::from_index(id), at)).collect();
        f.layouts = Layouts { mutated: Rc::new(OnceCell::from(Mutated { fields })), ..Layouts::default() };
        all.map(|ty| u8::from(f.layout(ty).leaves[0].may_cycle))
    };
    assert_eq!(cycling(&[]), [0; 8]);
    assert_eq!(cycling(&[(0, 1), (2, 0)]), [0; 8]);
    // What does not tell what it refers to may refer to a node.
    assert_eq!(cycling(&[(0, 0)]), [1, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!(cycling(&[(1, 0)]), [0, 1, 0, 0, 0, 0, 1, 1]);
    // A function may have captured an array of handlers.
    assert_eq!(cycling(&[(3, 0)]), [0, 0, 0, 1, 1, 0, 1, 1]);
}

#[test]
fn endless_types_are_refused() {
    let mut f = Fixture::new();
    let id = AdtId::from_index(0);
    f.adt("Grow", |_, types, _| {
        let param = types.intern(Ty::Param(0));
        let pair = types.intern(Ty::Tuple(vec![param, param]));
        let larger = types.intern(Ty::Adt(id, vec![pair]));
        AdtKind::Struct(fields(&[types.intern(Ty::Option(larger))]))
    });
    let ty = f.ty(Ty::Adt(id, vec![Types::i64()]));
    let mut cx = TypeCx { program: &mut f.program, names: &f.names };
    assert_eq!(f.layouts.layout(&mut cx, ty), Err(LayoutError::TooDeep(ty)));
}

#[test]
fn well_known_descriptors_have_their_ids() {
    let mut f = Fixture::new();
    assert_eq!(f.desc(Types::text()), well_known::TEXT);
    let texts = f.ty(Ty::Array(Types::text()));
    assert_eq!(f.desc(texts), well_known::ARRAY_TEXT);
    let table = f.ty(Ty::Dict(Types::text(), texts));
    let id = f.desc(table);
    assert!(id.0 >= well_known::FIRST_OWN);
    let descs = f.layouts.take_descs();
    let kind = TypeKind::Dict { key: well_known::TEXT, value: well_known::ARRAY_TEXT };
    assert_eq!(descs[id.0 as usize].kind, kind);
}
