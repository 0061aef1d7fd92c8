//! All integration tests of the runner. They are one binary, so that it is linked only once.

mod common;
mod deployed;
mod deployed_properties;
mod events;
mod map_states;
mod parallel_states;
mod refuse;
mod refuse_nested;
mod states;
mod tasks;
