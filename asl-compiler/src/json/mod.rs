//! Definitions as text: read with the place of everything, changed in place, printed in the file's own
//! formatting.

mod document;
mod edit;
mod fragment;
mod layout;
mod marker;
mod place;
mod plain;

pub use place::SourcePlace;
pub use plain::{PlainDefinition, plain_definition};

pub(crate) use document::{Node, NodeKind, NodeMember, SourceDocument, SourceError};
pub(crate) use edit::Edits;
pub(crate) use fragment::Fragment;
pub(crate) use layout::Layout;
