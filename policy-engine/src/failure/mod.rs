//! What happened.

pub(crate) mod cause;
mod facts;

pub use facts::*;
