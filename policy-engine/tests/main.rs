//! All tests of the engine's interface, as one program: it links once.

#[cfg(any(feature = "render", feature = "schema"))]
mod common;

mod agreement;
mod backoffs;
mod diagnostics;
mod documents;
mod examples;
mod explanation;
mod jitter;
mod lints;
mod loading;
mod matching;
mod policies;
mod properties;
mod purity;
mod scenarios;
mod schema;
mod wording;
