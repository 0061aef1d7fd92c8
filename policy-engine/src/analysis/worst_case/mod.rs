//! The worst case of a policy.

mod bound;
mod share;

pub use bound::*;
