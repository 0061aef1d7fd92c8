//! `exitwise compile`: writes state machines that apply policies.

pub(crate) mod command;
mod external;
mod marks;
mod targets;
mod woven;
