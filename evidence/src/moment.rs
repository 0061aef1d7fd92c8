//! Times, in the notations of AWS.

use crate::json::Json;
use std::fmt;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

/// A time, in milliseconds since 1970.
///
/// # Examples
///
/// ```
/// use exitwise_evidence::Moment;
///
/// let moment = Moment::parse("2026-09-01T02:00:00.250+02:00").unwrap();
/// assert_eq!(moment, Moment(1_788_220_800_250));
/// assert_eq!(moment.to_string(), "2026-09-01T00:00:00Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Reads a time as RFC 3339 writes it. `None` if the text is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Self(
            time.unix_timestamp() * 1_000 + i64::from(time.millisecond()),
        ))
    }

    /// Reads a text, or a number of seconds or milliseconds since 1970: the API of ECS has seconds with a
    /// fraction, Batch and Step Functions have milliseconds.
    pub(crate) fn read(json: &Json<'_>) -> Option<Self> {
        /// The year 5138 in seconds, and 1973 in milliseconds.
        const MAX_SECONDS: f64 = 1e11;
        /// Every whole number up to here is a double.
        const MAX_MILLISECONDS: f64 = 9e15;
        match json {
            Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Self::read(&Json::Number(text.parse().ok()?))
            }
            Json::Text(text) => Self::parse(text),
            Json::Number(number) => {
                let is_time = (0.0..MAX_MILLISECONDS).contains(number);
                let factor = if *number < MAX_SECONDS { 1_000.0 } else { 1.0 };
                #[expect(clippy::cast_possible_truncation, reason = "it is below 2⁵³")]
                is_time.then(|| Self((number * factor).round() as i64))
            }
            _ => None,
        }
    }

    /// Returns the day in UTC.
    pub fn day(self) -> Option<Date> {
        Some(self.utc()?.date())
    }

    /// Returns the time in UTC, with milliseconds, as RFC 3339 writes it.
    pub(crate) fn to_rfc3339(self) -> Option<String> {
        let nanoseconds = i128::from(self.0) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        time.format(&Rfc3339).ok()
    }

    fn utc(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1_000)).ok()
    }
}

impl fmt::Display for Moment {
    /// Writes the time in UTC, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.utc().and_then(|time| time.format(&Rfc3339).ok());
        f.write_str(text.as_deref().unwrap_or("an unknown time"))
    }
}
