//! Reads Step Functions' `Error` and `Cause` into a [`Failure`].
//!
//! A Cause that is exactly one JSON object, without repeated keys at any depth, is an ECS task or
//! something else that its keys tell; any other Cause is plain text. A fact whose value has an
//! unexpected type is absent.

use super::batch_job::failure_of_job;
use super::ecs_task::failure_of_task;
use super::facts::Failure;
use super::json::{ObjectMembers, has_text, read_object, take_text};
use super::lambda_error::failure_of_function;
use super::text::Text;
use std::borrow::Cow;

impl<'a> Failure<'a> {
    /// Reads a failure from Step Functions' `Error` and `Cause`. Accepts every text.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::failure::{ExitCode, Failure};
    ///
    /// let cause = r#"{"Containers":[{"Name":"app","ExitCode":4}],"StopCode":"EssentialContainerExited"}"#;
    /// let failure = Failure::read(Some("States.TaskFailed"), Some(cause));
    /// assert_eq!(failure.seen(Some("app")).exit_code(), ExitCode::new(4));
    /// assert!(Failure::read(None, Some("not JSON")).plain_text.is_some());
    /// ```
    pub fn read(error: Option<&'a str>, cause: Option<&'a str>) -> Self {
        let mut failure = cause.map_or_else(Self::default, |text| read_cause(text.into()));
        failure.error = error.map(Cow::Borrowed);
        failure
    }

    /// Returns a failure whose Cause is plain text.
    pub fn from_plain_text(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            plain_text: Some(Text::project(text)),
            ..Self::default()
        }
    }
}

