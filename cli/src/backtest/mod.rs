//! `exitwise backtest`: what policies would have done about recorded failures.

pub(crate) mod command;
mod document;
mod files;
mod left_out;
mod markdown;
mod picture;
mod reading;
pub(crate) mod share;
mod suggestions;
mod text;
