//! The same policy and the same failures give the same path with the Lambda function, without it, and
//! woven into another state machine.

use crate::common::{Path, Run, run};
use exitwise_asl_compiler::{
    Backend, StateChoice, WeaveTarget, native_problems, standard_machine, weave,
};
use exitwise_asl_runner::ExecutionEnd;
use exitwise_engine::Policy;
use exitwise_lambda::{DEFAULT_POLICY, Handler};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use testkit::failure::{causes, errors};
use testkit::policy::policies;

fn function() -> Backend {
    Backend::Lambda {
        function: "${function_arn}".to_owned(),
    }
}

/// Runs a policy in the three forms: the standard state machine with the function, without it, and
/// woven.
fn paths(text: &str, runs: &[Run]) -> [Path; 3] {
    let (policy, _) = Policy::load(text).unwrap();
    assert_eq!(native_problems(&policy), []);
    let handler = Handler::new(policy.clone());
    let standard = |backend| standard_machine(&policy, "policy.toml", &backend).unwrap();
    let workflow = r#"{
        "QueryLanguage": "JSONata",
        "StartAt": "Train",
        "States": {
            "Train": {
                "Type": "Task",
                "Resource": "arn:aws:states:::ecs:runTask.sync",
                "Arguments": { "TaskDefinition": "train" },
                "End": true
            }
        }
    }"#;
    let target = WeaveTarget {
        states: StateChoice::Named("Train"),
        policy: &policy,
        policy_name: "policy.toml",
    };
    let woven = weave(workflow, &[target], &Backend::Native).unwrap().text;
    [standard(function()), standard(Backend::Native), woven]
        .map(|definition| run(&definition, &policy, runs.to_vec(), &handler))
}

/// Returns the states of a path that all three forms have.
fn shared(path: &Path) -> Vec<&str> {
    let own = ["CheckInput", "Init", "Train", "ReadCauseAsText"];
    let states = path.states.iter().map(String::as_str);
    let states = states.filter(|name| !own.contains(name));
    let mut states: Vec<_> = states
        .map(|name| {
            if name == "RunTask" {
                "RunECSTask"
            } else {
                name
            }
        })
        .collect();
    // ReadCauseAsText leads back to ProcessError.
    states.dedup_by(|one, other| one == other && *one == "ProcessError");
    states
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let failure = (errors(), causes())
        .prop_map(|(error, cause)| Some(json!({"Error": error, "Cause": cause})));
    // Often the same failure again and again, so that limits are reached.
    prop_oneof![
        vec(failure.clone(), 0..6),
        (failure, 1..30_usize).prop_map(|(failure, times)| vec![failure; times]),
    ]
}

proptest! {
    #![proptest_config(testkit::cases(60))]

    #[test]
    fn all_forms_take_the_same_path(text in policies(), runs in runs()) {
        let [lambda, native, woven] = paths(&text, &runs);
        prop_assert_eq!(shared(&native), shared(&lambda));
        prop_assert_eq!((&native.end, native.seconds), (&lambda.end, lambda.seconds));
        // A woven loop draws its delays by another key, so it may reach a limit in time elsewhere.
        if !text.contains("jitter") {
            prop_assert_eq!(shared(&woven), shared(&lambda));
            prop_assert_eq!(woven.seconds, lambda.seconds);
            if let ExecutionEnd::Failed { .. } = lambda.end {
                prop_assert_eq!(&woven.end, &lambda.end);
            }
        }
    }
}

#[test]
fn a_cut_cause_is_read_as_text_after_one_more_evaluation() {
    let cut = Some(json!({"Error": "States.TaskFailed", "Cause": "{\"StopCode\":\"Spot"}));
    let [lambda, native, _] = paths(DEFAULT_POLICY, &[cut]);
    assert_eq!(lambda.end, native.end);
    let expected = [
        "ProcessError",
        "ReadCauseAsText",
        "ProcessError",
        "ReadCauseAsText",
        "ProcessError",
    ];
    assert_eq!(
        native.states.get(3..8),
        Some(&expected.map(str::to_owned)[..])
    );
}

#[test]
fn the_state_machine_with_the_function_is_the_deployed_file() {
    let (policy, _) = Policy::load(DEFAULT_POLICY).unwrap();
    let file = include_str!("../../terraform/modules/retryable-task/state-machine.asl.json");
    assert_eq!(
        standard_machine(&policy, "default.toml", &function()).unwrap(),
        file
    );
}
