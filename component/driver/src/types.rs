//! The types of a program's functions, as a table that can be handed out.

use base::Cx;
use sema::hir;
use sema::ty::{IntTy, Ty, TyId};
use std::collections::BTreeMap;

/// A type; others are named by their index in [`TypeTable::nodes`], always a smaller one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    /// `()`.
    Unit,
    /// `bool`.
    Bool,
    /// `i8` to `u64`.
    Int {
        /// Its width.
        bits: u8,
        /// `i` rather than `u`.
        signed: bool,
    },
    /// `f32`, `f64`: its width.
    Float(u8),
    /// `text`.
    Text,
    /// `any`.
    Any,
    /// A range.
    Range,
    /// `[T]`.
    Array(u32),
    /// `{K: V}`.
    Dict(u32, u32),
    /// `(A, B)`.
    Tuple(Vec<u32>),
    /// `T?`.
    Option(u32),
    /// `fn(A, B) -> R`.
    Function(Vec<u32>, u32),
    /// A struct, class or enum.
    Named(String, Vec<u32>),
    /// `dyn Trait`.
    Dynamic(String, Vec<u32>),
    /// The n-th type parameter of the function.
    Parameter(u32),
    /// The type of what does not return.
    Never,
}

/// A trait or declared type with arguments: numbers of types in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<u32>,
}

/// A function of the program with its types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its printed name, such as `Point.length`.
    pub name: String,
    /// Names of its type parameters.
    pub generics: Vec<String>,
    /// Types of its parameters.
    pub params: Vec<u32>,
    /// Type of its result.
    pub result: u32,
}

/// Functions and the types that they mention.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TypeTable {
    /// The types.
    pub nodes: Vec<Node>,
    /// The program's own functions, in order.
    pub functions: Vec<Function>,
}

/// The functions of a checked program, without the standard library's.
pub(crate) fn table(cx: &Cx, program: &hir::Program) -> TypeTable {
    let mut builder = Builder::new(cx, program);
    let functions = program
        .fns
        .values()
        .filter(|function| !function.is_std)
        .map(|function| Function {
            name: function.path.clone(),
            generics: function.generics.iter().map(|it| cx.names.name(it.name).to_owned()).collect(),
            params: builder.all(&function.params),
            result: builder.node(function.ret),
        })
        .collect();
    TypeTable { nodes: builder.nodes, functions }
}

/// Makes nodes of types.
pub(crate) struct Builder<'a> {
    cx: &'a Cx,
    program: &'a hir::Program,
    /// What was made.
    pub nodes: Vec<Node>,
    known: BTreeMap<TyId, u32>,
    /// What type parameters stand for; empty where they stand for themselves.
    args: &'a [TyId],
}

impl<'a> Builder<'a> {
    pub fn new(cx: &'a Cx, program: &'a hir::Program) -> Builder<'a> {
        Builder::of_instance(cx, program, &[])
    }

    /// The same for the types of an instance: type parameters are these.
    pub fn of_instance(cx: &'a Cx, program: &'a hir::Program, args: &'a [TyId]) -> Builder<'a> {
        Builder { cx, program, nodes: Vec::new(), known: BTreeMap::new(), args }
    }

    /// The number of a type.
    pub fn node(&mut self, ty: TyId) -> u32 {
        if let Some(&index) = self.known.get(&ty) {
            return index;
        }
        let node = match self.program.types.get(ty).clone() {
            Ty::Error => unreachable!("a checked program has no types that were not found"),
            Ty::Never => Node::Never,
            Ty::Unit => Node::Unit,
            Ty::Bool => Node::Bool,
            Ty::Int(IntTy { bits, signed }) => Node::Int { bits, signed },
            Ty::Float { bits } => Node::Float(bits),
            Ty::Text => Node::Text,
            Ty::Any => Node::Any,
            Ty::Range => Node::Range,
            Ty::Number(n) => Node::Named(n.to_string(), Vec::new()),
            Ty::Array(elem) => Node::Array(self.node(elem)),
            Ty::Dict(key, value) => Node::Dict(self.node(key), self.node(value)),
            Ty::Tuple(items) => Node::Tuple(self.all(&items)),
            Ty::Option(inner) => Node::Option(self.node(inner)),
            Ty::Fn(params, result) => Node::Function(self.all(&params), self.node(result)),
            Ty::Adt(id, args) => {
                let name = self.cx.names.name(self.program.adts[id].name).to_owned();
                Node::Named(name, self.all(&args))
            }
            Ty::Dyn(id, args) => {
                let name = self.cx.names.name(self.program.traits[id].name).to_owned();
                Node::Dynamic(name, self.all(&args))
            }
            Ty::Param(index) => match self.args.get(index as usize) {
                Some(&arg) => return self.node(arg),
                None => Node::Parameter(index),
            },
        };
        let index = self.nodes.len() as u32;
        self.nodes.push(node);
        self.known.insert(ty, index);
        index
    }

    /// The numbers of several types.
    pub fn all(&mut self, types: &[TyId]) -> Vec<u32> {
        types.iter().map(|&ty| self.node(ty)).collect()
    }
}
