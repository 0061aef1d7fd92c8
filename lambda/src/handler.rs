//! From an event's bytes to the answer, under the policy that the event brings along or the handler's own.

use crate::wire::{ErrorState, Event};
use policy_engine::{Decision, Policy};
use std::sync::{Arc, Mutex, PoisonError};

/// How many policies of events are kept compiled: as many workflows as one function is likely to serve.
const KEPT_POLICIES: usize = 16;

/// Decides about the failure that an event reports.
pub fn decide(event: &Event<'_>, policy: &Policy) -> Decision {
    match event.failure() {
        Ok(failure) => policy_engine::decide(policy, &failure, event.state(), &event.context()),
        Err(why) => Decision::invalid_event(event.state(), why),
    }
}

/// What the handler cannot answer. Its names are constants: state machines match on them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// The event brings a policy that does not load; with the first problems, a line each.
    #[error("the event's policy has errors: {0}")]
    PolicyInvalid(String),
    /// The answer cannot be written as JSON.
    #[error("the answer cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

impl HandlerError {
    /// The error name that Step Functions sees.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PolicyInvalid(_) => "Policy.Invalid",
            Self::Unwritable(_) => "Handler.Unwritable",
        }
    }
}

/// Answers events. Shared between invocations: it keeps compiled policies and nothing else.
#[derive(Debug)]
pub struct Handler {
    own: Arc<Policy>,
    /// Policies of earlier events, the latest last.
    kept: Mutex<Vec<Arc<Policy>>>,
}

impl Handler {
    /// A handler that decides by this policy where an event brings none.
    pub fn new(policy: Policy) -> Self {
        Self { own: Arc::new(policy), kept: Mutex::default() }
    }

    /// The answer to an event: one JSON object, the `errorState` of the state machine.
    ///
    /// Every event gets a decision, the invalid one too; it is FATAL.
    ///
    /// # Errors
    /// The event brings a policy that does not load.
    pub fn answer(&self, payload: &[u8]) -> Result<String, HandlerError> {
        let event = Event::read(payload);
        let policy = event.policy().map_or_else(|| Ok(Arc::clone(&self.own)), |text| self.compiled(text))?;
        let decision = decide(&event, &policy);
        Ok(serde_json::to_string(&ErrorState::new(&decision, &policy))?)
    }

    /// The policy of this text, compiled once.
    fn compiled(&self, text: &str) -> Result<Arc<Policy>, HandlerError> {
        // A panic elsewhere cannot leave the list half-changed: each change is one call.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|policy| policy.source() == text);
        let policy = match found {
            Some(index) => kept.remove(index),
            None => Arc::new(load(text)?),
        };
        kept.push(Arc::clone(&policy));
        if kept.len() > KEPT_POLICIES {
            kept.remove(0);
        }
        Ok(policy)
    }
}

fn load(text: &str) -> Result<Policy, HandlerError> {
    Policy::load(text).map(|(policy, _)| policy).map_err(|problems| {
        let lines: Vec<_> = problems.iter().take(5).map(|problem| problem.one_line(text)).collect();
        HandlerError::PolicyInvalid(lines.join("\n"))
    })
}
