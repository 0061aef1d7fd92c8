//! What several commands print.

pub(crate) mod file;
pub(crate) mod stream;
pub(crate) mod terminal;
pub(crate) mod worst_case;
