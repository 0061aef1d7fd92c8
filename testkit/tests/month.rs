//! The made-up month contains what it promises.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use testkit::month::{Content, KINDS, Line, Lines, Options, cause, write};

fn options(tasks: u64) -> Options {
    Options {
        tasks,
        ..Options::default()
    }
}

fn written(options: &Options) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(options, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = written(&options(2_000));
    assert_eq!(first, written(&options(2_000)));
    let other_seed = Options {
        seed: 2,
        ..options(2_000)
    };
    assert_ne!(first, written(&other_seed));
}

#[test]
fn the_iterator_gives_the_lines_that_are_written() {
    let mut lines = Vec::new();
    let mut counts = vec![0; KINDS.len()];
    for Line { content, text } in Lines::new(options(2_000)) {
        assert!(!text.contains(&b'\n'));
        lines.extend_from_slice(&text);
        lines.push(b'\n');
        if let Content::Failed(kind) = content {
            counts[kind] += 1;
        }
    }
    let mut bytes = Vec::new();
    assert_eq!(write(&options(2_000), &mut bytes).unwrap(), counts);
    assert_eq!(bytes, lines);
}

#[test]
fn every_kind_occurs_in_5000_tasks() {
    let counts = write(&options(5_000), &mut std::io::sink()).unwrap();
    for (kind, count) in KINDS.iter().zip(counts) {
        assert!(count > 0, "{}", kind.name);
    }
}

#[test]
fn kinds_have_their_shares() {
    let names: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), KINDS.len());
    assert_eq!(KINDS.iter().map(|kind| kind.weight).sum::<u32>(), 100_000);
    let unknown = KINDS.iter().filter(|kind| !kind.is_known());
    assert_eq!(unknown.map(|kind| kind.weight).sum::<u32>(), 3_000);

    let counts = write(&options(10_000), &mut std::io::sink()).unwrap();
    for (kind, count) in KINDS.iter().zip(counts) {
        let expected = f64::from(kind.weight) / 10.0;
        // Four standard deviations.
        let difference = (f64::from(u32::try_from(count).unwrap()) - expected).abs();
        assert!(
            difference < 4.0 * expected.sqrt(),
            "{}: {count}, not {expected}",
            kind.name
        );
    }
}

#[test]
fn a_line_in_a_thousand_is_broken() {
    let broken = Lines::new(options(10_000)).filter(|it| it.content == Content::Broken);
    assert!((3..=20).contains(&broken.count()));
}

#[test]
fn lines_are_events_or_broken_in_one_of_four_ways() {
    let often_broken = Options {
        broken_per_mille: 20,
        ..options(3_000)
    };
    let mut ways = BTreeSet::new();
    let mut sizes = Vec::new();
    let mut previous = String::new();
    for Line { content, text } in Lines::new(often_broken) {
        let json = serde_json::from_slice::<Value>(&text);
        if content == Content::Broken {
            let is_empty = matches!(&json, Ok(Value::Object(members)) if members.is_empty());
            assert!(json.is_err() || is_empty);
            ways.insert((is_empty, text.is_ascii(), text.starts_with(b"{\"version\"")));
            continue;
        }
        let event = json.unwrap();
        assert_eq!(event["detail-type"], "ECS Task State Change");
        assert_eq!(event["detail"]["lastStatus"], "STOPPED");
        let time = event["detail"]["stoppedAt"].as_str().unwrap().to_owned();
        assert!(time.starts_with("2026-09-") && time >= previous, "{time}");
        previous = time;
        sizes.push(text.len());
    }
    assert!(previous.starts_with("2026-09-30T23:"), "{previous}");
    assert_eq!(ways.len(), 4, "{ways:?}");
    let average = sizes.iter().sum::<usize>() / sizes.len();
    assert!((2_200..2_800).contains(&average), "{average} bytes");
}

