//! A definition: its parts, and what each of them must look like.

mod catcher;
mod parse;
mod rule;
mod state;

pub(crate) use parse::StateMachine;
pub use parse::{Definition, DefinitionError, MAX_SECONDS};
pub(crate) use rule::Branch;
pub(crate) use state::{Exit, State, StateBody, TaskState};
