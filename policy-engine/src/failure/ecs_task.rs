//! Reads an ECS task.

use super::facts::{Container, ExitCode, Failure, NameFact};
use super::json::{Json, ObjectMembers, objects};
use super::text::Text;
use std::borrow::Cow;

/// Reads the facts of a task. An object that is not a task has none.
///
/// Source of the keys: ECS API Reference, Task, Container and Failure.
pub(super) fn failure_of_task(task: ObjectMembers<'_>) -> Failure<'_> {
    let mut failure = Failure::default();
    let (mut started_at, mut stopped_at) = (None, None);
    for (key, value) in task {
        match (&*key, value) {
            ("StartedAt", Json::Integer(time)) => started_at = Some(time),
            ("StoppedAt", Json::Integer(time)) => stopped_at = Some(time),
            ("StoppedReason", Json::Text(text)) => {
                failure.stopped_reason = Some(Text::project(text));
            }
            ("Containers", Json::List(list)) => {
                failure.containers = objects(list).map(container).collect();
            }
            ("Failures", Json::List(list)) => {
                let reasons = objects(list).flat_map(placement_reasons);
                failure.placement_reasons = Text::project_all(reasons);
            }
            (key, Json::Text(text)) => {
                if let Some(fact) = NameFact::ALL.into_iter().find(|it| it.cause_key() == key) {
                    failure.set_name(fact, text);
                }
            }
            _ => {}
        }
    }
    failure.ran_for = ran_for(started_at, stopped_at);
    failure
}

/// The latest time that is read, in milliseconds since 1970: the largest number below which a double
/// holds every whole number, so that a backend that computes with doubles reads the same times.
const MAX_TIME: i64 = (1 << 53) - 1;

/// Returns the time between two times, in their unit. `None` if one is unknown or negative, or if the
/// end is before the start.
///
/// Source: Step Functions reports the times of tasks and jobs in milliseconds since 1970.
pub(super) fn ran_for(started_at: Option<i64>, stopped_at: Option<i64>) -> Option<u64> {
    let is_time = |time: &i64| (0..=MAX_TIME).contains(time);
    let (started_at, stopped_at) = (started_at.filter(is_time)?, stopped_at.filter(is_time)?);
    u64::try_from(stopped_at - started_at).ok()
}

/// Reads one container, of an ECS task or of a Batch job.
pub(super) fn container(members: ObjectMembers<'_>) -> Container<'_> {
    let mut container = Container::default();
    for (key, value) in members {
        match (&*key, value) {
            ("Name", Json::Text(text)) => container.name = Some(text),
            ("Reason", Json::Text(text)) => container.reason = Some(Text::project(text)),
            ("ExitCode", Json::Integer(code)) => container.exit_code = ExitCode::new(code),
            _ => {}
        }
    }
    container
}

/// Returns the `Reason` and the `Detail` of one entry of `Failures`, in this order.
fn placement_reasons(members: ObjectMembers<'_>) -> impl Iterator<Item = Cow<'_, str>> {
    let (mut reason, mut detail) = (None, None);
    for (key, value) in members {
        match (&*key, value) {
            ("Reason", Json::Text(text)) => reason = Some(text),
            ("Detail", Json::Text(text)) => detail = Some(text),
            _ => {}
        }
    }
    reason.into_iter().chain(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_whole_32_bit_numbers() {
        for (json, expected) in [
            ("4", Some(4)),
            ("4.0", Some(4)),
            ("40e-1", Some(4)),
            ("-1", Some(-1)),
            ("-0.0", Some(0)),
            ("4294967295", Some(4_294_967_295)),
            ("-2147483648", Some(-2_147_483_648)),
            ("4294967296", None),
            ("-2147483649", None),
            ("99999999999999999999", None),
            ("4.5", None),
            ("\"4\"", None),
            ("true", None),
            ("null", None),
            ("[4]", None),
            ("{}", None),
        ] {
            let text = format!(
                "{{\"Containers\":[null,\"app\",{{\"Name\":\"app\",\"ExitCode\":{json}}}]}}"
            );
            let code = Failure::read(None, Some(&text)).containers[0].exit_code;
            assert_eq!(code, expected.and_then(ExitCode::new), "{json}");
        }
    }
}
