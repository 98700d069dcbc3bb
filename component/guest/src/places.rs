//! What names mean, as the interface has it.

use crate::bindings::exports::simple::compiler::places as wit;
use crate::convert;

pub(crate) fn index(index: driver::Index) -> wit::Index {
    wit::Index {
        documentation: index.documentation,
        entities: index.entities.into_iter().map(entity).collect(),
        uses: index
            .uses
            .into_iter()
            .map(|it| wit::NameUse { span: convert::span(it.span), entity: it.entity, declares: it.declares })
            .collect(),
        declarations: index
            .declarations
            .into_iter()
            .map(|it| wit::Declaration {
                name: it.entity.name,
                kind: kind(it.entity.kind),
                detail: it.entity.detail,
                documentation: it.entity.documentation,
                whole: convert::span(it.whole),
                name_span: convert::span(it.name),
                parent: it.parent,
                visible: it.visible,
            })
            .collect(),
    }
}

pub(crate) fn entity(entity: driver::Entity) -> wit::Entity {
    wit::Entity {
        name: entity.name,
        kind: kind(entity.kind),
        detail: entity.detail,
        documentation: entity.documentation,
        declared: entity.declared.map(convert::span),
    }
}

fn kind(kind: driver::Kind) -> wit::Kind {
    use driver::Kind;
    match kind {
        Kind::Module => wit::Kind::Module,
        Kind::Function => wit::Kind::Function,
        Kind::Method => wit::Kind::Method,
        Kind::Struct => wit::Kind::Struct,
        Kind::Class => wit::Kind::Class,
        Kind::Enum => wit::Kind::Enum,
        Kind::Variant => wit::Kind::Variant,
        Kind::Trait => wit::Kind::Trait,
        Kind::Mixin => wit::Kind::Mixin,
        Kind::Alias => wit::Kind::Alias,
        Kind::Builtin => wit::Kind::Builtin,
        Kind::TypeParameter => wit::Kind::TypeParameter,
        Kind::Field => wit::Kind::Field,
        Kind::Parameter => wit::Kind::Parameter,
        Kind::Value => wit::Kind::Value,
        Kind::Variable => wit::Kind::Variable,
    }
}
