//! Turns the bytes of an event into the answer.

use crate::DEFAULT_POLICY;
use crate::answer::{Answer, Decided};
use crate::event::Event;
use crate::validation::Validation;
use exitwise_engine::{Decision, Failure, Policy};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Maximum number of compiled policies from events that are kept: more workflows than one function
/// is likely to serve.
const MAX_KEPT_POLICIES: usize = 16;

/// Maximum number of a policy's problems that an error message lists: about a screenful.
const MAX_LISTED_PROBLEMS: usize = 5;

/// Decides what to do after the failure that an event reports.
pub fn decide(event: &Event<'_>, policy: &Policy) -> Decision {
    decide_about(&event.failure(), event, policy)
}

/// Decides as [`decide`] does, about what [`Event::failure`] has returned.
pub fn decide_about(
    failure: &Result<Failure<'_>, &'static str>,
    event: &Event<'_>,
    policy: &Policy,
) -> Decision {
    match failure {
        Ok(failure) => exitwise_engine::decide(policy, failure, event.state(), &event.context()),
        Err(why) => Decision::invalid_event(policy, event.state(), why),
    }
}

/// Compiles a policy.
///
/// # Errors
/// Returns the first problems of the policy, one on each line.
pub(crate) fn compile(text: &str) -> Result<Policy, String> {
    Policy::load_for_decisions(text).map_err(|problems| {
        let problems = problems.iter().take(MAX_LISTED_PROBLEMS);
        problems
            .map(|problem| problem.one_line(text))
            .collect::<Vec<_>>()
            .join("\n")
    })
}

/// The reason why the handler cannot answer. Each error has a constant name, because state machines
/// match on it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// The policy in the event has errors. The value lists the policy's first problems, one on each
    /// line.
    #[error("the event's policy has errors:\n{0}")]
    PolicyInvalid(String),
    /// The handler panicked, because of a bug.
    #[error("a bug in ProcessError; its log says where")]
    Panicked,
}

impl HandlerError {
    /// Returns the error name that Step Functions sees.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PolicyInvalid(_) => "Policy.Invalid",
            Self::Panicked => "Handler.Panicked",
        }
    }
}

/// Answers events. One handler serves all invocations; it keeps nothing between them except
/// compiled policies.
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
    /// The policy for events that have none. The default policy is compiled when it is first
    /// needed, because most events have a policy.
    own: OnceLock<Arc<Policy>>,
    /// The policies of earlier events, ordered by their last use; the most recent one is last.
    kept: Mutex<Vec<KeptPolicy>>,
}

/// A compiled policy from an event.
#[derive(Debug)]
struct KeptPolicy {
    /// The policy as it was in the event, encoded as a JSON string. Comparing encoded strings is
    /// faster than decoding them.
    json: String,
    policy: Arc<Policy>,
}

impl Handler {
    /// Creates a handler that uses `policy` for events that have none. [`Handler::default`] uses
    /// [`DEFAULT_POLICY`].
    pub fn new(policy: Policy) -> Self {
        Self {
            own: Arc::new(policy).into(),
            kept: Mutex::default(),
        }
    }

    /// Answers an event. The answer to an unusable event is FATAL.
    ///
    /// # Errors
    /// Returns an error if the policy in the event has errors.
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

    /// Returns the policy for an event: the one in the event, or else the handler's own.
    fn policy(&self, event: &Event<'_>) -> Result<Arc<Policy>, HandlerError> {
        let Some(json) = event.policy_json() else {
            return self.own();
        };
        let mut kept = self.kept();
        let latest = match kept.iter().position(|kept| kept.json == json) {
            Some(index) => kept.remove(index),
            None => {
                let text = event.policy();
                let text = text.map_err(|why| HandlerError::PolicyInvalid(why.into()))?;
                KeptPolicy {
                    json: json.to_owned(),
                    policy: compile_shared(&text.unwrap_or_default())?,
                }
            }
        };
        let policy = Arc::clone(&latest.policy);
        kept.push(latest);
        if kept.len() > MAX_KEPT_POLICIES {
            kept.remove(0);
        }
        Ok(policy)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<KeptPolicy>> {
        // A panic elsewhere cannot leave the list inconsistent, because each change is a single
        // call.
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
