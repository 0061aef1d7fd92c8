//! Notes on the consequences of a changed `container`.

use super::repeated::RepeatedDecisions;
use exitwise_engine::Policy;
use exitwise_engine::analysis::Example;
use exitwise_engine::policy::Rule;
use serde_json::json;

/// Returns sentences about the failures that only one of the policies sees. Empty if `container` is
/// the same.
pub(crate) fn container_notes(old: &Policy, new: &Policy) -> Vec<String> {
    if old.container() == new.container() {
        return Vec::new();
    }
    if !looks_at_container(old) && !looks_at_container(new) {
        return vec!["no rule looks at its exit code or its reason".to_owned()];
    }
    let no_longer = |name: &str| {
        format!(
            "of another container than `{name}`, exit code and reason no longer count: {}",
            without_exit_code(new)
        )
    };
    match (old.container(), new.container()) {
        (Some(old), Some(name)) => vec![
            no_longer(name),
            format!("of `{name}` they now count; before, only those of `{old}` did"),
        ],
        (None, Some(name)) => vec![
            no_longer(name),
            format!("of several containers, those of `{name}` now count; before, none did"),
        ],
        (old_name, None) => {
            let name = old_name.unwrap_or_default();
            vec![
                format!(
                    "of another container than `{name}`, exit code and reason now count if it is \
                     the only one; before: {}",
                    without_exit_code(old)
                ),
                format!("of several containers, those of `{name}` no longer count, and none does"),
            ]
        }
    }
}

/// The decision about a container that exited, but is not the one that counts.
fn without_exit_code(policy: &Policy) -> String {
    let cause = json!({"StopCode": "EssentialContainerExited", "Containers": []});
    let example = Example {
        error: Some("States.TaskFailed".into()),
        cause: Some(cause.to_string()),
        texts: 0,
    };
    let rule = policy.deciding_rule(&example.failure());
    let decisions = RepeatedDecisions::of(policy, rule, &example);
    format!("{} by {}", decisions.summary(), rule.name())
}

fn looks_at_container(policy: &Policy) -> bool {
    let keys = policy
        .rules()
        .iter()
        .flat_map(Rule::matchers)
        .map(|it| it.key());
    keys.into_iter()
        .any(|key| ["exit_code", "reason", "container_reason"].contains(&key))
}
