//! The tests of this crate, as one program.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod common;
mod decisions;
mod facts;
mod limits;
mod mutants;
mod paths;
mod patterns;
mod refusals;
mod weaving;
mod weaving_properties;
mod workflows;
mod worst_case;
mod woven_runs;
