//! `exitwise compile`: writes state machines that apply policies.

pub(crate) mod command;
mod execution;
mod external;
mod marks;
mod source;
mod targets;
mod woven;
mod yaml;
