//! Problems in a policy text: a stable code, a position, what is wrong there, and what to type
//! instead.

mod allowed;
mod code;
mod position;
mod problem;
mod quote;
#[cfg(feature = "render")]
mod render;
mod spelling;

pub use code::{Code, Severity};
pub use problem::{Diagnostic, Diagnostics, Related};

pub(crate) use allowed::AllowedWarnings;
pub(crate) use position::{position, whole_lines};
pub(crate) use quote::{counted, list_quoted, quoted, quoted_head};
pub(crate) use spelling::{alike, closest};
