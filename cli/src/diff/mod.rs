//! `exitwise diff`: what changes between two policies, in decisions and not in text.

pub(crate) mod command;
mod difference;
mod example_parts;
mod failure_set;
#[cfg(test)]
mod properties;
mod repeated;
