//! The states that get a policy.

use super::error::{WeaveError, WeaveErrorKind, WeaveErrors};
use super::state_tree::{FoundState, StateTree};
use crate::json::{Node, SourceDocument};
use exitwise_engine::Policy;
use std::collections::BTreeMap;

/// A policy, and the states that get it.
#[derive(Debug, Clone, Copy)]
pub struct WeaveTarget<'p> {
    /// The states.
    pub states: StateChoice<'p>,
    /// The policy.
    pub policy: &'p Policy,
    /// The name of the policy, as the user gave it; it is in the woven state's comment.
    pub policy_name: &'p str,
}

/// The choice of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateChoice<'p> {
    /// The state with this name, or this path through Map and Parallel states, such as
    /// `Each/Train`. The end of a path is enough if one state has it.
    Named(&'p str),
    /// Every Task state that runs ECS or Batch, except those that another target names.
    ContainerTasks,
}

/// Maximum number of similar names that a message lists.
const MAX_SIMILAR_NAMES: usize = 3;

/// Returns the states with their targets, in the order of the text.
pub(super) fn resolve<'t, 'd, 'p>(
    document: &SourceDocument<'_>,
    tree: &'t StateTree<'d>,
    targets: &'t [WeaveTarget<'p>],
) -> Result<Vec<(&'t FoundState<'d>, &'t WeaveTarget<'p>)>, WeaveErrors> {
    let mut errors = Vec::new();
    let mut chosen: BTreeMap<usize, &WeaveTarget<'_>> = BTreeMap::new();
    let mut report = |span, kind| {
        let place = document.place(span);
        errors.push(WeaveError { place, kind });
    };
    let (named, others): (Vec<&WeaveTarget<'_>>, Vec<_>) = targets
        .iter()
        .partition(|target| matches!(target.states, StateChoice::Named(_)));
    for target in named {
        let StateChoice::Named(wanted) = target.states else {
            continue;
        };
        match find(tree, wanted) {
            Err(kind) => report(&tree.states_key, kind),
            Ok((n, state)) => {
                if let Some(kind) = refusal(state) {
                    report(&state.member.key_span, kind);
                } else if let Some(first) = chosen.insert(n, target) {
                    let kind = WeaveErrorKind::TwoPolicies {
                        state: state.path.clone(),
                        first: first.policy_name.to_owned(),
                        second: target.policy_name.to_owned(),
                    };
                    report(&state.member.key_span, kind);
                }
            }
        }
    }
    for (nth, target) in others.iter().enumerate() {
        let mut found = false;
        for (n, state) in tree.states.iter().enumerate() {
            if state.is_woven() {
                let state_path = state.path.clone();
                report(
                    &state.member.key_span,
                    WeaveErrorKind::AlreadyWoven { state: state_path },
                );
                found = true;
            } else if !state.is_generated && runs_container(state) {
                found = true;
                match chosen.get(&n) {
                    Some(first) if nth > 0 => report(
                        &state.member.key_span,
                        WeaveErrorKind::TwoPolicies {
                            state: state.path.clone(),
                            first: first.policy_name.to_owned(),
                            second: target.policy_name.to_owned(),
                        },
                    ),
                    Some(_) => {}
                    None => {
                        chosen.insert(n, target);
                    }
                }
            }
        }
        if !found {
            report(&tree.states_key, WeaveErrorKind::NoContainerTasks);
        }
    }
    if let Some(errors) = WeaveErrors::new(errors) {
        return Err(errors);
    }
    let states = tree.states.iter().enumerate();
    let states = states.filter_map(|(n, state)| Some((state, *chosen.get(&n)?)));
    Ok(states.collect())
}

/// Returns why a state cannot have a policy. `None` if it can.
fn refusal(state: &FoundState<'_>) -> Option<WeaveErrorKind> {
    if state.is_woven() || state.is_generated {
        let path = state.path.clone();
        return Some(WeaveErrorKind::AlreadyWoven { state: path });
    }
    (state.type_name() != "Task").then(|| WeaveErrorKind::NotATask {
        state: state.path.clone(),
        type_name: match state.type_name() {
            "" => "state without a type, not a Task".to_owned(),
            type_name => type_name.to_owned(),
        },
    })
}

/// Returns the state with this name or path, and its index.
fn find<'t, 'd>(
    tree: &'t StateTree<'d>,
    wanted: &str,
) -> Result<(usize, &'t FoundState<'d>), WeaveErrorKind> {
    let end = format!("/{wanted}");
    let states = || tree.states.iter().enumerate();
    let exact: Vec<_> = states().filter(|(_, it)| it.path == wanted).collect();
    let found = match exact.is_empty() {
        false => exact,
        true => states().filter(|(_, it)| it.path.ends_with(&end)).collect(),
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(WeaveErrorKind::NoSuchState {
            state: wanted.to_owned(),
            nearest: similar(tree, wanted),
        }),
        several => Err(WeaveErrorKind::AmbiguousState {
            state: wanted.to_owned(),
            paths: several.iter().map(|(_, it)| it.path.clone()).collect(),
        }),
    }
}

/// Returns the paths of the Task states with the most similar names, the most similar one first.
fn similar(tree: &StateTree<'_>, wanted: &str) -> Vec<String> {
    let name = wanted.rsplit('/').next().unwrap_or(wanted).to_lowercase();
    let tasks = tree.states.iter();
    let tasks = tasks.filter(|it| it.type_name() == "Task" && !it.is_generated);
    let mut similar: Vec<_> = tasks
        .map(|state| {
            let other = state.name().to_lowercase();
            let distance = strsim::damerau_levenshtein(&name, &other);
            let shorter = name.len().min(other.len());
            let contains = shorter > 2 && (other.contains(&name) || name.contains(&other));
            (if contains { 1 } else { distance }, state.path.clone())
        })
        .filter(|(distance, _)| *distance <= 1 + name.chars().count() / 3)
        .collect();
    similar.sort();
    let paths = similar.into_iter().map(|(_, path)| path);
    paths.take(MAX_SIMILAR_NAMES).collect()
}

/// Returns whether a Task state runs an ECS task or a Batch job.
fn runs_container(state: &FoundState<'_>) -> bool {
    let resource = state.node().get("Resource").and_then(Node::text);
    let resource = resource.unwrap_or_default();
    let actions = [":ecs:runTask", ":batch:submitJob"];
    state.type_name() == "Task" && actions.iter().any(|action| resource.contains(action))
}
