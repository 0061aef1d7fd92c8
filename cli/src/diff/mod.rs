//! `exitwise diff`: what changes between two policies, in decisions and not in text.

mod changed_pairs;
pub(crate) mod command;
mod container;
mod difference;
mod failure_set;
#[cfg(test)]
mod properties;
mod repeated;
