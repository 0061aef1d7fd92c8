//! The worst case of a policy: the most runs, waiting and history events that its limits allow.

mod bound;
mod retries;
mod run_time;
mod search;
mod share;

pub use bound::WorstCase;
pub use retries::{END_EVENTS, RUN_EVENTS, START_EVENTS, SUCCESS_END_EVENTS, WAIT_EVENTS};
pub use run_time::{RunTimeBounds, Usage};

pub(crate) use retries::{end_events, history_events};
