//! Decides, after a container task has failed, whether to run it again and when.
//!
//! AWS Step Functions runs a container on ECS or Fargate, and the container fails. What to do next
//! depends on why: a bad input must not run again, a network error should wait, a lost Spot host
//! should start again at once. A [`Policy`] states this as data, in TOML; [`decide`] applies it.
//!
//! # A first decision
//!
//! ```
//! use exitwise_engine::policy::Draw;
//! use exitwise_engine::{ExecutionContext, Failure, Policy, RetryState, Verdict, decide};
//!
//! let (policy, warnings) = Policy::load(r#"
//!     version = 1
//!     container = "app"
//!
//!     [limits]
//!     max_retries = 3
//!
//!     [[rule]]
//!     name = "network-error"
//!     when = { exit_code = [4, "40..=49"] }
//!     type = "TEMPORARY"
//!     backoff = { exponential = { initial = "30s", factor = 2 }, cap = "5m" }
//! "#)?;
//! assert!(warnings.is_empty());
//!
//! // What Step Functions passes to a Catch.
//! let cause = r#"{"Containers": [{"Name": "app", "ExitCode": 4}]}"#;
//! let failure = Failure::read(Some("States.TaskFailed"), Some(cause));
//!
//! // Jitter is keyed by the execution's id, so a decision can be repeated anywhere.
//! let context = ExecutionContext::new(Draw::Keyed(Some("arn:x")), Some(0));
//! let first = decide(&policy, &failure, &RetryState::default(), &context);
//! assert_eq!(first.verdict, Verdict::Temporary { wait_seconds: 30 });
//! assert_eq!(
//!     first.cause(),
//!     "app exited with 4; rule network-error (line 8): retry 1 of 3 after 30 s"
//! );
//!
//! // The counters carry over to the next failure.
//! let second = decide(&policy, &failure, &RetryState::Readable(first.counters), &context);
//! assert_eq!(second.verdict, Verdict::Temporary { wait_seconds: 60 });
//! # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
//! ```
//!
//! [`decide`] is a pure, total function: no I/O, no clock, no randomness, no panic. The same
//! arguments give the same decision on every machine. Every execution ends: the [worst
//! case](analysis::WorstCase) of a policy, that is, the most runs and the longest wait before
//! FATAL, is computed exactly.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`failure`] | the failure, read from what Step Functions reports |
//! | [`policy`] | the compiled policy: rules, conditions, backoffs, limits |
//! | [`decision`] | the decision, its counters, and its wording |
//! | [`language`] | the keys of the policy language and their JSON Schema; [`Policy::load`] reads it |
//! | [`analysis`] | worst case, explanation, tests, examples, a walk through all states |
//! | [`diagnostic`] | problems of a policy text, with places and help |
//!
//! The [reference](https://github.com/exitwise/exitwise/blob/main/docs/policy-reference.md)
//! describes the whole policy language.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `render` | [`Diagnostic::render`](diagnostic::Diagnostic): problems with source lines and carets |
//! | `examples` | [`Policy::example`](analysis): failures for which a given rule decides |
//! | `schema` | [`language`]: the JSON Schema of policies and the list of all keys |

pub mod analysis;
pub mod decision;
pub mod diagnostic;
pub mod failure;
pub mod language;
pub mod policy;

pub use decision::{Decision, ExecutionContext, RetryState, Verdict, decide};
pub use failure::Failure;
pub use policy::Policy;
