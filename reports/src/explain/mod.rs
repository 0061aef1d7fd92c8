//! Explains which rule decides for a failure, and why.

mod decision_report;
mod end_report;
mod explainer;

pub use explainer::{ExplainError, Explainer, ReportFormat};
