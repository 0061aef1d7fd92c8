//! The problems of a policy, its tests, and its worst case.

mod policy_tests;
mod report;

pub use policy_tests::TestResult;
pub use report::check_report;
