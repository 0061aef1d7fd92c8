//! What makes the decisions of a state machine.

/// What makes the decisions of a state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// The state machine itself: the policy is one JSONata expression.
    Native,
    /// The Lambda function ProcessError.
    Lambda {
        /// The name or the ARN of the function, or a marker of a template, such as `${function_arn}`.
        function: String,
    },
}
