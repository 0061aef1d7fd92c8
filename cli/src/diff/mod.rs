//! `exitwise diff`: what changes between two policies, in decisions.

pub(crate) mod command;
pub(crate) mod difference;
pub(crate) mod failures;
#[cfg(test)]
mod tests;
