//! All integration tests of the engine. They are one binary, so that it is linked only once.

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
mod month;
mod other_tasks;
mod patterns;
mod policies;
mod properties;
mod run_time_bounds;
mod schema;
mod slips;
mod test_runner;
mod warnings;
mod wording;
