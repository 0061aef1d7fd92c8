//! `exitwise check`: problems of policies, their tests, and their worst case.

pub(crate) mod annotations;
pub(crate) mod command;
mod watch;
