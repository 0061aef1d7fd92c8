//! ProcessError, the state that decides.

use super::backend::Backend;
use super::retry_loop::{NamedState, RetryLoop, expression};
use crate::decision::{BadPattern, decision};
use crate::json::Fragment;

/// Time limit of the function, in seconds.
const FUNCTION_TIMEOUT_SECONDS: u32 = 60;

/// The errors of Lambda itself, after which the function is invoked again.
const LAMBDA_ERRORS: [&str; 5] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
];

impl RetryLoop<'_> {
    /// Returns the states that make a decision: ProcessError, and those that it needs.
    ///
    /// # Errors
    /// Returns an error if a pattern of the policy is not valid.
    pub(crate) fn decision_states(&self) -> Result<Vec<NamedState>, BadPattern> {
        match self.backend {
            Backend::Native => Ok(vec![self.native()?, self.read_cause_as_text()]),
            Backend::Lambda { function } => Ok(vec![self.lambda(function)]),
        }
    }

    /// Returns the state that evaluates the policy.
    ///
    /// `$parse` fails if the Cause was cut. Only Task, Parallel and Map states can catch this; a Map
    /// over nothing is the cheapest of them.
    fn native(&self) -> Result<NamedState, BadPattern> {
        let decision = decision(self.policy, &self.key)?;
        let never = self.state("Never", "Pass", [("End", Fragment::Bool(true))]);
        let processor = Fragment::object([
            (
                "ProcessorConfig",
                Fragment::object([("Mode", Fragment::text("INLINE"))]),
            ),
            ("StartAt", Fragment::Text(never.0.clone())),
            ("States", Fragment::Object(vec![never])),
        ]);
        let input = || expression("$states.input");
        let fewer_levels = Fragment::object([("jsonLevels", expression("$jsonLevels - 1"))]);
        let catcher = Fragment::object([
            (
                "ErrorEquals",
                Fragment::texts(["States.QueryEvaluationError"]),
            ),
            ("Assign", fewer_levels),
            ("Output", input()),
            ("Next", Fragment::Text(self.name("ReadCauseAsText"))),
        ]);
        Ok(self.state(
            "ProcessError",
            "Map",
            [
                ("Items", Fragment::List(Vec::new())),
                ("ItemProcessor", processor),
                (
                    "Assign",
                    Fragment::object([("errorState", expression(&decision.to_string()))]),
                ),
                ("Output", input()),
                ("Catch", Fragment::List(vec![catcher])),
                ("Next", Fragment::Text(self.name("ErrorStateChoice"))),
            ],
        ))
    }

    /// Returns the state that lets the policy be evaluated again, with less of the Cause read as
    /// JSON.
    fn read_cause_as_text(&self) -> NamedState {
        let again = Fragment::object([
            ("Condition", expression("$jsonLevels >= 0")),
            ("Next", Fragment::Text(self.name("ProcessError"))),
        ]);
        self.state(
            "ReadCauseAsText",
            "Choice",
            [
                ("Choices", Fragment::List(vec![again])),
                ("Default", Fragment::Text(self.name("UnknownDecision"))),
            ],
        )
    }

    /// Returns the state that invokes the function.
    fn lambda(&self, function: &str) -> NamedState {
        let number = |number: &str| Fragment::Number(number.to_owned());
        let of_key = |value: &dyn std::fmt::Display| expression(&value.to_string());
        let execution = Fragment::object([
            ("id", of_key(&self.key.id)),
            ("startTime", of_key(&self.key.started)),
            ("enteredTime", of_key(&self.key.entered)),
        ]);
        let payload = Fragment::object([
            ("taskError", expression("$taskError")),
            ("errorState", expression("$errorState")),
            ("execution", execution),
            ("policy", Fragment::Literal(self.policy.source().to_owned())),
        ]);
        let retry = Fragment::object([
            ("ErrorEquals", Fragment::texts(LAMBDA_ERRORS)),
            ("IntervalSeconds", number("2")),
            ("MaxAttempts", number("6")),
            ("BackoffRate", number("2.0")),
            ("MaxDelaySeconds", number("60")),
            ("JitterStrategy", Fragment::text("FULL")),
        ]);
        let resource = format!("arn:{}:states:::lambda:invoke", self.partition);
        self.state(
            "ProcessError",
            "Task",
            [
                ("Resource", Fragment::Text(resource)),
                (
                    "TimeoutSeconds",
                    number(&FUNCTION_TIMEOUT_SECONDS.to_string()),
                ),
                (
                    "Arguments",
                    Fragment::object([
                        ("FunctionName", Fragment::text(function)),
                        ("Payload", payload),
                    ]),
                ),
                (
                    "Assign",
                    Fragment::object([("errorState", expression("$states.result.Payload"))]),
                ),
                ("Output", expression("$states.input")),
                ("Retry", Fragment::List(vec![retry])),
                ("Next", Fragment::Text(self.name("ErrorStateChoice"))),
            ],
        )
    }
}
