//! From an event's bytes to the answer, under the policy that the event brings along or the handler's own.

use crate::DEFAULT_POLICY;
use crate::event::Event;
use crate::validation::{Answer, Decided, Validation, lines};
use policy_engine::{Decision, Policy};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// How many policies of events are kept compiled: as many workflows as one function is likely to serve.
const KEPT_POLICIES: usize = 16;

/// How many problems of a policy an error's message tells: what fits on a screen.
const TOLD_PROBLEMS: usize = 5;

/// Decides about the failure that an event reports.
pub fn decide(event: &Event<'_>, policy: &Policy) -> Decision {
    match event.failure() {
        Ok(failure) => policy_engine::decide(policy, &failure, event.state(), &event.context()),
        Err(why) => Decision::invalid_event(event.state(), why),
    }
}

/// The policy of this text, or its first problems, a line each.
pub(crate) fn compile(text: &str) -> Result<Policy, String> {
    Policy::compile(text).map_err(|problems| lines(problems.iter().take(TOLD_PROBLEMS), text))
}

/// What the handler cannot answer. Its names are constants: state machines match on them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// The event brings a policy that does not load; with the first problems, a line each.
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

/// Answers events. Shared between invocations: it keeps compiled policies and nothing else.
#[derive(Debug, Default)]
pub struct Handler {
    /// The default policy is compiled when it is first needed: most events bring their own.
    own: OnceLock<Arc<Policy>>,
    kept: Mutex<Vec<Kept>>,
}

/// A policy of an earlier event; the latest one used is the last.
#[derive(Debug)]
struct Kept {
    /// The policy's text as the event had it, quotes, escapes and all: comparing it spares reading it.
    json: String,
    policy: Arc<Policy>,
}

impl Handler {
    /// A handler that decides by this policy where an event brings none; [`Handler::default`] takes [`DEFAULT_POLICY`].
    pub fn new(policy: Policy) -> Self {
        Self {
            own: Arc::new(policy).into(),
            kept: Mutex::default(),
        }
    }

    /// The answer to an event.
    ///
    /// Every event gets one, an invalid event too: then it is FATAL.
    ///
    /// # Errors
    /// The event brings a policy that does not load.
    pub fn answer(&self, payload: &[u8]) -> Result<Answer, HandlerError> {
        let event = Event::read(payload);
        if let Some(text) = event.policy_to_validate() {
            return Ok(Answer::Validation(Validation::of(text)));
        }
        let policy = self.policy(&event)?;
        let decision = decide(&event, &policy);
        Ok(Answer::Decision(Decided {
            decision,
            policy,
            execution_id: event.execution_id().map(str::to_owned),
        }))
    }

    fn policy(&self, event: &Event<'_>) -> Result<Arc<Policy>, HandlerError> {
        let Some(json) = event.policy_json() else {
            return self.own();
        };
        let mut kept = self.kept();
        let latest = match kept.iter().position(|kept| kept.json == json) {
            Some(index) => kept.remove(index),
            None => match event.policy() {
                Some(text) => Kept {
                    json: json.to_owned(),
                    policy: compiled(&text)?,
                },
                None => return self.own(),
            },
        };
        let policy = Arc::clone(&latest.policy);
        kept.push(latest);
        if kept.len() > KEPT_POLICIES {
            kept.remove(0);
        }
        Ok(policy)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        // A panic elsewhere cannot leave the list half-changed: each change is one call.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self) -> Result<Arc<Policy>, HandlerError> {
        if let Some(own) = self.own.get() {
            return Ok(Arc::clone(own));
        }
        let policy = compiled(DEFAULT_POLICY)?;
        Ok(Arc::clone(self.own.get_or_init(|| policy)))
    }
}

fn compiled(text: &str) -> Result<Arc<Policy>, HandlerError> {
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
