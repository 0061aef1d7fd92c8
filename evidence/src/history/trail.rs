//! The trail that leads to an event: the state, the Map and Parallel states around it, and the
//! variables of its retry loop.

use super::document::RecordedEvent;
use serde_json::{Value, json};

/// What an event knows from the events that led to it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Trail<'e> {
    /// The event that scheduled the current task or function.
    pub(crate) scheduled: Option<u64>,
    /// The input of the current Task state.
    pub(crate) input: Option<&'e str>,
    /// The failure of a task that no decision has followed yet: the index of its event.
    pub(crate) failed: Option<usize>,
    /// The time at which the current state was entered.
    pub(crate) entered: Option<&'e str>,
    /// The name of the current state.
    state: Option<&'e str>,
    variables: LoopVariables<'e>,
    /// The innermost Map or Parallel state: an index of [`Trails::scopes`].
    scope: Option<usize>,
}

/// The variables of a retry loop, as JSON.
#[derive(Clone, Copy, Default)]
struct LoopVariables<'e> {
    error_state: Option<&'e str>,
    retry_loop: Option<&'e str>,
}

/// A Map or Parallel state that has been entered, or an item of a Map state.
struct Scope<'e> {
    parent: Option<usize>,
    name: &'e str,
    item: Option<u64>,
    /// The variables outside.
    outer: LoopVariables<'e>,
}

/// The trails of all events of a history.
#[derive(Default)]
pub(crate) struct Trails<'e> {
    scopes: Vec<Scope<'e>>,
}

impl<'e> Trails<'e> {
    /// Returns the trail of the next event, given that of `event`, which has this index.
    pub(crate) fn after(
        &mut self,
        mut trail: Trail<'e>,
        event: &'e RecordedEvent,
        index: usize,
    ) -> Trail<'e> {
        let (kind, details) = (event.kind.as_str(), &event.details);
        let name = details.name.as_deref();
        if kind.ends_with("Scheduled") {
            trail.scheduled = Some(event.id);
        }
        if kind.ends_with("StateEntered") {
            trail.state = name;
            trail.entered = event.timestamp.as_deref();
        }
        match (kind, name) {
            ("TaskStateEntered", _) => trail.input = details.input.as_deref(),
            ("MapStateEntered" | "ParallelStateEntered", Some(name)) => {
                self.scopes.push(Scope {
                    parent: trail.scope,
                    name,
                    item: None,
                    outer: trail.variables,
                });
                trail.scope = Some(self.scopes.len() - 1);
            }
            ("MapIterationStarted", Some(name)) => {
                self.scopes.push(Scope {
                    parent: self.parent_of(trail.scope),
                    name,
                    item: details.index,
                    outer: trail.variables,
                });
                trail.scope = Some(self.scopes.len() - 1);
            }
            ("MapStateExited" | "ParallelStateExited", Some(name)) => {
                while let Some(scope) = trail.scope.and_then(|scope| self.scopes.get(scope)) {
                    trail.scope = scope.parent;
                    trail.variables = scope.outer;
                    if scope.name == name {
                        break;
                    }
                }
            }
            _ if super::calls::is_task_failure(event) => trail.failed = Some(index),
            _ => {}
        }
        let assigned = |name| details.assigned_variables.as_ref()?.get(name);
        if let Some(error_state) = assigned("errorState") {
            trail.variables.error_state = Some(error_state);
            trail.failed = None;
        }
        if let Some(retry_loop) = assigned("retryLoop") {
            trail.variables.retry_loop = Some(retry_loop);
        }
        trail
    }

    fn parent_of(&self, scope: Option<usize>) -> Option<usize> {
        self.scopes.get(scope?)?.parent
    }

    /// Returns the path of the state, with the numbers of items: `Each[0]/Train`. The states of a woven
    /// state have the path of that state.
    pub(crate) fn path(&self, trail: Trail<'e>) -> Option<String> {
        let state = trail.state?;
        let mut path = Vec::new();
        let mut scope = trail.scope;
        while let Some(around) = scope.and_then(|scope| self.scopes.get(scope)) {
            path.push(match around.item {
                Some(item) => format!("{}[{item}]", around.name),
                None => around.name.to_owned(),
            });
            scope = around.parent;
        }
        path.reverse();
        let around = trail.scope.and_then(|scope| self.scopes.get(scope));
        let around = around.filter(|around| around.item.is_none());
        let role = around.and_then(|around| state.strip_prefix(around.name)?.strip_prefix(": "));
        if role.is_none() {
            path.push(state.to_owned());
        }
        Some(path.join("/"))
    }
}

impl<'e> Trail<'e> {
    /// Returns the state and the Map or Parallel state around it, as it was entered.
    pub(crate) const fn place(&self) -> (Option<usize>, Option<&'e str>) {
        (self.scope, self.state)
    }

    /// Returns whether the variables of a retry loop are known.
    pub(crate) const fn has_loop(&self) -> bool {
        self.variables.error_state.is_some()
    }

    /// Returns whether the state is part of a woven state.
    pub(crate) const fn is_woven(&self) -> bool {
        self.variables.retry_loop.is_some()
    }

    /// Returns the event that ProcessError would have got for a failure here.
    ///
    /// `id` and `start` are those of the execution, for the standard state machine.
    pub(crate) fn event(
        &self,
        task_error: Value,
        id: Option<&str>,
        start: Option<&str>,
        entered: Option<&str>,
    ) -> Value {
        let parsed = |text: Option<&str>| -> Option<Value> { serde_json::from_str(text?).ok() };
        let retry_loop = parsed(self.variables.retry_loop);
        let of_loop = |key| retry_loop.as_ref()?.get(key)?.as_str();
        json!({
            "taskError": task_error,
            "errorState": parsed(self.variables.error_state),
            "execution": {
                "id": of_loop("id").or(id),
                "startTime": of_loop("startTime").or(start),
                "enteredTime": entered,
            },
        })
    }
}
