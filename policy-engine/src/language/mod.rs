//! The policy language.

pub(crate) mod backoff;
pub(crate) mod conditions;
pub(crate) mod keys;
pub(crate) mod lower;
mod print;
#[cfg(feature = "schema")]
pub(crate) mod schema;
pub(crate) mod test_cases;
pub(crate) mod tree;
pub(crate) mod values;
