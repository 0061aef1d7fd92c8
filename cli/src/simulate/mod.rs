//! `exitwise simulate`: what failures lead to, without running anything.

mod chance;
pub(crate) mod command;
mod distribution;
mod execution;
mod failures;
mod picture;
mod svg;
mod timeline;
