//! `exitwise explain`: which rule decides about a failure, and why.

pub(crate) mod command;
pub(crate) mod recorded;
pub(crate) mod report;
