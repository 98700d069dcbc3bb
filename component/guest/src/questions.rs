//! Questions and answers of the interface as those of the driver, and back.

use crate::bindings::exports::simple::compiler::{questions as wit, types as tree};
use crate::convert;

pub(crate) fn question(question: wit::Question) -> driver::Question {
    driver::Question {
        nodes: nodes(question.nodes),
        template: match question.template {
            wit::Template::Symbol(name) => driver::TemplateOf::Symbol(name),
            wit::Template::Signature(signature) => driver::TemplateOf::Signature {
                name: signature.name,
                generics: signature
                    .generics
                    .into_iter()
                    .map(|generic| driver::TypeParameter {
                        name: generic.name,
                        bounds: generic.bounds.into_iter().map(named).collect(),
                    })
                    .collect(),
                params: signature.params,
                result: signature.result,
            },
        },
        hints: question.hints.into_iter().map(hint).collect(),
    }
}

fn hint(hint: wit::Hint) -> driver::Hint {
    match hint {
        wit::Hint::CallSite(wit::ParameterType { parameter, ty }) => driver::Hint::CallSite(parameter, ty),
        wit::Hint::Return(ty) => driver::Hint::Return(ty),
        wit::Hint::Assignment(ty) => driver::Hint::Assignment(ty),
        wit::Hint::Implements(wit::ParameterBound { parameter, bound }) => {
            driver::Hint::Implements(parameter, named(bound))
        }
        wit::Hint::Equals(wit::ParameterType { parameter, ty }) => driver::Hint::Equals(parameter, ty),
    }
}

fn named(named: tree::NamedType) -> driver::Named {
    driver::Named { name: named.name, args: named.args }
}

pub(crate) fn instance_of(wanted: wit::InstanceOf) -> driver::InstanceOf {
    driver::InstanceOf { nodes: nodes(wanted.nodes), symbol: wanted.symbol, arguments: wanted.arguments }
}

pub(crate) fn answer(answer: driver::Answer) -> wit::Answer {
    match answer {
        Ok(inferred) => wit::Answer::Inferred(wit::Inferred {
            nodes: inferred.nodes.into_iter().map(convert::node).collect(),
            arguments: inferred.arguments.into_iter().map(|(name, ty)| wit::Argument { name, ty }).collect(),
        }),
        Err(wrong) => wit::Answer::Wrong(wrong.iter().map(convert::diagnostic).collect()),
    }
}

pub(crate) fn instantiation(
    made: Result<std::sync::Arc<driver::Instance>, Vec<base::Diagnostic>>,
) -> wit::Instantiation {
    match made {
        Ok(instance) => wit::Instantiation::Made(wit::Instance {
            artifact: instance.artifact.clone(),
            symbol: known(&instance.symbol),
            params: instance.params.iter().map(machine_type).collect(),
            results: instance.results.iter().map(machine_type).collect(),
            nodes: instance.types.nodes.iter().cloned().map(convert::node).collect(),
            param_types: instance.types.params.clone(),
            result_type: instance.types.result,
        }),
        Err(wrong) => wit::Instantiation::Wrong(wrong.iter().map(convert::diagnostic).collect()),
    }
}

fn known((name, signature, content): &driver::Known) -> wit::KnownSymbol {
    wit::KnownSymbol { name: name.clone(), signature: *signature, content: *content }
}

fn machine_type(repr: &driver::Repr) -> wit::MachineType {
    match repr {
        driver::Repr::I8 => wit::MachineType::I8,
        driver::Repr::I16 => wit::MachineType::I16,
        driver::Repr::I32 => wit::MachineType::I32,
        driver::Repr::I64 => wit::MachineType::I64,
        driver::Repr::F32 => wit::MachineType::F32,
        driver::Repr::F64 => wit::MachineType::F64,
        driver::Repr::Ref => wit::MachineType::Reference,
        driver::Repr::Any => wit::MachineType::Dynamic,
    }
}

fn nodes(nodes: Vec<tree::Node>) -> Vec<driver::Node> {
    nodes.into_iter().map(node).collect()
}

fn node(node: tree::Node) -> driver::Node {
    use driver::Node;
    match node {
        tree::Node::Unit => Node::Unit,
        tree::Node::Boolean => Node::Bool,
        tree::Node::Int(tree::IntType { bits, signed }) => Node::Int { bits, signed },
        tree::Node::Float(bits) => Node::Float(bits),
        tree::Node::Text => Node::Text,
        tree::Node::Any => Node::Any,
        tree::Node::Range => Node::Range,
        tree::Node::Array(elem) => Node::Array(elem),
        tree::Node::Dict((key, value)) => Node::Dict(key, value),
        tree::Node::Tuple(items) => Node::Tuple(items),
        tree::Node::Option(inner) => Node::Option(inner),
        tree::Node::Function(tree::FunctionType { params, result }) => Node::Function(params, result),
        tree::Node::Named(named) => Node::Named(named.name, named.args),
        tree::Node::Dynamic(named) => Node::Dynamic(named.name, named.args),
        tree::Node::Parameter(index) => Node::Parameter(index),
        tree::Node::Never => Node::Never,
    }
}
