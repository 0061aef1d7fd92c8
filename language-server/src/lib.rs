//! Answers an editor about retry policies while they are written, in the terms of the Language Server
//! Protocol.
//!
//! [`Documents`] has the open texts. It takes the notifications and answers the requests of the
//! protocol, as JSON. Somebody else carries the messages: `exitwise lsp` through standard input and
//! output, a page by calling a function. The crate does no I/O.

mod completion;
mod cursor;
mod diagnostics;
mod document;
mod documents;
mod fix_edits;
mod fixes;
mod hints;
mod hover;
mod lines;
mod names;
mod outline;
mod rename;
mod symbols;
mod wording;

pub use document::Revision;
pub use documents::{Change, Documents, Host, Refusal, capabilities};
