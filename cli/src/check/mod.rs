//! `exitwise check`: problems of policies, their tests, and their worst case.

pub(crate) mod annotations;
pub(crate) mod command;
pub(crate) mod policy_tests;
mod watch;
