//! `exitwise diff`: the difference between two policies, in their decisions and not in their text.

pub(crate) mod command;
mod difference;
mod example_parts;
mod failure_set;
#[cfg(test)]
mod properties;
mod repeated;
