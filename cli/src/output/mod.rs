//! What several commands print.

pub(crate) mod text;
pub(crate) mod worst_case;
