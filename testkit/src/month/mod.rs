//! A made-up month of stopped tasks, for tests and benchmarks of readers of large logs.
//!
//! [`write()`] writes what an EventBridge rule for "ECS Task State Change" leaves behind in a log: one
//! event a line, in order of time, about 2 KB each. What failed is drawn from 40 [`KINDS`], with
//! texts of the failures in `lambda/tests/failures`. The identifiers, addresses, images, times and
//! numbers in these texts differ from event to event, as they do in a real log. The number of
//! failures a day doubles over the month.
//!
//! The lines do not tell the kinds. Who compares what was found with what was written iterates over
//! the [`Lines`], which have the kind beside each line.

mod cause;
mod event;
mod kind;
mod kinds;
mod lines;
mod template;
mod values;
mod workload;

pub use cause::cause;
pub use kind::{ContainerFacts, Host, Kind};
pub use kinds::KINDS;
pub use lines::{Content, Line, Lines, Options, write};
