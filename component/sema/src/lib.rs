//! Names and types: syntax tree to typed tree.
//!
//! [`check`] is the column: `collect` reads declarations, `infer` finds types body by body, `exhaust` looks at patterns, `zonk` builds the
//! typed tree ([`hir`]). What templates leave open is decided per instance by [`resolve`] and [`ops`].

mod assoc;
mod check;
mod collect;
pub mod dump;
mod exhaust;
mod globals;
pub mod hints;
mod infer;
pub mod library;
mod members;
pub mod modules;
mod names;
pub mod ops;
pub mod places;
pub mod resolve;
mod scheme;
mod scope;
mod types;
mod union;
pub mod walk;
mod zonk;
// Fields of enum variants in the typed tree are explained by the variant they belong to.
#[allow(missing_docs)]
pub mod hir;
pub mod intrinsic;
#[allow(missing_docs)]
pub mod ty;

pub use check::{Role, Source, check_alone, check_module, check_std, watch_module};
pub use dump::dump_hir;
pub use scheme::Schemes;
pub use types::show_type;
