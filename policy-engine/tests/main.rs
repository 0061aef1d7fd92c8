//! All tests of the engine's interface, as one program: it links once.

#[cfg(any(feature = "render", feature = "schema"))]
mod common;

mod agreement;
mod architecture;
mod backoffs;
mod diagnostics;
mod documents;
mod examples;
mod explanation;
mod jitter;
mod lints;
mod loading;
mod matching;
mod patterns;
mod policies;
mod properties;
mod schema;
mod test_runner;
mod wording;
