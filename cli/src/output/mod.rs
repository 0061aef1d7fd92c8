//! Output that several commands share.

pub(crate) mod file;
pub(crate) mod json;
pub(crate) mod next_run;
pub(crate) mod numbers;
pub(crate) mod progress;
pub(crate) mod stream;
pub(crate) mod svg;
pub(crate) mod terminal;
pub(crate) mod worst_case;
