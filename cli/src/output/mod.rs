//! Output that several commands share.

pub(crate) mod file;
pub(crate) mod progress;
pub(crate) mod stream;
pub(crate) mod terminal;
