//! A real clock that shows what is left of a wait and can be interrupted.

use crate::run::signals::Signals;
use asl_runner::{Aborted, Clock};
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The system's clock.
pub(crate) struct SystemClock<'s> {
    pub(crate) signals: &'s Signals,
}

impl Clock for SystemClock<'_> {
    fn now(&mut self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn wait(&mut self, duration: Duration) -> Result<(), Aborted> {
        let end = Instant::now() + duration;
        let shown = stderr().is_terminal();
        let mut awake = true;
        while awake {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if shown {
                let _ = write!(
                    stderr(),
                    "\r\x1b[K  next attempt in {} s",
                    left.as_secs_f64().ceil()
                );
                let _ = stderr().flush();
            }
            awake = self.signals.sleep(left.min(Duration::from_secs(1)));
        }
        if shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
        if awake { Ok(()) } else { Err(Aborted) }
    }
}
