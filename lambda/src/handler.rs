//! From an event's bytes to the answer.

use crate::DEFAULT_POLICY;
use crate::answer::{Answer, Decided};
use crate::event::Event;
use crate::validation::Validation;
use exitwise_engine::{Decision, Policy};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Number of policies from events that are kept compiled: more workflows than one function is likely
/// to serve.
const MAX_KEPT_POLICIES: usize = 16;

/// Number of problems of a policy that an error message lists: what fits on a screen.
const MAX_LISTED_PROBLEMS: usize = 5;

/// Decides about the failure that an event reports.
pub fn decide(event: &Event<'_>, policy: &Policy) -> Decision {
    match event.failure() {
        Ok(failure) => exitwise_engine::decide(policy, &failure, event.state(), &event.context()),
        Err(why) => Decision::invalid_event(event.state(), why),
    }
}

/// Compiles a policy.
///
/// # Errors
/// Its first problems, one line for each.
pub(crate) fn compile(text: &str) -> Result<Policy, String> {
    Policy::load_for_decisions(text).map_err(|problems| {
        let problems = problems.iter().take(MAX_LISTED_PROBLEMS);
        problems
            .map(|problem| problem.one_line(text))
            .collect::<Vec<_>>()
            .join("\n")
    })
}

/// An error instead of an answer. Its names are constants, because state machines match on them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// The policy in the event does not load; with its first problems, one line for each.
    #[error("the event's policy has errors:\n{0}")]
    PolicyInvalid(String),
    /// A bug: the handler panicked.
    #[error("a bug in ProcessError; its log says where")]
    Panicked,
}

impl HandlerError {
    /// The error name that Step Functions sees.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PolicyInvalid(_) => "Policy.Invalid",
            Self::Panicked => "Handler.Panicked",
        }
    }
}

/// Answers events. Invocations share it: it keeps compiled policies and nothing else.
///
/// # Examples
///
/// ```
/// use exitwise_lambda::Handler;
///
/// let event = br#"{"taskError": {
///     "Error": "States.TaskFailed",
///     "Cause": "{\"Containers\": [{\"Name\": \"app\", \"ExitCode\": 4}]}"
/// }}"#;
/// let answer = serde_json::to_value(Handler::default().answer(event)?).unwrap();
/// assert_eq!(answer["type"], "TEMPORARY");
/// assert_eq!(answer["rule"], "network-error");
/// # Ok::<(), exitwise_lambda::HandlerError>(())
/// ```
#[derive(Debug, Default)]
pub struct Handler {
    /// Decides about events without a policy. The default policy is compiled when it is first
    /// needed, because most events have a policy.
    own: OnceLock<Arc<Policy>>,
    /// Policies of earlier events, the last used one last.
    kept: Mutex<Vec<KeptPolicy>>,
}

/// A compiled policy from an event.
#[derive(Debug)]
struct KeptPolicy {
    /// The policy as a JSON string, as it was in the event. Comparing it is faster than decoding it.
    json: String,
    policy: Arc<Policy>,
}

impl Handler {
    /// A handler with this policy for events that have none; [`Handler::default`] uses
    /// [`DEFAULT_POLICY`].
    pub fn new(policy: Policy) -> Self {
        Self {
            own: Arc::new(policy).into(),
            kept: Mutex::default(),
        }
    }

    /// Answers an event. An unusable event is answered with FATAL.
    ///
    /// # Errors
    /// The policy in the event does not load.
    pub fn answer(&self, payload: &[u8]) -> Result<Answer, HandlerError> {
        let event = Event::read(payload);
        if let Some(text) = event.policy_to_validate() {
            return Ok(Answer::Validation(Validation::of(text)));
        }
        let policy = self.policy(&event)?;
        Ok(Answer::Decision(Decided {
            decision: decide(&event, &policy),
            policy,
            execution_id: event.execution_id().map(str::to_owned),
            elapsed_seconds: event.context().elapsed_seconds,
        }))
    }

    /// The policy that decides about an event.
    fn policy(&self, event: &Event<'_>) -> Result<Arc<Policy>, HandlerError> {
        let Some(json) = event.policy_json() else {
            return self.own();
        };
        let mut kept = self.kept();
        let latest = match kept.iter().position(|kept| kept.json == json) {
            Some(index) => kept.remove(index),
            None => match event.policy() {
                Some(text) => KeptPolicy {
                    json: json.to_owned(),
                    policy: compile_shared(&text)?,
                },
                None => return self.own(),
            },
        };
        let policy = Arc::clone(&latest.policy);
        kept.push(latest);
        if kept.len() > MAX_KEPT_POLICIES {
            kept.remove(0);
        }
        Ok(policy)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<KeptPolicy>> {
        // A panic elsewhere cannot leave the list half-changed: each change is one call.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self) -> Result<Arc<Policy>, HandlerError> {
        if let Some(own) = self.own.get() {
            return Ok(Arc::clone(own));
        }
        let policy = compile_shared(DEFAULT_POLICY)?;
        Ok(Arc::clone(self.own.get_or_init(|| policy)))
    }
}

fn compile_shared(text: &str) -> Result<Arc<Policy>, HandlerError> {
    compile(text)
        .map(Arc::new)
        .map_err(HandlerError::PolicyInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_used_last_are_kept() {
        let handler = Handler::default();
        for n in (0..40).chain([30]) {
            let policy = format!("version = 1\nlimits = {{ max_retries = {n} }}\n");
            let event = serde_json::json!({"taskError": {}, "policy": policy}).to_string();
            handler.answer(event.as_bytes()).unwrap();
        }
        let kept = handler.kept.lock().unwrap();
        let retries: Vec<_> = kept
            .iter()
            .map(|kept| kept.policy.limits().max_retries)
            .collect();
        assert_eq!(
            retries,
            [
                24, 25, 26, 27, 28, 29, 31, 32, 33, 34, 35, 36, 37, 38, 39, 30
            ]
        );
    }
}
