//! `exitwise run`: runs a failing task under a policy, through the deployed state machine or one of the user's.

mod answers;
mod api_event;
mod clock;
pub(crate) mod command;
pub mod definition;
mod ecs;
mod place;
mod report;
mod signals;
mod task_output;
mod tasks;
mod workflow;
