//! The tests of this crate, as one program.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
mod decisions;
mod mutants;
mod paths;
mod patterns;
mod workflows;
