//! Output that several commands share.

pub(crate) mod terminal;
pub(crate) mod worst_case;
