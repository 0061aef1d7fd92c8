//! `exitwise explain`: explains which rule decides for a failure, and why.

pub(crate) mod command;
mod decision_report;
mod document;
mod end_report;
mod history;
pub(crate) mod recording;
mod trail;
