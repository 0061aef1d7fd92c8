//! What several commands print.

pub(crate) mod json;
pub(crate) mod progress;
pub(crate) mod terminal;
pub(crate) mod worst_case;
