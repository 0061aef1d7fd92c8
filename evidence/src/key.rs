//! The keys of JSON objects that failures are read from.

/// The keys that are kept, sorted. Their first letter may be of either case: the API writes `taskArn`,
/// and Step Functions writes `TaskArn`.
///
/// The reader drops all other keys. The command and the environment of a task may be secrets; so they are
/// never in memory and never printed.
const KEPT_KEYS: [&str; 65] = [
    "@message",
    "arn",
    "attempts",
    "capacityProviderName",
    "cause",
    "container",
    "containers",
    "cpu",
    "detail",
    "detail-type",
    "details",
    "ecsProperties",
    "eksAttempts",
    "eksProperties",
    "error",
    "errorMessage",
    "errorType",
    "eventSource",
    "events",
    "executionArn",
    "execution_arn",
    "executions",
    "exitCode",
    "failures",
    "field",
    "group",
    "id",
    "jobId",
    "jobQueue",
    "jobSummaryList",
    "jobs",
    "lastStatus",
    "launchType",
    "logEvents",
    "memory",
    "message",
    "name",
    "podProperties",
    "reason",
    "records",
    "resourceRequirements",
    "resourceType",
    "results",
    "services",
    "startAt",
    "startedAt",
    "stateMachineArn",
    "stateMachines",
    "states",
    "status",
    "statusReason",
    "stopCode",
    "stopDate",
    "stoppedAt",
    "stoppedReason",
    "taskArn",
    "taskArns",
    "taskError",
    "taskProperties",
    "tasks",
    "time",
    "timestamp",
    "type",
    "value",
    "vcpus",
];

/// A key that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// The place in [`KEPT_KEYS`].
    pub(crate) number: u8,
    /// `true` if the first letter is a capital letter.
    pub(crate) is_pascal: bool,
}

impl Key {
    /// `None` if this key is not kept.
    // The compiler then computes the number of a key that the caller writes.
    #[inline(always)]
    pub(crate) fn of(text: &str) -> Option<Self> {
        let number = *NUMBER_AT_PLACE.get(place_of(text.as_bytes()))?;
        let kept = KEPT_KEYS.get(usize::from(number))?;
        is_same(kept.as_bytes(), text.as_bytes()).then(|| Self {
            number,
            is_pascal: text.starts_with(|first: char| first.is_ascii_uppercase()),
        })
    }

    /// Returns the key as it is in [`KEPT_KEYS`].
    pub(crate) fn text(self) -> &'static str {
        KEPT_KEYS
            .get(usize::from(self.number))
            .copied()
            .unwrap_or_default()
    }
}

/// Whether `key` is the key `kept`, with a first letter of either case.
fn is_same(kept: &[u8], key: &[u8]) -> bool {
    match (kept, key) {
        ([kept_first, kept_rest @ ..], [first, rest @ ..]) => {
            kept_first.eq_ignore_ascii_case(first) && kept_rest == rest
        }
        _ => false,
    }
}

/// Number of values of [`place_of`].
const PLACES: usize = 4_096;

/// The number of the kept key at each place, or 255. No two kept keys have the same place, or this would
/// not compile; so a key is compared with one of them only.
static NUMBER_AT_PLACE: [u8; PLACES] = numbers_at_places();

#[expect(clippy::indexing_slicing, reason = "a wrong index does not compile")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer than 255 keys"
)]
const fn numbers_at_places() -> [u8; PLACES] {
    let mut numbers = [u8::MAX; PLACES];
    let mut number = 0;
    while number < KEPT_KEYS.len() {
        let place = place_of(KEPT_KEYS[number].as_bytes());
        assert!(numbers[place] == u8::MAX, "two keys have the same place");
        numbers[place] = number as u8;
        number += 1;
    }
    numbers
}

/// A hash of a key that is perfect for the kept ones. It depends on the length and on some letters, but not
/// on the first one, whose case may differ.
#[inline(always)]
const fn place_of(key: &[u8]) -> usize {
    let length = key.len();
    let letters =
        at(key, 1) + at(key, 2) + at(key, length / 2) + at(key, length.wrapping_sub(2)) * 3;
    (letters + length * 97) % PLACES
}

#[expect(
    clippy::indexing_slicing,
    reason = "the index is compared with the length"
)]
const fn at(key: &[u8], index: usize) -> usize {
    if index < key.len() {
        key[index] as usize
    } else {
        0
    }
}

/// Some of the keys that are kept.
#[derive(Clone, Copy)]
pub(crate) struct KeySet(u128);

impl KeySet {
    /// Does not compile if one of the keys is not kept.
    #[expect(clippy::indexing_slicing, reason = "a wrong index does not compile")]
    pub(crate) const fn of(keys: &[&str]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < keys.len() {
            let key = keys[at].as_bytes();
            let number = NUMBER_AT_PLACE[place_of(key)];
            let kept = KEPT_KEYS[number as usize].as_bytes();
            assert!(are_equal(kept, key), "a key is not kept");
            set |= 1 << number;
            at += 1;
        }
        Self(set)
    }

    pub(crate) fn has(self, key: Key) -> bool {
        self.0 >> key.number & 1 == 1
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the index is compared with the length"
)]
const fn are_equal(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_keys_are_sorted_and_found_in_both_cases() {
        assert!(KEPT_KEYS.is_sorted_by(|one, next| one < next));
        let is_kept = |key| Key::of(key).is_some();
        assert!(is_kept("taskArn") && is_kept("TaskArn") && is_kept("@message"));
        for key in KEPT_KEYS {
            assert_eq!(Key::of(key).map(Key::text), Some(key));
        }
        assert!(!is_kept("TASKARN") && !is_kept("environment") && !is_kept("Command"));
    }

    #[test]
    fn a_set_has_its_keys() {
        const SET: KeySet = KeySet::of(&["cpu", "vcpus"]);
        let has = |key| SET.has(Key::of(key).unwrap());
        assert!(has("cpu") && has("Vcpus") && !has("value") && !has("@message"));
    }
}