#[test]
fn the_last_day_has_twice_the_failures_of_the_first() {
    let mut days = BTreeMap::<String, f64>::new();
    for Line { text, .. } in Lines::new(options(3_000)) {
        if let Ok(event) = serde_json::from_slice::<Value>(&text)
            && let Some(time) = event["time"].as_str()
        {
            *days
                .entry(time.split_once('T').unwrap().0.to_owned())
                .or_default() += 1.0;
        }
    }
    assert_eq!(days.len(), 30);
    let ratio = days["2026-09-30"] / days["2026-09-01"];
    assert!((1.8..2.1).contains(&ratio), "{ratio}");
}

#[test]
fn times_of_a_task_are_in_order() {
    let order = [
        "createdAt",
        "connectivityAt",
        "pullStartedAt",
        "pullStoppedAt",
        "startedAt",
        "executionStoppedAt",
        "stoppingAt",
        "stoppedAt",
    ];
    for Line { content, text } in Lines::new(options(2_000)) {
        let Content::Failed(kind) = content else {
            continue;
        };
        let event: Value = serde_json::from_slice(&text).unwrap();
        let times = order
            .iter()
            .filter_map(|key| event["detail"].get(key)?.as_str());
        let times: Vec<_> = times.collect();
        assert!(times.is_sorted(), "{times:?}");
        let expected = if KINDS[kind].seconds.is_some() { 8 } else { 5 };
        assert_eq!(times.len(), expected);
    }
}

#[test]
fn reasons_are_those_of_the_kind_and_differ_between_tasks() {
    let mut seen = BTreeMap::<usize, BTreeSet<String>>::new();
    for Line { content, text } in Lines::new(options(5_000)) {
        let Content::Failed(index) = content else {
            continue;
        };
        let event: Value = serde_json::from_slice(&text).unwrap();
        let containers = event["detail"]["containers"].as_array().unwrap();
        let of_containers = containers.iter().map(|it| &it["reason"]);
        let reasons = [&event["detail"]["stoppedReason"]].into_iter();
        let reasons = reasons.chain(of_containers).filter_map(Value::as_str);
        let reasons = reasons.collect::<Vec<_>>().join("\n");

        let kind = &KINDS[index];
        let mut rest = &*reasons;
        for fixed in kind.fixed_texts() {
            let (_, after) = rest.split_once(fixed).expect(kind.name);
            rest = after;
        }
        assert!(!String::from_utf8_lossy(&text).contains(&format!("\"{}\"", kind.name)));
        seen.entry(index).or_default().insert(reasons);
    }
    for (index, reasons) in seen {
        let kind = &KINDS[index];
        let varies = kind.reasons().any(|it| it.contains('{'));
        assert_eq!(reasons.len() > 1, varies, "{}", kind.description());
    }
}

#[test]
fn some_tasks_succeed_if_asked_for() {
    let mostly = Options {
        succeeded_percent: 4,
        ..options(5_000)
    };
    let mut succeeded = 0;
    for Line { content, text } in Lines::new(mostly) {
        if content == Content::Succeeded {
            succeeded += 1;
            let event: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(event["detail"]["containers"][0]["exitCode"], 0);
        }
    }
    assert!((150..=250).contains(&succeeded), "{succeeded}");
    let mut by_default = Lines::new(options(2_000));
    assert!(by_default.all(|it| it.content != Content::Succeeded));
}

#[test]
fn a_cause_has_the_spelling_and_the_times_of_step_functions() {
    let event = r#"{"detail": {"stoppedAt": "2026-09-01T00:00:01.500Z", "containers": [{"exitCode": 3, "name": "startedAt"}]}}"#;
    let cause: Value = serde_json::from_str(&cause(event).unwrap()).unwrap();
    assert_eq!(
        cause,
        serde_json::json!({"StoppedAt": 1_788_220_801_500_u64, "Containers": [{"ExitCode": 3, "Name": "startedAt"}]})
    );
}

#[test]
fn what_is_not_an_event_has_no_cause() {
    assert_eq!(cause("{}"), None);
    assert_eq!(cause("{\"detail\": {"), None);
}
