//! Every kind of change to the expression of a policy changes a decision, so a fault of the compiler
//! cannot hide.

use crate::common::Decider;
use exitwise_engine::Policy;
use serde_json::{Value, json};

/// A change: what it is, the text that it replaces everywhere in the expression, and the new text.
type Change = (&'static str, &'static str, &'static str);

const CHANGES: [Change; 61] = [
    // The Cause.
    (
        "a text of another type",
        "$type($value) = 'string' ? $value }",
        "$value }",
    ),
    (
        "an object of another type",
        "$type($value) = 'object' ? $value }",
        "$value }",
    ),
    ("a Cause nested one level less", ">= $level", "> $level"),
    (
        "any Cause is JSON",
        "$contains($value, /^[\\x09\\x0a\\x0d ]*\\x7b[\\x09\\x0a\\x0d ]*[\\x22\\x7d]/)",
        "true",
    ),
    (
        "lone surrogates are read",
        "and $not($contains($replace(",
        "and ($contains($replace(",
    ),
    (
        "the Cause of a child is not read",
        "$isChild ? ($canParse($inner, 2) ? $parse($inner))",
        "$isChild ? null",
    ),
    (
        "one key makes a job",
        " and $type($object.JobQueue) = 'string' ? 'job'",
        " ? 'job'",
    ),
    (
        "one key makes a child execution",
        " and $type($object.Status) = 'string' ? 'child'",
        " ? 'child'",
    ),
    ("a function's error is a task", "? 'lambda'", "? 'task'"),
    ("a shorter text", "'?'), 0, 1024)", "'?'), 0, 1023)"),
    (
        "each character is one",
        "/[^\\x00-\\x7f]+/",
        "/[^\\x00-\\x7f]/",
    ),
    (
        "line breaks at the end stay",
        "/[\\x0a\\x0d]+$/",
        "/[\\x0a]+$/",
    ),
    // The containers.
    (
        "a broken exit code",
        "$value - $floor($value) = 0 and ($value + 2147483648",
        "true and ($value + 2147483648",
    ),
    (
        "exit codes end earlier",
        "$value < 4294967296",
        "$value < 4294967295",
    ),
    (
        "exit codes start later",
        "$value + 2147483648 >= 0",
        "$value + 2147483648 > 0",
    ),
    (
        "other bits of negative codes",
        "$code + 4294967296",
        "$code + 4294967295",
    ),
    (
        "no container is injected",
        "/^aws\\x2dguardduty\\x2dagent\\x2d/) = true",
        "/^aws\\x2dguardduty\\x2dagent\\x2d/) = null",
    ),
    (
        "injected anywhere",
        "/^aws\\x2dguardduty",
        "/aws\\x2dguardduty",
    ),
    (
        "the last attempt but one",
        "$count($job.Attempts) - 1",
        "$count($job.Attempts) - 2",
    ),
    (
        "the code of the attempt first",
        "$exists($own.code) ? $own.code : $same.code",
        "$exists($same.code) ? $same.code : $own.code",
    ),
    (
        "the last of two with one name",
        "[$attempted[$.name = $own.name]][0]",
        "[$attempted[$.name = $own.name]][-1]",
    ),
    (
        "any of several containers",
        "$count($matching) = 1 ?",
        "$count($matching) >= 1 ?",
    ),
    (
        "any name of a container",
        "$.any or $.name",
        "true or $.name",
    ),
    (
        "other containers are all containers",
        "and $not($seen.matches = 1",
        "and (true or $seen.matches = 1",
    ),
    (
        "placements are not reasons",
        "$seen.container.reason, $placement, $plain]",
        "$seen.container.reason, $plain]",
    ),
    // The rules.
    (
        "a rule in the place of the first one",
        "$stopCode = 'SpotInterruption' ?",
        "$stopCode != 'SpotInterruption' ?",
    ),
    (
        "one of two conditions is enough",
        "$launchType = 'FARGATE' and",
        "$launchType = 'FARGATE' or",
    ),
    (
        "both of two are needed",
        "$error = 'States.Timeout' or",
        "$error = 'States.Timeout' and",
    ),
    ("a name that only contains it", "/^ECS", "/ECS"),
    (
        "a range starts later",
        "$seen.container.bits >= 5",
        "$seen.container.bits > 5",
    ),
    (
        "a range ends earlier",
        "$seen.container.bits <= 7",
        "$seen.container.bits < 7",
    ),
    (
        "a time includes its end",
        "$ranFor < 30000",
        "$ranFor <= 30000",
    ),
    (
        "an absent code exists",
        "$not($exists($seen.container.bits)) and",
        "$exists($seen.container.bits) and",
    ),
    (
        "all others are refused",
        "$others[$not($ = 143)]",
        "$others[$ = 143]",
    ),
    (
        "case matters",
        "/end\\x21$|too slow/i",
        "/end\\x21$|too slow/",
    ),
    ("not only at the end", "/end\\x21$|", "/end\\x21|"),
    // The counters.
    (
        "a rule starts with a retry",
        "$exists($ofRule) ? $ofRule : 0",
        "$exists($ofRule) ? $ofRule : 1",
    ),
    (
        "counters of other rules are ignored",
        "$own := $ofRule + (",
        "$own := $ofRule + 0 * (",
    ),
    (
        "uncounted retries count",
        "$contains(' spot ', ",
        "$contains(' ', ",
    ),
    (
        "one retry more",
        "$own >= $maxRetries",
        "$own > $maxRetries",
    ),
    (
        "one retry of the execution more",
        "$counted >= 6",
        "$counted > 6",
    ),
    (
        "the limit is for all rules",
        "$not($exists($rule.uncounted)) and ",
        "",
    ),
    (
        "waiting ends earlier",
        "$waited + $wait > 600",
        "$waited + $wait >= 600",
    ),
    (
        "time ends earlier",
        "$elapsed + $wait > 3600",
        "$elapsed + $wait >= 3600",
    ),
    (
        "time is rounded down",
        "$ceil($milliseconds / 1000)",
        "$floor($milliseconds / 1000 - 0.001)",
    ),
    (
        "only waits count",
        "$max([$sinceStart, $waited])",
        "$waited",
    ),
    (
        "unused rules are kept",
        "{ $count > 0 })",
        "{ $count >= 0 })",
    ),
    (
        "no retry is counted",
        "{$rule.name:$ofRule + 1}",
        "{$rule.name: $ofRule}",
    ),
    ("one retry is always left", "$max([0, 6 -", "$max([1, 6 -"),
    (
        "a FATAL rule counts no retry",
        "$rule.type = 'FATAL' and $retriesLeft > 0 ? 1 : $retry",
        "$retry",
    ),
    // The delays.
    ("the delay after", "$min([$own, ", "$min([$own + 1, "),
    ("no last delay", "$count($delays) - 1]", "$count($delays)]"),
    (
        "fewer digits of the hash",
        "'SHA-256'), 0, 8)",
        "'SHA-256'), 0, 7)",
    ),
    ("another hash", "'SHA-256'", "'SHA-1'"),
    (
        "the draw of the retry before",
        "$string($retryCount + 1)), 'SHA",
        "$string($retryCount)), 'SHA",
    ),
    ("another base", "$bits * 16", "$bits * 10"),
    (
        "never the longest delay",
        "$draw * ($most + 1)",
        "$draw * $most",
    ),
    ("half is not whole", "$floor($wait / 2)", "$wait / 2"),
    (
        "two kinds of jitter are one",
        "$rule.jitter = 'equal' ?",
        "$rule.jitter = 'none' ?",
    ),
    // The decision.
    (
        "no decision ends the loop",
        "$exists($verdict.error) ? 'FATAL'",
        "$exists($verdict.error) ? 'RETRIABLE'",
    ),
    (
        "waits do not add up",
        "'waitedSeconds':$waited + ",
        "'waitedSeconds': ",
    ),
];

/// Changes of what is only printed, or of the next run.
const MORE_CHANGES: [Change; 13] = [
    ("signals start later", "$bits >= 129", "$bits > 129"),
    ("another signal", "$bits - 128", "$bits - 127"),
    (
        "names of exit codes are lost",
        "$codeName := $bits = 9",
        "$codeName := $bits = 10",
    ),
    (
        "an unprintable name",
        "0-9A-Z_a-z]/))) ? $name",
        "0-9A-Z_a-z]/) or true)) ? $name",
    ),
    ("fewer names", "{ $index < 3 }", "{ $index < 2 }"),
    (
        "one prefix is left",
        "/^(?:States\\x2e)+/",
        "/^(?:States\\x2e)/",
    ),
    (
        "a number of the retry before",
        "'retry ' & ($string($own + 1)",
        "'retry ' & ($string($own)",
    ),
    (
        "the size does not grow",
        "$sum([$retriesOf('out-of-memory')]), 2])],'memory'",
        "0, 2])],'memory'",
    ),
    (
        "no largest size",
        "$retriesOf('out-of-memory')]), 2]",
        "$retriesOf('out-of-memory')]), 3]",
    ),
    (
        "a provider too late",
        "$retriesOf('spot') >= 2",
        "$retriesOf('spot') > 2",
    ),
    ("the subnet stays", "'subnet':$sum(", "'subnet': 0 * $sum("),
    (
        "no outcome",
        "'outcome':$rule.outcome",
        "'outcome': 'succeeded'",
    ),
    ("another policy", "'policy':'sha256:", "'policy': 'sha255:"),
];

/// A failure, the counters before it, and the time since the start in seconds.
struct Case {
    task_error: Value,
    error_state: Value,
    elapsed: u64,
}

fn case(task_error: Value, retries: Value) -> Case {
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let sum: u64 = retries.as_object().unwrap().values().map(count).sum();
    Case {
        task_error,
        error_state: json!({"type": "RETRIABLE", "retryCount": sum, "retries": retries, "waitedSeconds": 0}),
        elapsed: 60,
    }
}

/// Returns the failure of a task.
fn task(members: Value) -> Value {
    let mut task = json!({"StopCode": "EssentialContainerExited", "StoppedReason": "Essential container in task exited"});
    let members = members.as_object().unwrap().clone();
    task.as_object_mut().unwrap().extend(members);
    failed(&task.to_string())
}

fn failed(cause: &str) -> Value {
    json!({"Error": "States.TaskFailed", "Cause": cause})
}

/// Returns the failure of a task whose container `app` has this exit code.
fn exited(code: Value) -> Value {
    task(json!({"Containers": [{"Name": "app", "ExitCode": code}]}))
}

fn reason(reason: &str) -> Value {
    task(json!({"LaunchType": "FARGATE", "StoppedReason": reason}))
}

fn failures() -> Vec<Value> {
    let job = |container: Value, attempts: Value| {
        failed(
            &json!({"JobId": "1", "JobQueue": "q", "Container": container, "Attempts": attempts})
                .to_string(),
        )
    };
    let group = |code: Value| json!({"TaskProperties": [{"Containers": code}]});
    let mut groups =
        json!({"JobId": "1", "JobQueue": "q", "EcsProperties": group(json!([{"Name": "app"}]))});
    groups["Attempts"] = json!([group(
        json!([{"Name": "app", "ExitCode": 5}, {"Name": "app", "ExitCode": 9}])
    )]);
    let mut both = groups.clone();
    both["EcsProperties"] = group(json!([{"Name": "app", "ExitCode": 9}]));
    let child = json!({"ExecutionArn": "a", "Status": "FAILED", "Cause": json!({"StopCode": "SpotInterruption"}).to_string()});
    let mut half_child = child.clone();
    half_child["Status"] = Value::Null;
    let quick = |milliseconds: i64, code: i64| {
        task(
            json!({"StartedAt": 1_000, "StoppedAt": 1_000 + milliseconds, "Containers": [{"Name": "app", "ExitCode": code}]}),
        )
    };
    let with_others = |others: Value| {
        let mut containers = vec![json!({"Name": "app", "ExitCode": 0})];
        containers.extend(others.as_array().unwrap().clone());
        task(json!({ "Containers": containers }))
    };
    vec![
        task(json!({"StopCode": "SpotInterruption"})),
        task(json!({"StopCode": ["SpotInterruption"]})),
        task(json!({"StopCode": 7})),
        failed("too slow"),
        failed("'SpotInterruption'"),
        failed("[]"),
        failed(""),
        failed("{\"StopCode\":\"SpotInterruption\",\"Group\":\"\\ud800\"}"),
        failed("{\"StopCode\":\"SpotInterruption\",\"Group\":\"\\ud83d\\ude00\"}"),
        failed("{\"StopCode\":\"Spot"),
        failed(&child.to_string()),
        failed(&half_child.to_string()),
        failed(
            &json!({"ExecutionArn": "a", "Status": "FAILED", "Cause": child.to_string()})
                .to_string(),
        ),
        failed(
            &json!({"errorMessage": "x", "errorType": "E", "StopCode": "SpotInterruption"})
                .to_string(),
        ),
        failed(&json!({"JobId": "1", "StopCode": "SpotInterruption"}).to_string()),
        reason(&format!("{}End!", "x".repeat(1_020))),
        reason(&format!("{}End!", "x".repeat(1_019))),
        reason(&format!("{}End!", "é".repeat(1_030))),
        reason("This is the end!\r\n"),
        reason("the end! of it"),
        reason("Too slow"),
        task(json!({"StoppedReason": "too slow"})),
        task(json!({"LaunchType": "FARGATE"})),
        task(json!({"StoppedReason": "gone"})),
        task(json!({"StoppedReason": "gone", "Containers": [{"Name": "app", "ExitCode": 77}]})),
        task(json!({"LaunchType": "FARGATE", "Failures": [{"Reason": "too slow"}]})),
        exited(json!(1.5)),
        exited(json!(4_294_967_295_u32)),
        exited(json!(4_294_967_296_u64)),
        exited(json!(-2_147_483_648_i64)),
        exited(json!(-1)),
        exited(json!(9)),
        exited(json!(129)),
        exited(json!(137)),
        exited(json!("1")),
        quick(29_999, 1),
        quick(30_000, 1),
        quick(20_000, 5),
        quick(20_000, 7),
        quick(20_000, 8),
        with_others(json!([{"Name": "aws-guardduty-agent-1", "ExitCode": 1}])),
        with_others(json!([{"Name": "my-aws-guardduty-agent-1", "ExitCode": 1}])),
        with_others(json!([{"Name": "log", "ExitCode": 143}])),
        with_others(json!([{"Name": "log", "ExitCode": 2}])),
        with_others(json!([])),
        task(
            json!({"Containers": [{"Name": "app", "ExitCode": 9}, {"Name": "app", "ExitCode": 9}]}),
        ),
        task(
            json!({"Containers": [{"Name": "a", "ExitCode": 9}, {"Name": "b"}, {"Name": "c"}, {"Name": "d"}]}),
        ),
        task(
            json!({"Containers": [{"Name": "app", "ExitCode": 1, "Reason": "OutOfMemoryError: killed"}]}),
        ),
        job(json!({"ExitCode": 9}), json!([])),
        job(
            json!({}),
            json!([{"Container": {"ExitCode": 3}}, {"Container": {"ExitCode": 9}}]),
        ),
        failed(&groups.to_string()),
        failed(&both.to_string()),
        json!({"Error": "States.Timeout"}),
        json!({"Error": "ECS.AmazonECSException", "Cause": "Rate exceeded"}),
        json!({"Error": "My.ECS.Exception", "Cause": "x"}),
        json!({"Error": "States.States.X", "Cause": "x"}),
        json!({"Error": "not printable", "Cause": "x"}),
        json!({"Error": "x".repeat(256), "Cause": task(json!({"StopCode": "y".repeat(256), "Containers": [
            {"Name": "z".repeat(256)}, {"Name": "a".repeat(64)}, {"Name": "b".repeat(64)}, {"Name": "c".repeat(64)}
        ]}))["Cause"]}),
    ]
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<_> = failures()
        .into_iter()
        .map(|it| case(it, json!({})))
        .collect();
    let spot = || task(json!({"StopCode": "SpotInterruption"}));
    let quick = || {
        task(
            json!({"StartedAt": 1, "StoppedAt": 2, "Containers": [{"Name": "app", "ExitCode": 5}]}),
        )
    };
    let oom =
        || task(json!({"Containers": [{"Name": "app", "Reason": "OutOfMemoryError: killed"}]}));
    let gone = || task(json!({"StoppedReason": "gone"}));
    for retries in [
        json!({"spot": 1}),
        json!({"spot": 2}),
        json!({"spot": 3}),
        json!({"quick": 1}),
        json!({"quick": 2}),
        json!({"absent": 4}),
        json!({"absent": 5, "spot": 0}),
        json!({"absent": 6}),
        json!({"of-another-policy": 2}),
        json!({"out-of-memory": 1}),
        json!({"out-of-memory": 3}),
        json!({"default": 6}),
        json!({"default": 5}),
    ] {
        for failure in [
            spot(),
            quick(),
            oom(),
            gone(),
            exited(json!(-1)),
            exited(json!(9)),
            reason("too slow"),
        ] {
            cases.push(case(failure, retries.clone()));
        }
    }
    for waited in [592, 593, 594, 3_500] {
        let mut waiting = case(gone(), json!({}));
        waiting.error_state["waitedSeconds"] = waited.into();
        cases.push(waiting);
    }
    for elapsed in [3_592, 3_593, 3_594] {
        cases.push(Case {
            elapsed,
            ..case(gone(), json!({}))
        });
    }
    cases
}

#[test]
fn each_change_to_the_expression_changes_a_decision() {
    let (policy, _) = Policy::load(include_str!("mutants/policy.toml")).unwrap();
    let original = Decider::new(&policy);
    let decide = |decider: &Decider, case: &Case| {
        decider.try_decide("arn:x", &case.task_error, &case.error_state, case.elapsed)
    };
    let cases = cases();
    let expected: Vec<_> = cases.iter().map(|case| decide(&original, case)).collect();
    assert!(expected.iter().all(Result::is_ok), "{expected:?}");
    let mut unnoticed = Vec::new();
    for (what, old, new) in CHANGES.iter().chain(&MORE_CHANGES) {
        let changed = original.expression.replace(old, new);
        if changed == original.expression {
            unnoticed.push(format!("{what}: `{old}` is not there"));
            continue;
        }
        let Some(decider) = Decider::of_expression(changed) else {
            unnoticed.push(format!("{what}: no expression"));
            continue;
        };
        let mut decisions = cases.iter().zip(&expected);
        if decisions.all(|(case, expected)| decide(&decider, case) == *expected) {
            unnoticed.push((*what).to_owned());
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}