/// Reads a Cause, and the Cause of the child if it is a child execution.
fn read_cause(cause: Cow<'_, str>) -> Failure<'_> {
    let Some(mut object) = read_object(&cause) else {
        return Failure::from_plain_text(cause);
    };
    let shape = Shape::of(&object);
    if shape != Shape::ChildExecution {
        return shape.facts(object);
    }
    let inner = take_text(&mut object, "Cause").map(|inner| match read_object(&inner) {
        Some(object) => Shape::of(&object).facts(object),
        None => Failure::from_plain_text(inner),
    });
    let mut failure = inner.unwrap_or_default();
    failure.source.in_child_execution = true;
    failure
}

/// What an object is, as far as its keys tell.
#[derive(PartialEq, Eq)]
enum Shape {
    BatchJob,
    ChildExecution,
    LambdaError,
    /// An ECS task, a refused RunTask, or an object without facts.
    Task,
}

impl Shape {
    /// Returns the shape of an object. If several fit, it is the first of them.
    fn of(object: &ObjectMembers<'_>) -> Self {
        let has_texts = |keys: [&str; 2]| keys.iter().all(|key| has_text(object, key));
        if has_texts(["JobId", "JobQueue"]) {
            Self::BatchJob
        } else if has_texts(["ExecutionArn", "Status"]) {
            Self::ChildExecution
        } else if has_texts(["errorMessage", "errorType"]) {
            Self::LambdaError
        } else {
            Self::Task
        }
    }

    /// Returns the facts of an object of this shape. A child execution has none of its own.
    fn facts(self, object: ObjectMembers<'_>) -> Failure<'_> {
        match self {
            Self::BatchJob => failure_of_job(object),
            Self::ChildExecution => Failure::default(),
            Self::LambdaError => failure_of_function(object),
            Self::Task => failure_of_task(object),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::ExitCode;
    use serde_json::{Value, json};

    /// The facts of a Cause that a rule sees, whatever container it examines.
    #[derive(Debug, Default, PartialEq)]
    struct Seen {
        from: Vec<&'static str>,
        exit_code: Option<i64>,
        stopped: Option<&'static str>,
        reason: Option<&'static str>,
        text: Option<&'static str>,
    }

    /// Checks the facts of a Cause, for a rule that examines the container `app`.
    #[track_caller]
    fn check(cause: &str, expected: &Seen) {
        let failure = Failure::read(Some("Name"), Some(cause));
        assert_eq!(failure.error.as_deref(), Some("Name"), "{cause}");
        let seen = failure.seen(Some("app"));
        let text = |text: Option<&Text<'_>>| text.map(|it| it.as_str().to_owned());
        assert_eq!(
            (
                failure.source.names(),
                seen.exit_code(),
                text(failure.stopped_reason.as_ref()).as_deref(),
                text(seen.container_reason()).as_deref(),
                text(failure.plain_text.as_ref()).as_deref(),
            ),
            (
                expected.from.clone(),
                expected.exit_code.and_then(ExitCode::new),
                expected.stopped,
                expected.reason,
                expected.text,
            ),
            "{cause}"
        );
    }

    /// Returns a Batch job with these members.
    fn job(members: &Value) -> Value {
        let mut job = json!({"JobId": "1", "JobQueue": "q"});
        for (key, value) in members.as_object().unwrap() {
            job.as_object_mut()
                .unwrap()
                .insert(key.clone(), value.clone());
        }
        job
    }

    fn child(cause: &Value) -> Value {
        json!({"Cause": cause, "Error": "States.Timeout", "ExecutionArn": "arn", "Status": "FAILED"})
    }

    #[test]
    fn a_batch_job_is_read() {
        let code = |exit_code| Seen {
            exit_code: Some(exit_code),
            ..Seen::default()
        };
        let none = Seen::default;
        for (members, expected) in [
            (json!({}), none()),
            (json!({"Container": {"ExitCode": 4}}), code(4)),
            (
                json!({"Container": {"ExitCode": 4, "Name": "other"}}),
                code(4),
            ),
            (json!({"Container": {"ExitCode": "4"}}), none()),
            (json!({"Container": [{"ExitCode": 4}]}), none()),
            // The job itself comes before its last attempt, for each fact.
            (
                json!({"Container": {"ExitCode": 4}, "Attempts": [{"Container": {"ExitCode": 5}}]}),
                code(4),
            ),
            (
                json!({
                    "Container": {"Reason": "own"},
                    "StatusReason": 7,
                    "Attempts": [
                        {"Container": {"ExitCode": 5, "Reason": "first"}, "StatusReason": "first"},
                        {"Container": {"ExitCode": 6, "Reason": "last"}, "StatusReason": "last"},
                    ],
                }),
                Seen {
                    stopped: Some("last"),
                    reason: Some("own"),
                    ..code(6)
                },
            ),
            (
                json!({"Attempts": [{"Container": {"ExitCode": 5, "Reason": "r"}}], "StatusReason": "s"}),
                Seen {
                    stopped: Some("s"),
                    reason: Some("r"),
                    ..code(5)
                },
            ),
            // Earlier attempts do not count.
            (
                json!({"Attempts": [{"Container": {"ExitCode": 5}}, {}]}),
                none(),
            ),
            (
                json!({"Attempts": [{"Container": {"ExitCode": 5}}, null]}),
                none(),
            ),
            (json!({"Attempts": [], "Container": {}}), none()),
            (json!({"Attempts": {"Container": {"ExitCode": 5}}}), none()),
            // Several containers have names.
            (
                json!({
                    "Container": {"ExitCode": 9},
                    "EcsProperties": {"TaskProperties": [{"Containers": [
                        {"Name": "app", "ExitCode": 1, "Reason": "a"}, {"Name": "log", "ExitCode": 2},
                    ]}]},
                }),
                Seen {
                    reason: Some("a"),
                    ..code(1)
                },
            ),
            (
                json!({
                    "EcsProperties": {"TaskProperties": [{"Containers": [{"Name": "app"}, {"Name": "log"}]}]},
                    "Attempts": [{"TaskProperties": [{"Containers": [
                        {"Name": "log", "ExitCode": 2}, {"Name": "app", "ExitCode": 3, "Reason": "a"},
                    ]}]}],
                }),
                Seen {
                    reason: Some("a"),
                    ..code(3)
                },
            ),
            (
                json!({"EcsProperties": {"TaskProperties": [{"Containers": [{"Name": "b"}, {"Name": "c", "ExitCode": 2}]}]}}),
                none(),
            ),
            (
                json!({"EcsProperties": {"TaskProperties": [
                    {"Containers": [{"Name": "app", "ExitCode": 2}]}, 7, {"Containers": [{"Name": "app", "ExitCode": 2}]},
                ]}}),
                none(),
            ),
            // The only container has every name, even if it has one of its own.
            (
                json!({"EcsProperties": {"TaskProperties": [{"Containers": [{"Name": "b", "ExitCode": 2}]}]}}),
                code(2),
            ),
            (
                json!({"EcsProperties": {"TaskProperties": []}, "Container": {"ExitCode": 3}}),
                code(3),
            ),
            // Kubernetes.
            (
                json!({
                    "EksProperties": {"PodProperties": {"Containers": [{"Name": "app", "Command": ["x"]}]}},
                    "EksAttempts": [
                        {"Containers": [{"Name": "app", "ExitCode": 1}]},
                        {"Containers": [{"Name": "app", "ExitCode": 137, "Reason": "OOMKilled"}], "StatusReason": "s"},
                    ],
                }),
                Seen {
                    stopped: Some("s"),
                    reason: Some("OOMKilled"),
                    ..code(137)
                },
            ),
            (
                json!({"Attempts": [], "EksAttempts": [{"Containers": [{"ExitCode": 2}]}], "Container": {"ExitCode": 9}}),
                code(2),
            ),
            // Two shapes at once: it is a job.
            (
                json!({"Containers": [{"Name": "app", "ExitCode": 9}], "StoppedReason": "x", "StopCode": "SpotInterruption"}),
                none(),
            ),
            (
                json!({"errorMessage": "m", "errorType": "t", "ExecutionArn": "a", "Status": "s"}),
                none(),
            ),
        ] {
            let expected = Seen {
                from: vec!["batchJob"],
                ..expected
            };
            check(&job(&members).to_string(), &expected);
        }
    }

    #[test]
    fn the_keys_tell_what_a_cause_is() {
        let plain = |text| Seen {
            text: Some(text),
            ..Seen::default()
        };
        let lambda = |text| Seen {
            from: vec!["lambdaError"],
            ..plain(text)
        };
        let in_child = |mut seen: Seen| {
            seen.from.insert(0, "childExecution");
            seen
        };
        let task = json!({"Containers": [{"Name": "app", "ExitCode": 3}], "StoppedReason": "s"});
        let of_task = || Seen {
            exit_code: Some(3),
            stopped: Some("s"),
            ..Seen::default()
        };
        let job = job(&json!({"Container": {"ExitCode": 4, "Reason": "r"}, "StatusReason": "s"}));
        let of_job = || Seen {
            from: vec!["batchJob"],
            exit_code: Some(4),
            stopped: Some("s"),
            reason: Some("r"),
            text: None,
        };
        let error = json!({"errorMessage": "m\n", "errorType": "ValueError", "stackTrace": []});
        let text_of = |value: &Value| Value::from(value.to_string());
        for (cause, expected) in [
            (task.clone(), of_task()),
            (job.clone(), of_job()),
            (error.clone(), lambda("m")),
            (json!({"errorMessage": "", "errorType": "E"}), lambda("")),
            // Of no known shape: there are no facts, and it is not plain text.
            (json!({"errorMessage": "m"}), Seen::default()),
            (
                json!({"errorMessage": null, "errorType": "E"}),
                Seen::default(),
            ),
            (
                json!({"JobId": "1", "Container": {"ExitCode": 4}}),
                Seen::default(),
            ),
            (
                json!({"JobId": 1, "JobQueue": "q", "Container": {"ExitCode": 4}}),
                Seen::default(),
            ),
            (
                json!({"Cause": task.to_string(), "Error": "E", "Status": "FAILED"}),
                Seen::default(),
            ),
            (json!({"x": 1}), Seen::default()),
            // A child execution, whose Cause is read once more.
            (child(&text_of(&task)), in_child(of_task())),
            (child(&text_of(&job)), in_child(of_job())),
            (child(&text_of(&error)), in_child(lambda("m"))),
            (child(&"it broke\n".into()), in_child(plain("it broke"))),
            (child(&"".into()), in_child(plain(""))),
            (
                child(&"{\"StopCode\":\"x\",\"StopCode\":\"x\"}".into()),
                in_child(plain("{\"StopCode\":\"x\",\"StopCode\":\"x\"}")),
            ),
            (child(&text_of(&json!({"x": 1}))), in_child(Seen::default())),
            // Its Cause is missing or not a text.
            (
                json!({"ExecutionArn": "arn", "Status": "ABORTED"}),
                in_child(Seen::default()),
            ),
            (child(&task), in_child(Seen::default())),
            (child(&7.into()), in_child(Seen::default())),
            (child(&Value::Null), in_child(Seen::default())),
            // Only one level.
            (
                child(&text_of(&child(&text_of(&task)))),
                in_child(Seen::default()),
            ),
        ] {
            check(&cause.to_string(), &expected);
        }
    }

    #[test]
    fn cut_and_huge_causes_are_read() {
        let attempt = json!({"Container": {"ExitCode": 1}, "StatusReason": "s"});
        let huge = job(&json!({"Attempts": vec![attempt; 20_000]})).to_string();
        let failure = Failure::read(None, Some(&huge));
        assert_eq!(failure.seen(None).exit_code(), ExitCode::new(1));

        let inner = Value::from(huge.get(..16_384).unwrap());
        let child = child(&inner).to_string();
        let failure = Failure::read(None, Some(&child));
        assert!(failure.source.in_child_execution && failure.plain_text.is_some());
        for end in (0..child.len()).step_by(97) {
            let cut = child.get(..end).unwrap();
            let failure = Failure::read(None, Some(cut));
            assert_eq!(failure.source, crate::failure::Source::default());
            assert_eq!(failure.plain_text, Some(Text::project(cut)));
        }
        // A key that is repeated outside makes the whole Cause plain text.
        let repeated = format!("{{\"Status\":\"x\",{}", child.get(1..).unwrap());
        assert!(
            !Failure::read(None, Some(&repeated))
                .source
                .in_child_execution
        );
    }
}
