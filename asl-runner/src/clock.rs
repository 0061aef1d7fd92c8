//! The clock of an execution, virtual or real.

use std::time::Duration;
use time::OffsetDateTime;

/// Provides the time, and waits in Wait states and before retries.
pub trait Clock {
    /// Returns the current time. If the clock goes backwards, the timestamps in the history do not.
    fn now(&mut self) -> OffsetDateTime;

    /// Waits for this duration.
    ///
    /// # Errors
    /// Returns an error if the user interrupted the wait. The execution is then aborted.
    fn wait(&mut self, duration: Duration) -> Result<(), AbortedError>;
}

/// The error for a wait that the user interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the user interrupted the wait")]
pub struct AbortedError;

/// A clock on which waits take no real time. It does not advance past the end of the year 9999.
#[derive(Debug, Clone)]
pub struct VirtualClock(OffsetDateTime);

impl VirtualClock {
    /// Creates a clock that starts at this time.
    pub const fn starting_at(start: OffsetDateTime) -> Self {
        Self(start)
    }
}

impl Clock for VirtualClock {
    fn now(&mut self) -> OffsetDateTime {
        self.0
    }

    fn wait(&mut self, duration: Duration) -> Result<(), AbortedError> {
        self.0 = self
            .0
            .saturating_add(duration.try_into().unwrap_or(time::Duration::MAX));
        Ok(())
    }
}

/// The system clock. Waits block the thread and cannot be interrupted.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

impl Clock for RealClock {
    fn now(&mut self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn wait(&mut self, duration: Duration) -> Result<(), AbortedError> {
        std::thread::sleep(duration);
        Ok(())
    }
}
