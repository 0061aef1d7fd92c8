//! What works differently after weaving.

use crate::json::SourcePlace;

/// Something that works differently after weaving than the definition's author may think.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind}")]
#[non_exhaustive]
pub struct WeaveWarning {
    /// The place in the definition.
    pub place: SourcePlace,
    /// What works differently.
    pub kind: WeaveWarningKind,
}

/// What works differently after weaving.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum WeaveWarningKind {
    /// A retrier is left out.
    #[error("the policy takes the place of this `Retry` of `{state}`{}", for_errors(.errors))]
    RetryDropped { state: String, errors: Vec<String> },
    /// A catcher waits for an error that the policy decides about.
    #[error("`{state}` no longer fails with `{error}`: the policy decides about it")]
    CatchUnreachable { state: String, error: String },
    /// A catcher waits for an error that this policy never returns.
    #[error("the policy of `{state}` never fails with `{error}`")]
    NoSuchPolicyError { state: String, error: String },
    /// The call does not use what the policy says about the next run.
    #[error("the policy changes {} of runs, but the call of `{state}` does not use it", listed(.members))]
    RunNotUsed {
        state: String,
        members: Vec<&'static str>,
        arguments: &'static str,
    },
    /// A part of the context object has another value inside the loop.
    #[error("`{path}` {now} in the woven state")]
    ContextDiffers {
        path: &'static str,
        now: &'static str,
        instead: &'static str,
    },
    /// Keys that read the result also read that of a SUCCESS rule.
    #[error(
        "if the rule `{rule}` ends `{state}` as succeeded, `{key}` reads `outcome`, `rule`, \
         `error` and `cause` in place of the task's result"
    )]
    SuccessOutput {
        state: String,
        rule: String,
        key: &'static str,
    },
    /// A call returns before the task has ended.
    #[error("`{resource}` does not wait for the task, so the policy sees only failed starts")]
    DoesNotWait { resource: String },
    /// A marker may stand for an expression with the result.
    #[error("this marker may stand for an expression, which weaving cannot read")]
    HiddenExpression,
}

impl WeaveWarningKind {
    /// Returns what to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::RetryDropped { .. } => {
                "remove it from the definition, and check that the policy \
                                          has a rule for these errors"
                    .to_owned()
            }
            Self::CatchUnreachable { .. } => {
                "catch the policy's errors, such as `Fatal.<rule>` and \
                                              `RetriesExhausted.<rule>`, or `States.TaskFailed`"
                    .to_owned()
            }
            Self::NoSuchPolicyError { .. } => {
                "name a rule of the policy: `Fatal.<rule>` for a FATAL one, \
                 `RetriesExhausted.<rule>` for one that retries"
                    .to_owned()
            }
            Self::RunNotUsed {
                members, arguments, ..
            } => {
                let uses = members
                    .iter()
                    .map(|member| format!("`$errorState.run.{member}`"));
                let uses = uses.collect::<Vec<_>>().join(", ");
                format!("use {uses} in `{arguments}`; in the first run they have the first values")
            }
            Self::ContextDiffers { instead, .. } => (*instead).to_owned(),
            Self::SuccessOutput { key, .. } => {
                format!("let `{key}` handle both, or do not use SUCCESS rules here")
            }
            Self::DoesNotWait { .. } => {
                "use the integration that ends in `.sync`, or `.waitForTaskToken`".to_owned()
            }
            Self::HiddenExpression => {
                "check that no `$states.result` is in what the marker stands \
                                       for; write `$states.result[0]` there"
                    .to_owned()
            }
        }
    }
}

fn for_errors(errors: &[String]) -> String {
    match errors.is_empty() {
        true => String::new(),
        false => {
            let quoted: Vec<_> = errors.iter().map(|error| format!("`{error}`")).collect();
            format!(": {}", quoted.join(", "))
        }
    }
}

fn listed(members: &[&'static str]) -> String {
    members
        .iter()
        .map(|member| format!("`{member}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
