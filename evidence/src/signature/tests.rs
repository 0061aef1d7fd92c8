use super::{Signature, mask};
use exitwise_engine::Failure;
use exitwise_engine::failure::{Container, ExitCode, NameFact, Text};

#[test]
fn what_differs_is_masked() {
    for (text, expected) in [
        ("", ""),
        (
            "no digits: nothing to mask / at all...",
            "no digits: nothing to mask / at all...",
        ),
        // Identifiers.
        (
            "Request ID: 94f18818-8d91-4d5b-433e-80d547e13917; Proxy",
            "Request ID: <id>; Proxy",
        ),
        (
            "task 0d6c1f6a2b3c4d5e6f708192a3b4c5d6 died",
            "task <id> died",
        ),
        (
            "subnet 'subnet-0a1b2c3d4e5f60718', eni-a9631757cc1f10dd5",
            "subnet 'subnet-<id>', eni-<id>",
        ),
        ("job-8d913917 and job-12345678", "job-<id> and job-<id>"),
        ("12345678 bytes of 9 bytes", "<n> bytes of <n> bytes"),
        ("run 01ARZ3NDEKTSV4RRFFQ69G5FAV", "run <id>"),
        (
            "/var/lib/plugins/2ec1/rootfs/86/x.pyc",
            "/var/lib/plugins/<id>/rootfs/<n>/x.pyc",
        ),
        (
            "layer sha256:c02342326b04: sha256:5a",
            "layer <digest>: <digest>",
        ),
        ("at 0xc000012345 and 0x7ffd", "at <id> and <id>"),
        // ARNs keep their service and the type of the resource.
        (
            "arn:aws:ecs:eu-west-1:123456789012:task/etl/0a1b",
            "arn:aws:ecs:<account>:task/<id>",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf: denied",
            "arn:aws:secretsmanager:<account>:secret:<id>: denied",
        ),
        (
            "on 'arn:aws:iam::123456789012:role/etl'.",
            "on 'arn:aws:iam:<account>:role/<id>'.",
        ),
        ("arn:aws:s3:::bucket/key", "arn:aws:s3:::bucket/<id>"),
        (
            "arn:aws:sns:eu-west-1:123456789012:topic",
            "arn:aws:sns:<account>:<id>",
        ),
        (
            "'arn:aws:states:::ecs:runTask.sync' returned",
            "'arn:aws:states:::ecs:runTask.sync' returned",
        ),
        // Addresses and hosts.
        (
            "dial tcp 34.205.13.154:443: i/o timeout",
            "dial tcp <address>: i/o timeout",
        ),
        (
            "[ecs.eu-west-1.amazonaws.com/203.0.113.4] failed",
            "[ecs.eu-west-1.amazonaws.com/<address>] failed",
        ),
        (
            "peer [fe80::1]:443, ::1 and 0a:95:1a:63:bb:77",
            "peer [<address>]:<n>, <address> and <address>",
        ),
        ("File::Temp dead::beef", "File::Temp dead::beef"),
        (
            "fs-0a1b2c3d.efs.eu-west-1.amazonaws.com:/data",
            "fs-<id>.efs.eu-west-1.amazonaws.com:/data",
        ),
        // Images.
        (
            "ref 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1.4.2: not found",
            "ref <image>: not found",
        ),
        (
            "pull 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app, docker.io/acme/w@sha256:2d6c",
            "pull <image>, <image>",
        ),
        (
            "cannot pull worker:2025.11 now",
            "cannot pull worker:<n> now",
        ),
        (
            "github.com/acme/app/main.go:42 and application/vnd.in-toto+json",
            "github.com/acme/app/main.go:<n> and application/vnd.in-toto+json",
        ),
        // Times.
        (
            "2026-10-03T04:05:06.789Z failed on 2026-10-03 at 04:05:06",
            "<time> failed on <time> at <time>",
        ),
        (
            "Superseded by run 2025-11-24T03:00Z",
            "Superseded by run <time>",
        ),
        (
            "after waiting 3m0s, 30s or 1.5s",
            "after waiting <time>, <time> or <time>",
        ),
        // Numbers and versions.
        (
            "has been retried 5 time(s), 1,204 rows of 3.00",
            "has been retried <n> time(s), <n> rows of <n>",
        ),
        (
            "app v1.5.0-Fg_arm64 from 2.110.5",
            "app v<n>-Fg_arm64 from <n>",
        ),
        (
            "512 CPU and 16GB on veth0000001",
            "<n> CPU and <n>GB on veth<n>",
        ),
        (
            "IPv4, x86_64, nfs4, S3 and EC2",
            "IPv4, x86_64, nfs4, S3 and EC2",
        ),
        // Numbers that say what went wrong.
        ("unexpected status code: 503", "unexpected status code: 503"),
        (
            "status code: 404, request id: 12",
            "status code: 404, request id: <n>",
        ),
        (
            "https://registry-1.docker.io/v2/x: 504 Gateway Time-out",
            "https://registry-<n>.docker.io/v2/x: 504 Gateway Time-out",
        ),
        ("HTTP/1.1 502 after 502 rows", "HTTP/1.1 502 after <n> rows"),
        (
            "API error (500): Untar: exit status 1: errno 524",
            "API error (500): Untar: exit status 1: errno 524",
        ),
        (
            "error: 17 rows, npm error code E429, ORA-00942",
            "error: <n> rows, npm error code E429, ORA-00942",
        ),
        (
            "exited unexpectedly. (0xc0370106)",
            "exited unexpectedly. (0xc0370106)",
        ),
        // Texts that were cut off.
        (
            "User: arn:aws:sts::123456789012:assumed-role/ecs.task/454349e422f05297...",
            "User: ...",
        ),
        ("sha256:e246d4b4: context ca...", "<digest>: context ca..."),
        ("0a1b2c3d4e...", "..."),
        // Other characters, and texts that look masked.
        ("é12 日本語 7", "é<n> 日本語 <n>"),
        ("<id> and status <n> 503", "<id> and status <n> <n>"),
    ] {
        let masked = mask(text);
        assert_eq!(masked, expected);
        assert_eq!(mask(&masked), masked);
    }
}

