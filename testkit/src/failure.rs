//! Generators of failures: as ECS and Step Functions report them, and corrupted ones.

use crate::condition::{
    CAPACITY_PROVIDERS, CONTAINERS, ERRORS, EXIT_CODES, LAUNCH_TYPES, STOP_CODES, TIMES,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// Returns the text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Generates error names of Step Functions, known and unknown ones.
pub fn errors() -> BoxedStrategy<String> {
    prop_oneof![8 => select(&ERRORS[..]).prop_map(str::to_owned), 1 => "States\\.[A-Z]{0,3}|\\PC{0,12}"].boxed()
}

/// Generates reasons: texts that match patterns of generated policies, and other texts.
pub fn reasons() -> BoxedStrategy<String> {
    let known = select(
        &[
            "Task stopped.",
            "Your Spot task was interrupted.",
            "The service is TOO BUSY\r\n",
            "Rate exceeded",
            "OutOfMemory: out of memory",
            "can’t pull: Error: 17",
            "aabax ba",
            "",
        ][..],
    );
    let long = (900..1_100_usize).prop_map(|length| format!("{}é rate limit", "a".repeat(length)));
    prop_oneof![8 => known.prop_map(str::to_owned), 4 => "[abx .]{0,6}", 2 => "\\PC{0,12}", 1 => long].boxed()
}

/// Generates a member of a JSON object. `value` generates the JSON text of its value.
fn member(
    key: &'static str,
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<String> {
    value
        .prop_map(move |value| format!("{}:{value}", quoted(key)))
        .boxed()
}

/// Generates a JSON object. Each member may be missing, and the order may be reversed.
fn object(members: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    let members: Vec<_> = members
        .into_iter()
        .map(|member| option::weighted(0.85, member))
        .collect();
    (members, any::<bool>())
        .prop_map(|(members, reversed)| {
            let mut members: Vec<_> = members.into_iter().flatten().collect();
            if reversed {
                members.reverse();
            }
            format!("{{{}}}", members.join(","))
        })
        .boxed()
}

/// Mostly generates the given value, and rarely a JSON value of another type.
fn mostly(usual: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![16 => usual, 1 => select(&["null", "7", "\"\"", "[]", "{}", "true", "[null]"][..]).prop_map(str::to_owned)].boxed()
}

fn texts(choices: &'static [&'static str]) -> BoxedStrategy<String> {
    mostly(select(choices).prop_map(quoted)).boxed()
}

/// Generates an exit code in JSON, as an integer or as a float; rarely a value that is not an exit
/// code.
fn exit_codes() -> BoxedStrategy<String> {
    let odd = select(
        &[
            "4.5",
            "\"4\"",
            "null",
            "-0.0",
            "4294967296",
            "-2147483649",
            "1e300",
            "18446744073709551616",
        ][..],
    );
    prop_oneof![
        12 => select(&EXIT_CODES[..]).prop_map(|code| code.to_string()),
        1 => select(&EXIT_CODES[..]).prop_map(|code| format!("{code}.0")),
        1 => odd.prop_map(str::to_owned),
    ]
    .boxed()
}

/// Generates the time of a start or an end in JSON, in milliseconds.
fn times() -> BoxedStrategy<String> {
    let near = select(&TIMES[..]).prop_flat_map(|time| {
        let milliseconds = 5_000_000 + time * 1_000;
        (milliseconds - 1..=milliseconds + 1).prop_map(|time| time.to_string())
    });
    let odd = [
        "5000000.0",
        "5000000.5",
        "-1",
        "9223372036854775807",
        "1e300",
    ];
    mostly(
        prop_oneof![8 => Just("5000000".to_owned()), 8 => near, 1 => select(odd.to_vec()).prop_map(str::to_owned)],
    )
}

/// Generates a reason in JSON.
fn json_reasons() -> BoxedStrategy<String> {
    mostly(reasons().prop_map(|text| quoted(&text)))
}

/// Generates a container of a task or of a job, in JSON.
fn containers() -> BoxedStrategy<String> {
    let container = object(vec![
        member(
            "Name",
            prop_oneof![1 => texts(&["app"]), 1 => texts(&CONTAINERS)],
        ),
        member("ExitCode", exit_codes()),
        member("Reason", json_reasons()),
    ]);
    mostly(container)
}

/// Generates a list in JSON with fewer than `end` elements, often with only one.
fn list(one: BoxedStrategy<String>, end: usize) -> BoxedStrategy<String> {
    let elements = prop_oneof![2 => vec(one.clone(), 1), 1 => vec(one, 0..end)];
    mostly(elements.prop_map(|elements| format!("[{}]", elements.join(","))))
}

/// Generates a task as ECS describes it, in JSON.
fn tasks() -> BoxedStrategy<String> {
    let placement = object(vec![
        member("Reason", json_reasons()),
        member("Detail", json_reasons()),
    ]);
    object(vec![
        member("CapacityProviderName", texts(&CAPACITY_PROVIDERS)),
        member("Containers", list(containers(), 4)),
        member("Failures", list(mostly(placement), 3)),
        member("LaunchType", texts(&LAUNCH_TYPES)),
        member(
            "Overrides",
            Just("{\"ContainerOverrides\":[{\"Command\":[\"x\"]}]}".to_owned()),
        ),
        member("StartedAt", times()),
        member("StopCode", texts(&STOP_CODES)),
        member("StoppedAt", times()),
        member("StoppedReason", json_reasons()),
    ])
    .boxed()
}

/// Generates a job as Batch describes it, in JSON: with one container, with several containers in a
/// task of ECS, or with a pod of Kubernetes.
fn batch_jobs() -> BoxedStrategy<String> {
    let group = || mostly(object(vec![member("Containers", list(containers(), 4))]));
    let groups = || member("TaskProperties", list(group(), 3));
    let pod = || member("PodProperties", group());
    let job = |attempts: BoxedStrategy<String>, rest: Vec<BoxedStrategy<String>>| {
        let mut members = vec![
            member("JobId", texts(&["3ef0", "1"])),
            member("JobQueue", texts(&["queue"])),
            member("StartedAt", times()),
            member("StatusReason", json_reasons()),
            member("StoppedAt", times()),
            attempts,
        ];
        members.extend(rest);
        object(members)
    };
    let attempt = |of: BoxedStrategy<String>| {
        mostly(object(vec![of, member("StatusReason", json_reasons())]))
    };
    let one = attempt(member("Container", containers()));
    let several = attempt(groups());
    let of_pod = attempt(member("Containers", list(containers(), 4)));
    let container = || member("Container", containers());
    prop_oneof![
        4 => job(member("Attempts", list(one, 4)), vec![container()]),
        3 => job(
            member("Attempts", list(several, 3)),
            vec![container(), member("EcsProperties", mostly(object(vec![groups()])))],
        ),
        2 => job(
            member("EksAttempts", list(of_pod, 3)),
            vec![member("EksProperties", mostly(object(vec![pod()]))), member("Attempts", Just("[]".to_owned()))],
        ),
        1 => job(container(), vec![member("Containers", list(containers(), 3)), member("StopCode", texts(&STOP_CODES))]),
    ]
    .boxed()
}

/// Generates the error of a Lambda function, in JSON.
fn lambda_errors() -> BoxedStrategy<String> {
    object(vec![
        member("errorMessage", json_reasons()),
        member("errorType", texts(&["ValueError", "Runtime.ExitError"])),
        member("trace", Just("[\"at x\"]".to_owned())),
    ])
}

/// Generates a child execution with this Cause, in JSON.
fn child_executions(cause: BoxedStrategy<String>) -> BoxedStrategy<String> {
    object(vec![
        member("Cause", mostly(cause.prop_map(|text| quoted(&text)))),
        member("Error", errors().prop_map(|text| quoted(&text))),
        member(
            "ExecutionArn",
            texts(&["arn:aws:states:eu-west-1:1:execution:m:1"]),
        ),
        member("Status", texts(&["FAILED", "TIMED_OUT"])),
    ])
}

/// Generates what a Cause describes, in JSON: a task, a job, the error of a function, or a child
/// execution.
fn described() -> BoxedStrategy<String> {
    let one = prop_oneof![10 => tasks(), 4 => batch_jobs(), 1 => lambda_errors()].boxed();
    let child = child_executions(prop_oneof![5 => one.clone(), 1 => reasons()].boxed());
    let nested = child_executions(child.clone());
    prop_oneof![12 => one, 3 => child, 1 => nested].boxed()
}

/// Generates the texts of Causes: what Step Functions describes, the same corrupted, plain text, and
/// arbitrary JSON.
pub fn causes() -> BoxedStrategy<String> {
    let corrupted = (described(), 0..7_u8, any::<Index>()).prop_map(|(task, how, at)| match how {
        0 => format!("\u{feff}{task}"),
        1 => format!("{task} x"),
        2 => format!("[{task}]"),
        3 => task.replacen('{', "{\"StopCode\":\"SpotInterruption\",", 1),
        4 => task.replacen('{', "{\"a\":{\"b\":1,\"b\":2},", 1),
        5 => task.replacen('{', "{\"a\":\"\\ud83d\",", 1),
        _ => task
            .get(..at.index(task.len()))
            .unwrap_or_default()
            .to_owned(),
    });
    prop_oneof![10 => described(), 2 => corrupted, 3 => reasons(), 1 => any_json().prop_map(|json| json.to_string())].boxed()
}

/// Generates `taskError` as Step Functions creates it, with an error name and a Cause.
pub fn task_errors() -> BoxedStrategy<Value> {
    (errors(), causes())
        .prop_map(|(error, cause)| json!({"Error": error, "Cause": cause}))
        .boxed()
}

/// Generates `taskError` in JSON: usually as Step Functions creates it, rarely an arbitrary value.
pub fn odd_task_errors() -> BoxedStrategy<String> {
    let object_for_cause = (errors(), described())
        .prop_map(|(error, cause)| format!("{{\"Error\":{},\"Cause\":{cause}}}", quoted(&error)));
    prop_oneof![
        8 => task_errors().prop_map(|it| it.to_string()),
        2 => object_for_cause,
        1 => any_json().prop_map(|json| json.to_string()),
    ]
    .boxed()
}

/// Generates the bytes of events that are truncated or have a changed byte, and random bytes.
pub fn payloads() -> BoxedStrategy<Vec<u8>> {
    let corrupted = (odd_task_errors(), any::<Index>(), option::of(any::<u8>())).prop_map(
        |(task_error, at, byte)| {
            let mut bytes = format!("{{\"taskError\":{task_error}}}").into_bytes();
            let at = at.index(bytes.len());
            match (byte, bytes.get_mut(at)) {
                (Some(byte), Some(place)) => *place = byte,
                _ => bytes.truncate(at),
            }
            bytes
        },
    );
    prop_oneof![3 => corrupted, 1 => any::<Vec<u8>>()].boxed()
}

/// Generates arbitrary JSON in which the keys and values that the function knows are frequent.
pub fn any_json() -> BoxedStrategy<Value> {
    const WORDS: [&str; 18] = [
        "taskError",
        "Error",
        "Cause",
        "Containers",
        "ExitCode",
        "Name",
        "Reason",
        "StopCode",
        "Failures",
        "type",
        "NONE",
        "retryCount",
        "retries",
        "waitedSeconds",
        "id",
        "startTime",
        "default",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..6_u32).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&WORDS[..]).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(&WORDS[..]), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
    .boxed()
}
