//! What a Cause describes, if it is not an ECS task.

use std::fmt;

/// What the facts of a failure were read from.
///
/// It is told from the keys of the Cause. No rule can match it. It prints as a sentence, or as an
/// empty text if the Cause is an ECS task, another object, or plain text.
///
/// # Examples
///
/// ```
/// use exitwise_engine::Failure;
///
/// let job = r#"{"JobId":"1","JobQueue":"q","Container":{"ExitCode":4}}"#;
/// let failure = Failure::read(Some("States.TaskFailed"), Some(job));
/// assert_eq!(failure.source.to_string(), "the Cause is a Batch job");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Whether the Cause is a child execution. The facts are then those of the Cause of the child.
    pub in_child_execution: bool,
    /// What the Cause describes, or the Cause of the child.
    pub kind: CauseKind,
}

/// What a Cause describes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CauseKind {
    /// An ECS task, a refused RunTask, another object, or plain text.
    #[default]
    Task,
    /// A Batch job.
    BatchJob,
    /// The error that a Lambda function returned.
    LambdaError,
}

impl Source {
    pub(super) const fn of(kind: CauseKind) -> Self {
        Self {
            in_child_execution: false,
            kind,
        }
    }

    /// Returns the names of what was read, from the outside to the inside. Empty if the Cause is
    /// an ECS task, another object, or plain text.
    pub fn names(self) -> Vec<&'static str> {
        let child = self.in_child_execution.then_some("childExecution");
        let kind = match self.kind {
            CauseKind::Task => None,
            CauseKind::BatchJob => Some("batchJob"),
            CauseKind::LambdaError => Some("lambdaError"),
        };
        child.into_iter().chain(kind).collect()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.in_child_execution, self.kind) {
            (false, CauseKind::Task) => "",
            (false, CauseKind::BatchJob) => "the Cause is a Batch job",
            (false, CauseKind::LambdaError) => "the Cause is the error of a Lambda function",
            (true, CauseKind::Task) => {
                "the Cause is a failed child execution; this is the failure inside it"
            }
            (true, CauseKind::BatchJob) => {
                "the Cause is a failed child execution; this is the failed Batch job inside it"
            }
            (true, CauseKind::LambdaError) => {
                "the Cause is a failed child execution; this is the failed Lambda function inside it"
            }
        })
    }
}
