//! What a policy may need without a Lambda function.

use crate::common::{Decider, load};
use exitwise_asl_compiler::{Backend, decision_expression, native_problems, standard_machine};
use exitwise_engine::diagnostic::Code;
use serde_json::{Value, json};
use std::fmt::Write;
use testkit::policy::usual;

const DIAGNOSTICS: &str = include_str!("../../docs/diagnostics.md");

/// Returns the codes and the lines of the problems.
fn problems(text: &str) -> Vec<(Code, usize)> {
    let problems = native_problems(&load(text)).into_iter();
    let place =
        |code, problem: &exitwise_engine::diagnostic::Diagnostic| (code, problem.position(text).0);
    problems
        .map(|problem| place(problem.code, &problem))
        .collect()
}

#[test]
fn the_documented_policies_have_the_documented_problems() {
    let (_, section) = DIAGNOSTICS.split_once("\n## P301").unwrap();
    let blocks: Vec<_> = section.split("```").skip(1).step_by(2).take(3).collect();
    let text = |block: &str| block.split_once('\n').unwrap().1.to_owned();
    let [invalid, printed, fixed] = [0, 1, 2].map(|n| text(blocks[n]));
    let found = native_problems(&load(&invalid));
    let rendered: Vec<_> = found
        .iter()
        .map(|problem| problem.render(&invalid, "policy.toml", false))
        .collect();
    let trimmed: String = rendered
        .concat()
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    assert_eq!(trimmed, printed);
    assert_eq!(problems(&fixed), []);
}

#[test]
fn all_patterns_together_have_a_limit() {
    let rules = |count: usize| {
        let mut text = "version = 1\nlimits.max_retries = 3\n".to_owned();
        for n in 0..count {
            writeln!(
                text,
                "[[rule]]\nname = 'r{n}'\nwhen.reason = 'x{n}.*y.*'\ntype = 'FATAL'"
            )
            .unwrap();
        }
        text
    };
    assert_eq!(problems(&rules(2)), []);
    assert_eq!(problems(&rules(3)), [(Code::SlowPattern, 13)]);
    let alone = rules(1).replace(".*'", ".*z.*'");
    assert_eq!(problems(&alone), [(Code::SlowPattern, 5)]);
}

#[test]
fn five_hundred_rules_are_compiled_and_evaluated() {
    let policy = load(&usual(500));
    assert_eq!(native_problems(&policy), []);
    let machine = standard_machine(&policy, "policy.toml", &Backend::Native).unwrap();
    assert!(machine.len() < 100_000, "{} bytes", machine.len());
    let cause = json!({"Containers": [{"Name": "app", "ExitCode": 498}]}).to_string();
    let task_error = json!({"Error": "States.TaskFailed", "Cause": cause});
    let found = Decider::new(&policy).decide("x", &task_error, &json!({"retryCount": 0}), 0);
    assert_eq!(found["rule"], "r498");
}

#[test]
fn a_policy_may_be_too_large() {
    let mut text = "version = 1\nlimits.max_retries = 1000\n".to_owned();
    for n in 0..300 {
        writeln!(
            text,
            "[[rule]]\nname = 'r{n}'\nwhen.exit_code = {n}\ntype = 'TEMPORARY'\n\
             backoff.formula = '{n} + n'"
        )
        .unwrap();
    }
    assert_eq!(problems(&text), [(Code::TooLargeForNative, 1_498)]);
    assert_eq!(problems(&text.replace("1000", "10")), []);
}

/// Returns how deeply brackets nest in an expression, outside of texts and regular expressions.
fn depth(expression: &str) -> usize {
    let without_texts: String = expression.split('\'').step_by(2).collect();
    let (mut depth, mut most) = (0_usize, 0);
    for c in without_texts.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

#[test]
fn the_expression_does_not_nest_deeper_with_more_rules_codes_or_names() {
    let codes = |count: u32| {
        let codes: Vec<_> = (0..count)
            .map(|n| json!(format!("{}..={}", n * 10, n * 10 + 3)))
            .collect();
        let names: Vec<_> = (0..count).map(|n| json!(format!("ECS.E{n}*"))).collect();
        format!(
            "version = 1\nlimits.max_retries = 3\n[[rule]]\nname = 'r'\ntype = 'FATAL'\n\
             when = {{ exit_code = {}, error = {} }}\n",
            Value::from(codes),
            Value::from(names)
        )
    };
    let depth_of = |text: &str| depth(&decision_expression(&load(text)).unwrap());
    assert_eq!(depth_of(&usual(500)), depth_of(&usual(3)));
    // Twice the alternatives nest one level deeper.
    let (few, many) = (depth_of(&codes(10)), depth_of(&codes(1_280)));
    assert!(many <= few + 8, "{few} {many}");
}

#[test]
fn a_limit_may_have_any_number_of_digits() {
    for limit in ["max_total_wait", "max_elapsed"] {
        for seconds in ["4111111111", "94222222222"] {
            let text = format!(
                "version = 1\nlimits.max_retries = 3\nlimits.{limit} = '{seconds}s'\n\
                 default = {{ type = 'TEMPORARY', backoff = {{ constant = '1h' }} }}\n"
            );
            let error_state =
                json!({"retryCount": 0, "waitedSeconds": seconds.parse::<u64>().unwrap()});
            let found = Decider::new(&load(&text)).decide("x", &json!({}), &error_state, 0);
            let end = format!("and 3600 s to wait are over {seconds} s (limits.{limit})");
            let cause = found["cause"].as_str().unwrap();
            assert!(cause.ends_with(&end), "{cause}");
        }
    }
}
