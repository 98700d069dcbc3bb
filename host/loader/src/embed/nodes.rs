//! Types of Rust values in the compiler's table of types, and the other way round.

use crate::value::Type;
use engine::types::{FunctionType, IntType, NamedType, Node};

/// A table under construction.
#[derive(Default)]
pub struct Nodes {
    pub list: Vec<Node>,
}

impl Nodes {
    /// The number of a type, behind those in it.
    pub fn add(&mut self, ty: &Type) -> u32 {
        let node = match ty {
            Type::Unit => Node::Unit,
            Type::Bool => Node::Boolean,
            Type::Int { bits, signed } => Node::Int(IntType { bits: *bits, signed: *signed }),
            Type::Float(bits) => Node::Float(*bits),
            Type::Text => Node::Text,
            Type::Array(elem) => Node::Array(self.add(elem)),
            Type::Option(inner) => Node::Option(self.add(inner)),
            Type::Tuple(items) => Node::Tuple(items.iter().map(|item| self.add(item)).collect()),
        };
        self.list.push(node);
        self.list.len() as u32 - 1
    }
}

/// True where types of a table are those that Rust types stand for.
pub fn are(nodes: &[Node], list: &[u32], types: &[Type]) -> bool {
    list.len() == types.len()
        && list.iter().zip(types).all(|(&index, other)| ty(nodes, index).as_ref() == Some(other))
}

/// The type of values that go in and out, where a type of a table is one.
pub fn ty(nodes: &[Node], index: u32) -> Option<Type> {
    Some(match &nodes[index as usize] {
        Node::Unit | Node::Never => Type::Unit,
        Node::Boolean => Type::Bool,
        Node::Text => Type::Text,
        Node::Int(IntType { bits, signed }) => Type::Int { bits: *bits, signed: *signed },
        Node::Float(bits) => Type::Float(*bits),
        Node::Array(elem) => Type::Array(Box::new(ty(nodes, *elem)?)),
        Node::Option(inner) => Type::Option(Box::new(ty(nodes, *inner)?)),
        Node::Tuple(items) => Type::Tuple(items.iter().map(|&item| ty(nodes, item)).collect::<Option<_>>()?),
        Node::Any
        | Node::Range
        | Node::Dict(_)
        | Node::Function(_)
        | Node::Named(_)
        | Node::Dynamic(_)
        | Node::Parameter(_) => return None,
    })
}

/// A function type of a table as it is written.
pub fn signature(nodes: &[Node], params: &[u32], result: u32) -> String {
    let params = list(nodes, params);
    match &nodes[result as usize] {
        Node::Unit => format!("fn({params})"),
        _ => format!("fn({params}) -> {}", written(nodes, result)),
    }
}

fn list(nodes: &[Node], list: &[u32]) -> String {
    let items: Vec<String> = list.iter().map(|&index| written(nodes, index)).collect();
    items.join(", ")
}

fn written(nodes: &[Node], index: u32) -> String {
    let named = |NamedType { name, args }: &NamedType| match args.as_slice() {
        [] => name.clone(),
        args => format!("{name}<{}>", list(nodes, args)),
    };
    match &nodes[index as usize] {
        Node::Unit => "()".to_owned(),
        Node::Boolean => "bool".to_owned(),
        Node::Int(IntType { bits, signed }) => format!("{}{bits}", if *signed { "i" } else { "u" }),
        Node::Float(bits) => format!("f{bits}"),
        Node::Text => "text".to_owned(),
        Node::Any => "any".to_owned(),
        Node::Range => "Range".to_owned(),
        Node::Array(elem) => format!("[{}]", written(nodes, *elem)),
        Node::Dict((key, value)) => format!("{{{}: {}}}", written(nodes, *key), written(nodes, *value)),
        Node::Tuple(items) => format!("({})", list(nodes, items)),
        Node::Option(inner) => format!("{}?", written(nodes, *inner)),
        Node::Function(FunctionType { params, result }) => signature(nodes, params, *result),
        Node::Named(of) => named(of),
        Node::Dynamic(of) => format!("dyn {}", named(of)),
        Node::Parameter(index) => format!("type parameter {index}"),
        Node::Never => "never".to_owned(),
    }
}
