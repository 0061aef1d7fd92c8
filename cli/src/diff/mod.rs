//! `exitwise diff`: the difference between two policies, in their decisions and not in their text.

mod changed_pairs;
pub(crate) mod command;
mod container;
mod difference;
mod failure_set;
#[cfg(test)]
mod properties;
mod repeated;
