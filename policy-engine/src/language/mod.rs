//! The policy language: turns TOML text into a [`Policy`](crate::policy::Policy) or into
//! diagnostics.
//!
//! [`Policy::load`](crate::policy::Policy::load) is the entry point. Every key is read
//! independently of the others, so one pass reports all problems of a text; after a syntax
//! error, however, the rest is not read. Each table of the language has its own file here.

mod amounts;
mod backoff;
mod conditions;
mod document;
mod duration;
mod exit_code_notation;
mod exit_codes;
mod formula;
mod guarantee;
mod keys;
#[cfg(feature = "schema")]
mod known_values;
mod limits;
mod load;
mod names;
mod pattern;
mod print;
mod repeated_keys;
mod resources;
mod rules;
#[cfg(feature = "schema")]
mod schema;
mod section;
mod syntax;
mod tabulation;
mod test_cases;
mod test_expectations;
mod test_failures;
mod tree;
mod unknown_keys;
mod values;

pub use duration::parse as parse_duration;
pub use formula::{Formula, FormulaError, MAX_FORMULA_BYTES, MAX_FORMULA_DEPTH};
pub use pattern::{MAX_PATTERN_BYTES, MAX_PATTERN_POSITIONS, MAX_POLICY_POSITIONS, PatternError};

#[cfg(feature = "schema")]
pub use keys::{KeySpec, Presence, TABLES, TableSpec, ValueSpec};
#[cfg(feature = "schema")]
pub use known_values::known_values;
#[cfg(feature = "schema")]
pub use schema::schema;
