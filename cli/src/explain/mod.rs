//! `exitwise explain`: explains which rule decides for a failure, and why.

pub(crate) mod command;
mod decision_report;
mod end_report;
