use super::{Group, NoRule, Suggestion, insert_all, suggest};
use crate::signature::Signature;
use exitwise_engine::failure::{Container, ExitCode, NameFact, Text};
use exitwise_engine::{Failure, Policy};

const LIMITS: &str = "version = 1\nlimits = { max_retries = 3 }\n";

/// Returns a failure of a container with this exit code and this reason.
fn failure(exit_code: Option<i64>, reason: &str) -> Failure<'_> {
    let mut container = Container::new("app", exit_code.and_then(ExitCode::new));
    container.reason = (!reason.is_empty()).then(|| Text::project(reason));
    let mut failure = Failure::of_container(container);
    failure.error = Some("States.TaskFailed".into());
    failure
}

fn with_stop_code<'f>(mut failure: Failure<'f>, stop_code: &'f str) -> Failure<'f> {
    failure.set_name(NameFact::StopCode, stop_code);
    failure
}

/// Returns the rules for these groups, each with the samples in it, and checks that together they make
/// a policy in which each sample has the rule of its group, and the others the one they had.
#[track_caller]
fn suggested(
    policy: &str,
    groups: &[Vec<Failure<'_>>],
    others: &[Failure<'_>],
) -> Vec<Result<Suggestion, NoRule>> {
    let (policy, _) = Policy::load(policy).unwrap();
    let signature = |group: &Vec<Failure<'_>>| Signature::of(&group[0], policy.container());
    let signatures: Vec<_> = groups.iter().map(signature).collect();
    let groups: Vec<_> = groups
        .iter()
        .zip(&signatures)
        .map(|(samples, signature)| Group {
            signature,
            count: 1_204,
            taken_by: policy.deciding_rule(&samples[0]).name(),
            samples: samples.clone(),
            notes: Vec::new(),
        })
        .collect();
    let found = suggest(&policy, &groups, others);
    let all = insert_all(policy.source(), found.iter().flatten()).unwrap();
    let (all, warnings) = Policy::load(&all).unwrap();
    assert!(!warnings.to_string().contains("P101"), "{warnings}");
    for (group, found) in groups.iter().zip(&found) {
        let rule = found.as_ref().map_or(group.taken_by, |it| it.rule.as_str());
        for sample in &group.samples {
            assert_eq!(all.deciding_rule(sample).name(), rule);
        }
    }
    for other in others {
        let before = policy.deciding_rule(other).name();
        assert_eq!(all.deciding_rule(other).name(), before);
    }
    found
}

/// Returns the `name` and the `when` of a suggested rule.
fn shown(found: &Result<Suggestion, NoRule>) -> String {
    match found {
        Ok(found) => {
            let line = found
                .toml
                .lines()
                .find(|it| it.starts_with("when"))
                .unwrap();
            format!("{}: {line}", found.rule)
        }
        Err(error) => format!("none: {error}"),
    }
}

#[test]
fn a_rule_has_few_and_telling_conditions() {
    let start_failed = r#"
        [[rule]]
        name = "licence-server-refused"
        when = { exit_code = 78 }
        type = "FATAL"
    "#;
    let policy = LIMITS.to_owned() + start_failed;
    let seat = |exit_code, seat| failure(Some(exit_code), seat);
    let (seat_7, seat_8) = (
        "licence server at 10.0.7.12:5053 refused seat 7",
        "licence server at 10.0.7.13:5053 refused seat 1,208",
    );
    for (group, others, expected) in [
        // The text is enough, and the name is taken.
        (
            vec![seat(77, seat_7), seat(77, seat_8)],
            vec![seat(77, "out of paper")],
            r"licence-server-refused-2: when = { reason = 'licence server at \S+ refused' }",
        ),
        // Another failure has the same text, and another exit code.
        (
            vec![seat(77, seat_7)],
            vec![seat(79, seat_8)],
            r"licence-server-refused-2: when = { exit_code = 77, reason = 'licence server at \S+ refused' }",
        ),
        // Another failure has most of the text.
        (
            vec![seat(77, "licence server a refused seat 7 of floor two")],
            vec![seat(77, "licence server a refused seat 7 of floor three")],
            r"seat-floor-two: when = { reason = 'seat \S+ of floor two' }",
        ),
        // There is no text.
        (
            vec![failure(Some(77), "")],
            vec![failure(Some(4), ""), failure(None, "x y")],
            "exit-code-77: when = { exit_code = 77 }",
        ),
        (
            vec![failure(Some(-1_073_741_819), "")],
            vec![],
            "exit-code-0xc0000005: when = { exit_code = 0xC0000005 }",
        ),
        (
            vec![with_stop_code(failure(Some(77), ""), "CosmicRay")],
            vec![
                failure(Some(77), ""),
                with_stop_code(failure(Some(7), ""), "CosmicRay"),
            ],
            "exit-code-77: when = { exit_code = 77, stop_code = \"CosmicRay\" }",
        ),
        (
            vec![Failure::read(Some("Acme.SeatTaken"), None)],
            vec![Failure::read(Some("Acme.Other"), None)],
            "seat-taken: when = { error = \"Acme.SeatTaken\" }",
        ),
        // The text has nothing but numbers.
        (
            vec![failure(Some(77), "12 345")],
            vec![],
            "exit-code-77: when = { exit_code = 77 }",
        ),
        // The same text is reported for the task.
        (
            vec![failure(None, "paper jam")],
            vec![{
                let mut other = failure(None, "");
                other.stopped_reason = Some(Text::project("paper jam"));
                other
            }],
            "paper-jam: when = { container_reason = '^paper jam$' }",
        ),
        // Nothing tells them apart.
        (
            vec![failure(Some(77), "")],
            vec![{
                let mut other = failure(Some(77), "");
                other.ran_for = Some(1);
                other
            }],
            "none: rules that find these failures also find others: exit code 77",
        ),
    ] {
        let found = suggested(&policy, &[group], &others);
        assert_eq!(shown(&found[0]), expected);
    }
}

#[test]
fn texts_of_every_kind_become_patterns() {
    let long = "word ".repeat(300) + "end of a very long text";
    let one_word = "x".repeat(700);
    for (text, expected) in [
        (
            "can’t open 'C:\\data\\7.csv'",
            r#"open: when = { reason = "^can\\?t open 'C:\\\\data\\\\\\S+\\.csv'$" }"#,
        ),
        (
            "say \"no paper left\"",
            r#"say-paper-left: when = { reason = 'say "no paper left' }"#,
        ),
        (
            "rows [1] (a|b) {x} ^y$ *z+ left",
            r"rows-left: when = { reason = '^rows \[\S+\] \(a\|b\) \{x\} \^y\$ \*z\+ left$' }",
        ),
        (
            "it's broken at\nline two\tof it",
            r#"it-broken-line: when = { reason = "it's broken at\\s+line" }"#,
        ),
        (
            "日本語 エラー kaputt",
            "kaputt: when = { reason = '^\\? \\? kaputt$' }",
        ),
        (
            "bell \u{7} rang twice",
            "bell-rang-twice: when = { reason = 'bell . rang twice' }",
        ),
        (
            &long,
            "word-word-word: when = { reason = 'word word word' }",
        ),
        (
            &one_word,
            "none: the failures have nothing that a rule could look at",
        ),
        (
            "\u{7}\u{8}",
            "no-exit-code: when = { exit_code = \"absent\" }",
        ),
        (" ", "no-exit-code: when = { exit_code = \"absent\" }"),
    ] {
        let found = suggested(
            LIMITS,
            &[vec![failure(None, text)]],
            &[failure(Some(3), "other")],
        );
        assert_eq!(shown(&found[0]), expected);
    }
}

#[test]
fn a_rule_does_what_the_broad_rule_does() {
    let limits = "version = 1\nlimits = { max_retries = 3 }\n[backoff.slow]\nconstant = \"60s\"\n";
    let group = || {
        vec![with_stop_code(
            failure(None, "new paper jam"),
            "TaskFailedToStart",
        )]
    };
    for (action, expected) in [
        (
            "type = \"RETRIABLE\"\nmax_retries = 2 # few",
            "type = \"RETRIABLE\"                     # as it is now; FATAL if no other run can succeed, TEMPORARY if it should wait\nmax_retries = 2\n",
        ),
        (
            "type = \"TEMPORARY\"\nbackoff = \"slow\"",
            "type = \"TEMPORARY\"                     # as it is now; FATAL if no other run can succeed, RETRIABLE if it need not wait\nbackoff = \"slow\"\n",
        ),
        (
            "type = \"TEMPORARY\"\nbackoff = {\n  delays = [\"1m\", \"2m\", \"3m\"], # all\n}",
            "backoff = {\n  delays = [\"1m\", \"2m\", \"3m\"], # all\n}\n",
        ),
        // What is spread over several lines is written in its normal form.
        (
            "type = \"TEMPORARY\"\nbackoff.constant = \"1m\"\nbackoff.jitter = \"full\"",
            "max_retries = 3\nbackoff = { delays = [\"1m\"], jitter = \"full\" }\ncounts = true\n",
        ),
        (
            "type = \"TEMPORARY\"\n[rule.backoff]\nconstant = \"1m\"",
            "max_retries = 3\nbackoff = { delays = [\"1m\"], jitter = \"none\" }\ncounts = true\n",
        ),
        (
            "type = \"RETRIABLE\"\nmax_retries = 5\ncounts = false",
            "max_retries = 5\ncounts = false\n",
        ),
    ] {
        let rule = "# Above the rule.\n[[rule]]\nname = \"start-failed\"\nwhen = { stop_code = \"TaskFailedToStart\" }\n";
        let source = format!("{limits}\n{rule}{action}\n");
        let found = suggested(&source, &[group()], &[]);
        let found = found[0].as_ref().unwrap();
        assert!(found.toml.ends_with(expected), "{}", found.toml);
        assert_eq!(found.before.as_deref(), Some("start-failed"));
        assert!(
            found
                .toml
                .contains("# 1,204 failures, decided by `start-failed` so far\n")
        );

        let inserted = found.insert_into(&source).unwrap();
        assert_eq!(
            inserted,
            format!("{limits}\n{}\n{rule}{action}\n", found.toml)
        );
        let inserted = Policy::load_for_decisions(&inserted).unwrap();
        let [new, old] = [&found.rule, "start-failed"].map(|it| inserted.rule(it).unwrap());
        assert_eq!(new.action(), old.action());
        assert_eq!(new.counts(), old.counts());
    }
}

#[test]
fn a_rule_is_inserted_at_the_end_of_the_rules() {
    let group = || vec![failure(Some(77), "")];
    let rule = "[[rule]]\nname = \"a\"\nwhen = { exit_code = [\n  1,\n] }\ntype = \"FATAL\"\n";
    for (before, after) in [
        (rule.to_owned(), ""),
        (rule.to_owned(), "# Last.\n[default]\ntype = \"FATAL\"\n"),
        (format!("{rule}\n"), "[ default ] # [x]\ntype = \"FATAL\"\n"),
        (
            rule.replace("when =", "[rule.when]\n")
                .replace("{ ", "")
                .replace(" }\n", "\n")
                .replace("type = \"FATAL\"\n", "")
                .replace("name = \"a\"", "name = \"a\"\ntype = \"FATAL\""),
            "\n[[test]]\nname = \"t\"\nfailures = 1\nexpect = \"FATAL\"\n",
        ),
        (String::new(), "[default]\ntype = \"FATAL\"\n"),
        (String::new(), ""),
    ] {
        let source = format!("{LIMITS}{before}{after}");
        let found = suggested(&source, &[group()], &[]);
        let found = found[0].as_ref().unwrap();
        assert_eq!(found.before, None);
        let inserted = found.insert_into(&source).unwrap();
        let (head, tail) = inserted.split_once(&found.toml).unwrap();
        assert_eq!(head.trim_end(), format!("{LIMITS}{before}").trim_end());
        assert_eq!(tail.trim_start(), after.trim_start());
    }
    // Rules in a list have no place for a section.
    let list = "rule = [{ name = \"a\", when = { exit_code = 1 }, type = \"FATAL\" }]\n";
    let found = suggested(&(LIMITS.to_owned() + list), &[group()], &[]);
    assert!(
        shown(&found[0]).ends_with("the rules of the policy are a list, not sections `[[rule]]`")
    );
    // Another retry would break a promise.
    let guarded = "[[rule]]\nname = \"rest\"\nwhen = { exit_code = \"0..=255\" }\ntype = \"RETRIABLE\"\n\
                   max_retries = 3\ncounts = false\n[guarantee]\nmax_runs = 6\n";
    let found = suggested(&(LIMITS.to_owned() + guarded), &[group()], &[]);
    assert!(
        shown(&found[0]).contains("the policy has an error: "),
        "{}",
        shown(&found[0])
    );
}

#[test]
fn a_rule_can_stand_after_another_one() {
    let groups = [
        vec![failure(Some(77), "")],
        vec![
            failure(Some(77), "paper jam in tray 7"),
            failure(Some(77), "paper jam in tray 8"),
        ],
    ];
    let found = suggested(
        LIMITS,
        &groups,
        &[failure(Some(3), "paper jam in tray 9 or 10")],
    );
    let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
    assert_eq!(found[0].after, [found[1].rule.clone()]);
    assert_eq!(
        (found[0].rule.as_str(), found[1].after.len()),
        ("exit-code-77", 0)
    );
}

#[test]
fn groups_that_are_not_of_the_policy_have_reasons() {
    let (policy, _) = Policy::load(LIMITS).unwrap();
    let sample = failure(Some(77), "paper jam");
    let signature = Signature::of(&sample, None);
    let group = |taken_by, samples| Group {
        signature: &signature,
        count: 1,
        taken_by,
        samples,
        notes: vec!["against: a\nb".into()],
    };
    let groups = [
        group("other", vec![sample.clone()]),
        group("default", vec![]),
    ];
    let found: Vec<_> = suggest(&policy, &groups, &[]).iter().map(shown).collect();
    assert_eq!(
        found,
        [
            "none: the policy has no rule `other`",
            "none: none of the samples is decided by `default`",
        ]
    );
    let found = suggest(&policy, &[group("default", vec![sample.clone()])], &[]);
    let toml = &found[0].as_ref().unwrap().toml;
    assert!(
        toml.contains("# 1 failure, decided by [default] so far\n"),
        "{toml}"
    );
    assert!(toml.contains("can succeed:\n# against: a b\n"), "{toml}");
    assert!(
        found[0]
            .as_ref()
            .unwrap()
            .insert_into("version = 7")
            .is_err()
    );
}
