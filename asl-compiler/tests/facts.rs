//! A compiled machine states the facts that the deployed function would answer.

use exitwise_asl_compiler::{Backend, standard_machine};
use exitwise_engine::Policy;
use exitwise_lambda::Validation;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Returns the facts in the compiled machine of a policy.
fn facts(text: &str) -> Value {
    let (policy, _) = Policy::load(text).unwrap();
    let machine = standard_machine(&policy, "policy.toml", &Backend::Native).unwrap();
    let machine: Value = serde_json::from_str(&machine).unwrap();
    let never = &machine["States"]["ProcessError"]["ItemProcessor"]["States"]["Never"];
    serde_json::from_str(never["Comment"].as_str().unwrap()).unwrap()
}

/// Returns the same facts from the function's answer to `validatePolicy`.
fn answered(text: &str) -> Value {
    let answer = serde_json::to_value(Validation::of(text)).unwrap();
    let keys = ["container", "max_run_time", "capacity_providers", "sizes"];
    let mut facts = json!({});
    for key in keys {
        if ![Value::Null, json!([])].contains(&answer[key]) {
            facts[key] = answer[key].clone();
        }
    }
    for key in ["runs", "wait_seconds", "exact"] {
        facts["worst_case"][key] = answer["worst_case"][key].clone();
    }
    facts
}

#[test]
fn a_compiled_machine_states_what_the_function_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "toml") {
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(facts(&text), answered(&text), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} policies");
}
