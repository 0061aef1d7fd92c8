//! The worst case of each state, and of the machine.

use super::bound::{ExecutionFigures, ItemFigures, MachineWorstCase, Unbounded};
use super::retries::{RetryTotals, retries, whole};
use crate::json::{Node, NodeKind, SourceDocument};
use crate::weave::{WovenState, retries_policy_errors};
use exitwise_engine::analysis::{RUN_EVENTS, START_EVENTS, WorstCase};
use std::collections::{BTreeMap, HashMap};

/// A woven state, and the worst case of its policy.
#[derive(Debug, Clone, Copy)]
pub struct WovenWorstCase<'w> {
    /// The state.
    pub state: &'w WovenState,
    /// The worst case of its policy.
    pub worst_case: &'w WorstCase,
}

/// Number of events of an execution besides those of its states: started, ended.
const EXECUTION_EVENTS: u64 = 2;

/// Number of events when a state is entered and exited.
const STATE_EVENTS: u64 = 2;

/// Number of events of a Map or Parallel state, or of an item: started, ended.
const NESTED_EVENTS: u64 = 2;

/// Number of history events of a woven state besides those of its runs and decisions: Parallel
/// entered, started and exited; Init entered and exited.
const WOVEN_EVENTS: u64 = 5;

/// Most items of a Map state that run at the same time, if `MaxConcurrency` does not say less.
///
/// Source: Step Functions Developer Guide, "Using Map state in Inline mode".
const MAX_AT_ONCE: u64 = 40;

/// Returns the worst case of executions of a state machine, before weaving, whose tasks get policies
/// by weaving.
///
/// # Errors
/// Returns the first reason why executions have no worst case, in the order in which states run.
pub fn machine_worst_case(
    source: &str,
    woven: &[WovenWorstCase<'_>],
) -> Result<MachineWorstCase, Unbounded> {
    let unreadable = |_| Unbounded::new("States", "cannot be read");
    let document = SourceDocument::parse(source).map_err(unreadable)?;
    let woven = woven.iter().map(|it| (it.state.path.as_str(), it));
    let machine = Machine {
        woven: woven.collect(),
    };
    let states = machine.of_states(document.root(), "")?;
    Ok(MachineWorstCase::of_events(EXECUTION_EVENTS).then(states))
}

struct Machine<'w> {
    /// The woven states, by path.
    woven: BTreeMap<&'w str, &'w WovenWorstCase<'w>>,
}

impl Machine<'_> {
    /// Returns the worst case of a machine, branch or item processor: of the longest way through its
    /// states. `around` is the path of the state that it is in.
    fn of_states(&self, machine: &Node, around: &str) -> Result<MachineWorstCase, Unbounded> {
        let path_of = |name: &str| match around {
            "" => name.to_owned(),
            around => format!("{around}/{name}"),
        };
        let states = machine.get("States").map_or(&[][..], Node::members).iter();
        let states: HashMap<_, _> = states.map(|it| (it.key.as_str(), &it.value)).collect();
        let start = machine.get("StartAt").and_then(Node::text);
        let start = start.unwrap_or_default();
        // The worst case from a state on. `None` while the states after it are looked at.
        let mut from: HashMap<&str, Option<MachineWorstCase>> = HashMap::new();
        // A list instead of recursion, because a definition can have thousands of states in a row.
        let mut open = vec![(start, false)];
        while let Some((name, is_done)) = open.pop() {
            let unbounded = |reason| Unbounded::new(&path_of(name), reason);
            let state = states.get(name).copied();
            let state = state.ok_or_else(|| unbounded("is not in the definition"))?;
            let next = next_of(state).map_err(unbounded)?;
            if is_done {
                let after = next.iter().filter_map(|name| from.get(name)?.clone());
                let after = after.fold(MachineWorstCase::default(), MachineWorstCase::or);
                let worst = self.of_state(&path_of(name), state)?.then(after);
                from.insert(name, Some(worst));
                continue;
            }
            match from.get(name) {
                Some(Some(_)) => continue,
                Some(None) => return Err(unbounded("is in a loop that no policy bounds")),
                None => from.insert(name, None),
            };
            open.push((name, true));
            open.extend(next.into_iter().map(|name| (name, false)));
        }
        Ok(from.remove(start).flatten().unwrap_or_default())
    }

    fn of_state(&self, path: &str, state: &Node) -> Result<MachineWorstCase, Unbounded> {
        let retriers = state.get("Retry").map_or(&[][..], Node::items).iter();
        let events = MachineWorstCase::of_events;
        if let Some(woven) = self.woven.get(path) {
            // The others are left out when the state is woven.
            let kept = retriers.filter(|retrier| retries_policy_errors(retrier));
            let again = retries(kept, path)?;
            let inside = MachineWorstCase::of_figures(woven.figures(state));
            return Ok(events(STATE_EVENTS).then(repeated(inside, again)));
        }
        let retried = |inside| {
            let again = retries(retriers, path)?;
            Ok(events(STATE_EVENTS).then(repeated(inside, again)))
        };
        match state.get("Type").and_then(Node::text) {
            Some("Pass" | "Choice" | "Succeed") => Ok(events(STATE_EVENTS)),
            // It is not exited.
            Some("Fail") => Ok(events(1)),
            Some("Wait") => {
                let seconds = state.get("Seconds").and_then(whole).ok_or_else(|| {
                    Unbounded::new(path, "waits for a time that is known only when it runs")
                })?;
                Ok(MachineWorstCase::of_figures(ExecutionFigures {
                    history_events: STATE_EVENTS,
                    wait_seconds: seconds,
                    duration_seconds: Some(seconds),
                }))
            }
            Some("Task") => retried(MachineWorstCase::of_figures(ExecutionFigures {
                history_events: run_events(state),
                wait_seconds: 0,
                duration_seconds: timeout(state),
            })),
            Some("Parallel") => {
                let branches = state.get("Branches").map_or(&[][..], Node::items);
                let mut inside = MachineWorstCase::default();
                for branch in branches {
                    inside = inside.beside(self.of_states(branch, path)?);
                }
                retried(events(NESTED_EVENTS).then(inside))
            }
            Some("Map") => retried(events(NESTED_EVENTS).then(self.of_items(path, state)?)),
            _ => Err(Unbounded::new(path, "has no type that is known")),
        }
    }

    /// Returns the worst case of all items of a Map state.
    fn of_items(&self, path: &str, map: &Node) -> Result<MachineWorstCase, Unbounded> {
        let processor = map.get("ItemProcessor").or_else(|| map.get("Iterator"));
        let processor = processor.ok_or_else(|| Unbounded::new(path, "has no ItemProcessor"))?;
        let mode = processor.get("ProcessorConfig");
        let mode = mode.and_then(|config| config.get("Mode"));
        if mode.is_some_and(|mode| mode.text() != Some("INLINE")) {
            let reason = "is a distributed Map, whose items are executions of their own";
            return Err(Unbounded::new(path, reason));
        }
        let item = self.of_states(processor, path)?;
        let item = MachineWorstCase::of_events(NESTED_EVENTS).then(item);
        let at_once = match map.get("MaxConcurrency") {
            None => MAX_AT_ONCE,
            // Without a number, as if there were one item after the other.
            Some(node) => match whole(node) {
                Some(0) => MAX_AT_ONCE,
                number => number.unwrap_or(1).min(MAX_AT_ONCE),
            },
        };
        if let Some(NodeKind::List(items)) = map.get("Items").map(|items| &items.kind) {
            let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
            return Ok(item.times(count, count.div_ceil(at_once)));
        }
        if !item.items.is_empty() {
            let reason =
                "has a number of items that is known only when it runs, and so has a Map in it";
            return Err(Unbounded::new(path, reason));
        }
        let each = item.fixed;
        let items = BTreeMap::from([(path.to_owned(), ItemFigures { each, at_once })]);
        let fixed = ExecutionFigures::default();
        Ok(MachineWorstCase { fixed, items })
    }
}

