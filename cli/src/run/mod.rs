//! `exitwise run`: a failing task under a policy, through the state machine that is deployed.

pub(crate) mod clock;
pub(crate) mod command;
pub mod definition;
pub(crate) mod ecs;
pub(crate) mod report;
pub(crate) mod signals;
pub(crate) mod tasks;
