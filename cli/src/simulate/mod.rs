//! `exitwise simulate`: shows the decisions for given or random failures, without running a task.

pub(crate) mod command;
mod distribution;
mod execution;
mod failures;
mod mix;
mod picture;
mod timeline;
