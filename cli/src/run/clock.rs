//! A real clock that shows a countdown and can be interrupted.

use super::signals::Signals;
use exitwise_asl_runner::{AbortedError, Clock};
use exitwise_engine::policy::Seconds;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The system clock. Waits show a countdown and end at Ctrl-C.
pub(super) struct SystemClock<'s> {
    pub(super) signals: &'s Signals,
}

impl Clock for SystemClock<'_> {
    fn now(&mut self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn wait(&mut self, duration: Duration) -> Result<(), AbortedError> {
        let end = Instant::now() + duration;
        let is_shown = stderr().is_terminal();
        let mut slept = true;
        while slept {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if is_shown {
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                let _ = write!(stderr(), "\r\x1b[K  next attempt in {}", Seconds(seconds));
                let _ = stderr().flush();
            }
            slept = self.signals.sleep(left.min(Duration::from_secs(1)));
        }
        if is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
        if slept { Ok(()) } else { Err(AbortedError) }
    }
}