#[test]
fn the_most_telling_text_is_taken() {
    let failure =
        |exit_code: Option<i64>, reason: Option<&'static str>, stopped: Option<&'static str>| {
            let mut container = Container::new("app", exit_code.and_then(ExitCode::new));
            container.reason = reason.map(Text::project);
            let mut failure = Failure::of_container(container);
            failure.error = Some("States.TaskFailed".into());
            failure.stopped_reason = stopped.map(Text::project);
            failure
        };
    let shown = |failure: &Failure<'_>| Signature::of(failure, None).to_string();
    let (exited, started) = ("Essential container in task exited", "Task failed to start");
    for (exit_code, reason, stopped, expected) in [
        (
            Some(77),
            Some("seat 7"),
            Some("stopped"),
            "exit code 77, `seat <n>`",
        ),
        (
            Some(77),
            None,
            Some("Stopped 5"),
            "exit code 77, `Stopped <n>`",
        ),
        (Some(77), Some(exited), Some(exited), "exit code 77"),
        (Some(77), Some(" "), Some(""), "exit code 77"),
        (Some(-1), None, None, "exit code 0xFFFFFFFF"),
        (None, Some("CannotPull"), Some(started), "`CannotPull`"),
        (None, None, Some(started), "`Task failed to start`"),
        (
            None,
            None,
            Some("Scaling activity initiated by x"),
            "`Scaling activity initiated by x`",
        ),
        (None, None, None, "no fact but that the task failed"),
        (None, Some("a\nb\u{1b}"), None, "`a b `"),
    ] {
        assert_eq!(shown(&failure(exit_code, reason, stopped)), expected);
    }

    let mut started = failure(None, None, Some(started));
    started.set_name(NameFact::StopCode, "TaskFailedToStart");
    assert_eq!(shown(&started), "TaskFailedToStart");
    let cause =
        r#"{"Failures": [{"Reason": "RESOURCE:CPU"}, {"Reason": "AGENT", "Detail": "id 77"}]}"#;
    let placement = Failure::read(Some("AmazonECS.Unknown"), Some(cause));
    assert_eq!(
        shown(&placement),
        "AmazonECS.Unknown, `RESOURCE:CPU; AGENT; id <n>`"
    );
    assert_eq!(shown(&Failure::from_plain_text("Rate 5")), "`Rate <n>`");
    let exec = "runc: exec: \"run --token=SECRET now\": executable file not found";
    assert_eq!(
        shown(&failure(None, Some(exec), None)),
        "`runc: exec: <command>: executable file not found`"
    );
    let cut = "runc: exec: \"run --token=SECRET no";
    assert_eq!(
        shown(&failure(None, Some(cut), None)),
        "`runc: exec: <command>`"
    );
    // The container is the one that the policy examines.
    let exited = failure(Some(3), Some("x"), None);
    assert_eq!(Signature::of(&exited, Some("app")).exit_code(), Some(3));
    // If that is not there, it is one that failed.
    let other = Signature::of(&exited, Some("other"));
    assert_eq!(other.to_string(), "container app, exit code 3, `x`");
    assert_eq!(other.container(), Some("app"));
}
