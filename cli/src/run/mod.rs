//! `exitwise run`: runs a failing task under a policy, through the deployed state machine.

mod api_event;
mod clock;
pub(crate) mod command;
pub mod definition;
mod ecs;
mod report;
mod signals;
mod task_output;
mod tasks;
