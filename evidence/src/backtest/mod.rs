//! What a policy would have done about recorded failures.

mod judge;
mod outcome;
mod search;
mod tally;
mod usage;

pub use judge::{Judge, Judged, Memory};
pub use outcome::{Difference, Outcomes};
pub use tally::{Change, Example, Left, Seen, Tally, Unknown};
pub use usage::Usage;
