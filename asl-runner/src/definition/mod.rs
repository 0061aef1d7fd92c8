//! A definition: its parts, and what each of them must look like.

mod catcher;
mod choice_rule;
mod map_state;
mod names;
mod parallel_state;
mod parse;
mod state;

pub(crate) use choice_rule::ChoiceRule;
pub(crate) use map_state::MapState;
pub(crate) use parallel_state::ParallelState;
pub(crate) use parse::StateMachine;
pub use parse::{Definition, DefinitionError, MAX_SECONDS};
pub(crate) use state::{Exit, State, StateBody, TaskState};
