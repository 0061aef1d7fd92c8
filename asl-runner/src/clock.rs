//! What time it is, and how to let time pass.

use std::time::Duration;
use time::OffsetDateTime;

/// Says what time it is and lets time pass, for Wait states and before retries.
pub trait Clock {
    /// The time now. Where it goes backwards, the history stands still.
    fn now(&mut self) -> OffsetDateTime;

    /// Lets this much time pass.
    ///
    /// # Errors
    /// The user interrupted; the execution is aborted.
    fn wait(&mut self, duration: Duration) -> Result<(), Aborted>;
}

/// The user interrupted a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aborted;

/// A clock on which waits pass at once. It stops at the end of the year 9999.
#[derive(Debug, Clone)]
pub struct VirtualClock(OffsetDateTime);

impl VirtualClock {
    /// A clock that starts at this instant.
    pub const fn starting_at(start: OffsetDateTime) -> Self {
        Self(start)
    }
}

impl Clock for VirtualClock {
    fn now(&mut self) -> OffsetDateTime {
        self.0
    }

    fn wait(&mut self, duration: Duration) -> Result<(), Aborted> {
        self.0 = self
            .0
            .saturating_add(duration.try_into().unwrap_or(time::Duration::MAX));
        Ok(())
    }
}

/// The system's clock; waits block the thread and cannot be interrupted.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

impl Clock for RealClock {
    fn now(&mut self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn wait(&mut self, duration: Duration) -> Result<(), Aborted> {
        std::thread::sleep(duration);
        Ok(())
    }
}
