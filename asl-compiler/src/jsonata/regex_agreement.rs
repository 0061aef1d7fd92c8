//! Regular expressions find what the patterns find from which they are made.

use super::Regex;
use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, TaskCall, TaskError, Tasks, VirtualClock,
};
use exitwise_engine::failure::Text;
use exitwise_engine::policy::Pattern;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::pattern::{class_items, patterns, texts};

struct NoTasks;

impl Tasks for NoTasks {
    fn run(&mut self, _: TaskCall<'_>) -> Result<Value, TaskError> {
        Err(TaskError::Aborted)
    }
}

/// Searches the texts for a regular expression, in JSONata.
fn found(regex: &Regex, texts: &[Text<'_>]) -> Vec<bool> {
    let found =
        format!("{{% [$map($states.input, function($text) {{ $contains($text, {regex}) }})] %}}");
    let machine = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Find",
        "States": {"Find": {"Type": "Pass", "Output": found, "End": true}},
    });
    let machine = Definition::parse(&machine.to_string()).unwrap();
    let execution = Execution {
        input: texts.iter().map(Text::as_str).collect(),
        ..Execution::default()
    };
    let mut clock = VirtualClock::starting_at(time::OffsetDateTime::UNIX_EPOCH);
    match machine.run(execution, &mut NoTasks, &mut clock, &mut |_| {}) {
        ExecutionEnd::Succeeded { output } => serde_json::from_value(output).unwrap(),
        other => panic!("{regex}: {other:?}"),
    }
}

fn check_agreement(source: &str, texts: &[String]) -> Result<(), TestCaseError> {
    let Ok(pattern) = Pattern::parse(source) else {
        return Ok(());
    };
    let regex = Regex::of_patterns([source]).unwrap();
    let texts: Vec<_> = texts
        .iter()
        .map(|text| Text::project(text.as_str()))
        .collect();
    let expected: Vec<_> = texts.iter().map(|text| pattern.is_in(text)).collect();
    prop_assert_eq!(found(&regex, &texts), expected, "{} {:?}", regex, texts);
    Ok(())
}

proptest! {
    #![proptest_config(testkit::cases(6_500))]

    #[test]
    fn patterns_find_the_same(source in patterns(), texts in texts()) {
        check_agreement(&source, &texts)?;
    }
}

proptest! {
    #![proptest_config(testkit::cases(500))]

    #[test]
    fn classes_find_the_same(source in class_items()) {
        let texts: Vec<_> = (' '..='~').map(String::from).collect();
        check_agreement(&source, &texts)?;
    }
}
