//! Values of the driver as values of the interface, and back.

use crate::bindings::exports::simple::compiler::{compile as wit, diagnostics, types as tree};
use base::EntityId as _;

pub(crate) fn options(options: &wit::Options) -> driver::Options {
    driver::Options {
        budget: options.budget,
        optimization: match options.optimization {
            wit::Optimization::None => driver::OptLevel::None,
            wit::Optimization::Speed => driver::OptLevel::Speed,
        },
        verify: options.verify,
        max_output: options.max_output,
    }
}

pub(crate) fn target(target: wit::Target) -> driver::Target {
    match target {
        wit::Target::X8664 => driver::Target::X86_64,
        wit::Target::Aarch64 => driver::Target::Aarch64,
        wit::Target::Wasm32 => driver::Target::Wasm32,
    }
}

pub(crate) fn purpose(purpose: wit::Purpose) -> driver::Purpose {
    match purpose {
        wit::Purpose::Artifact => driver::Purpose::Artifact,
        wit::Purpose::Module => driver::Purpose::Module,
    }
}

pub(crate) fn stage(stage: wit::Stage) -> driver::Stage {
    match stage {
        wit::Stage::Tokens => driver::Stage::Tokens,
        wit::Stage::Ast => driver::Stage::Ast,
        wit::Stage::Hir => driver::Stage::Hir,
        wit::Stage::Mir => driver::Stage::Mir,
        wit::Stage::Lir => driver::Stage::Lir,
        wit::Stage::Clif => driver::Stage::Clif,
        wit::Stage::Asm => driver::Stage::Asm,
    }
}

pub(crate) fn file(file: u32) -> base::FileId {
    base::FileId::from_index(file as usize)
}

pub(crate) fn failure(failure: driver::Failure) -> wit::Failure {
    match failure {
        driver::Failure::Rejected => wit::Failure::Rejected,
        driver::Failure::TooLarge(size) => wit::Failure::TooLarge(size),
        driver::Failure::Internal(message) => wit::Failure::Internal(message),
    }
}

pub(crate) fn source(file: &base::SourceFile) -> wit::Source {
    wit::Source { path: file.path.clone(), text: file.text.to_string() }
}

pub(crate) fn module_options(options: wit::ModuleOptions) -> driver::ModuleOptions {
    driver::ModuleOptions {
        targets: options.targets.into_iter().map(target).collect(),
        compression: match options.compression {
            wit::Compression::None => driver::Compression::None,
            wit::Compression::Zstd => driver::Compression::Zstd,
            wit::Compression::Lz4 => driver::Compression::Lz4,
        },
        text: if options.sources { driver::Text::Kept } else { driver::Text::LeftOut },
        stub: options.stub,
    }
}

pub(crate) fn known(symbol: wit::KnownSymbol) -> driver::Known {
    (symbol.name, symbol.signature, symbol.content)
}

pub(crate) fn linkage(linkage: wit::Linkage) -> driver::Linkage {
    driver::Linkage::new(linkage.known.into_iter().map(known), linkage.entry, linkage.lazy)
}

pub(crate) fn missing(missing: driver::Missing) -> wit::MissingModule {
    wit::MissingModule { name: missing.name, candidates: missing.candidates }
}

pub(crate) fn stats(stats: &driver::Stats) -> wit::Stats {
    wit::Stats {
        work_units: stats.work_units,
        phases: stats
            .phases
            .iter()
            .map(|phase| wit::Phase { name: phase.name.to_owned(), work_units: phase.work_units })
            .collect(),
        source_bytes: stats.source_bytes,
        instances: stats.instances,
        inferences: stats.inferences,
        instantiations: stats.instantiations,
        cache_hits: stats.cache_hits,
        cache_misses: stats.cache_misses,
        artifact_bytes: stats.artifact_bytes,
    }
}

pub(crate) fn diagnostic(found: &base::Diagnostic) -> diagnostics::Diagnostic {
    diagnostics::Diagnostic {
        code: found.code.number().to_owned(),
        severity: match found.severity {
            base::Severity::Error => diagnostics::Severity::Error,
            base::Severity::Warning => diagnostics::Severity::Warning,
        },
        message: found.message.clone(),
        primary: label(&found.primary),
        secondary: found.secondary.iter().map(label).collect(),
        help: found.help.clone(),
    }
}

fn label(label: &base::Label) -> diagnostics::Label {
    diagnostics::Label { span: span(label.span), text: label.text.clone() }
}

pub(crate) fn span(span: base::Span) -> diagnostics::Span {
    diagnostics::Span { file: span.file.index() as u32, start: span.start, end: span.end }
}

pub(crate) fn step(step: driver::Step) -> wit::Step {
    wit::Step {
        stdout: step.stdout,
        stderr: step.stderr,
        state: match step.state {
            driver::State::Running => wit::State::Running,
            driver::State::NeedsInput => wit::State::NeedsInput,
            driver::State::Ended(ended) => wit::State::Ended(wit::Ended {
                exit_code: ended.exit_code,
                error: ended.error.as_ref().map(error),
                live_objects: ended.live_objects,
            }),
        },
    }
}

fn error(report: &driver::ErrorReport) -> wit::RuntimeError {
    wit::RuntimeError {
        code: report.kind.code().to_owned(),
        title: report.kind.title().to_owned(),
        message: report.message.clone(),
        frames: report
            .stack
            .frames()
            .map(|frame| wit::Frame {
                function: frame.function.clone(),
                file: frame.file.clone(),
                line: frame.line,
                column: frame.column,
            })
            .collect(),
        report: report.to_string(),
    }
}

pub(crate) fn types(table: driver::TypeTable) -> tree::Table {
    let function = |function: driver::Function| tree::Function {
        name: function.name,
        generics: function.generics,
        params: function.params,
        result: function.result,
    };
    tree::Table {
        nodes: table.nodes.into_iter().map(node).collect(),
        functions: table.functions.into_iter().map(function).collect(),
    }
}

pub(crate) fn node(node: driver::Node) -> tree::Node {
    use driver::Node;
    match node {
        Node::Unit => tree::Node::Unit,
        Node::Bool => tree::Node::Boolean,
        Node::Int { bits, signed } => tree::Node::Int(tree::IntType { bits, signed }),
        Node::Float(bits) => tree::Node::Float(bits),
        Node::Text => tree::Node::Text,
        Node::Any => tree::Node::Any,
        Node::Range => tree::Node::Range,
        Node::Array(elem) => tree::Node::Array(elem),
        Node::Dict(key, value) => tree::Node::Dict((key, value)),
        Node::Tuple(items) => tree::Node::Tuple(items),
        Node::Option(inner) => tree::Node::Option(inner),
        Node::Function(params, result) => tree::Node::Function(tree::FunctionType { params, result }),
        Node::Named(name, args) => tree::Node::Named(tree::NamedType { name, args }),
        Node::Dynamic(name, args) => tree::Node::Dynamic(tree::NamedType { name, args }),
        Node::Parameter(index) => tree::Node::Parameter(index),
        Node::Never => tree::Node::Never,
    }
}