impl WovenWorstCase<'_> {
    /// Returns the figures of the branch of the woven state.
    fn figures(&self, state: &Node) -> ExecutionFigures {
        let runs = u64::from(self.worst_case.runs());
        // The policy's figure is that of the standard state machine with the function. All events
        // before its first run are replaced, and those of each run; waits and ends are the same.
        let same = self.worst_case.history_events();
        let same = u64::from(same) - u64::from(START_EVENTS) - runs * u64::from(RUN_EVENTS);
        let run = u64::from(self.state.retriable.history_events);
        let wait_seconds = self.worst_case.wait_seconds();
        let running = timeout(state).map(|seconds| seconds.saturating_mul(runs));
        ExecutionFigures {
            history_events: WOVEN_EVENTS - STATE_EVENTS + same + runs * run,
            wait_seconds,
            duration_seconds: running.map(|seconds| seconds.saturating_add(wait_seconds)),
        }
    }
}

/// Returns the names of the states that can come after a state.
fn next_of(state: &Node) -> Result<Vec<&str>, &'static str> {
    let list = |key| state.get(key).map_or(&[][..], Node::items);
    let parts = list("Choices").iter().chain(list("Catch"));
    let named = parts.chain([state]).filter_map(|part| part.get("Next"));
    let named = named.chain(state.get("Default"));
    let names: Option<_> = named.map(Node::text).collect();
    names.ok_or("leads to a state that a marker names")
}

/// Returns the worst case of something, and of all repetitions of it.
fn repeated(inside: MachineWorstCase, again: RetryTotals) -> MachineWorstCase {
    let runs = again.count.saturating_add(1);
    let waits = ExecutionFigures {
        history_events: 0,
        wait_seconds: again.wait_seconds,
        duration_seconds: Some(again.wait_seconds),
    };
    inside
        .times(runs, runs)
        .then(MachineWorstCase::of_figures(waits))
}

/// Returns the number of events of one run of a task: scheduled, started, ended; a job that is waited
/// for is also submitted.
fn run_events(task: &Node) -> u64 {
    let resource = task.get("Resource").and_then(Node::text);
    let resource = resource.unwrap_or_default();
    let is_job = resource.contains(".sync") || resource.contains(".waitForTaskToken");
    if is_job { 4 } else { 3 }
}

/// Returns the longest time of one run, in seconds. `None` if it is not a number.
fn timeout(task: &Node) -> Option<u64> {
    task.get("TimeoutSeconds").and_then(whole)
}
