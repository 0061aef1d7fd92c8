//! The states of a retry loop, except ProcessError.

use super::backend::Backend;
use crate::decision::LoopKey;
use crate::json::Fragment;
use exitwise_engine::Policy;

/// The language of a state's expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    JsonPath,
    Jsonata,
}

impl Language {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        }
    }
}

/// A retry loop. Its states communicate by workflow variables:
///
/// | variable | value |
/// |---|---|
/// | `errorState` | the last decision, as ProcessError returns it |
/// | `taskError` | the last failure: its `Error` and `Cause` |
/// | `jsonLevels` | number of levels at which the Cause is read as JSON; without a Lambda function only |
#[derive(Debug, Clone)]
pub(crate) struct RetryLoop<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) backend: &'p Backend,
    /// The start of the name of every state.
    pub(crate) prefix: String,
    /// The name, after the prefix, of the state that runs the task.
    pub(crate) run_task: &'static str,
    pub(crate) key: LoopKey,
    /// The partition of AWS, such as `aws` or `aws-cn`, or a marker of a template.
    pub(crate) partition: String,
    /// The language of the state machine.
    pub(crate) machine_language: Language,
}

/// A name and its state.
pub(crate) type NamedState = (String, Fragment);

impl RetryLoop<'_> {
    /// Number of levels at which the Cause is read as JSON first: that of a child execution, which
    /// contains that of its task.
    const JSON_LEVELS: u32 = 2;

    /// Returns the name of a state.
    pub(crate) fn name(&self, state: &str) -> String {
        format!("{}{state}", self.prefix)
    }

    /// Returns the first members of a state: its type, and its language if the state machine has
    /// another one.
    pub(super) fn head(&self, type_name: &str) -> Vec<(String, Fragment)> {
        let mut members = vec![("Type".to_owned(), Fragment::text(type_name))];
        members.extend(self.language());
        members
    }

    /// Returns the member that says that a state is in JSONata. `None` if the state machine is.
    pub(crate) fn language(&self) -> Option<(String, Fragment)> {
        let language = Language::Jsonata;
        let is_other = self.machine_language != language;
        is_other.then(|| {
            (
                "QueryLanguage".to_owned(),
                Fragment::text(language.as_str()),
            )
        })
    }

    /// Returns a state.
    pub(crate) fn state<const N: usize>(
        &self,
        name: &str,
        type_name: &str,
        members: [(&str, Fragment); N],
    ) -> NamedState {
        let mut all = self.head(type_name);
        all.extend(members.map(|(key, value)| (key.to_owned(), value)));
        (self.name(name), Fragment::Object(all))
    }

    /// Returns the errorState before the first failure. With `run`, it has what the first run gets, for
    /// a call that reads the members of `run` in fields of their own: there, none may be absent.
    pub(crate) fn first_error_state(&self, run: bool) -> Fragment {
        let number = |number: &str| Fragment::Number(number.to_owned());
        let mut members = vec![
            ("type", Fragment::text("NONE")),
            ("retryCount", number("0")),
            ("waitSeconds", number("0")),
            ("rule", Fragment::text("none")),
            ("error", Fragment::text("none")),
        ];
        let changes = ChangesOfRuns::of(self.policy);
        if run && changes.any() {
            members.push(("run", changes.first_run(self.policy)));
        }
        Fragment::object(members)
    }

    /// Returns the variables that a failure sets. `failure` is an expression: the error output.
    pub(crate) fn failure_variables(&self, failure: &str) -> Fragment {
        let mut members = vec![("taskError", expression(failure))];
        if matches!(self.backend, Backend::Native) {
            let levels = Fragment::Number(Self::JSON_LEVELS.to_string());
            members.push(("jsonLevels", levels));
        }
        Fragment::object(members)
    }

    /// Returns the catcher of a JSONata state that runs the task.
    pub(crate) fn catch(&self) -> Fragment {
        let catcher = Fragment::object([
            ("ErrorEquals", Fragment::texts(["States.ALL"])),
            ("Assign", self.failure_variables("$states.errorOutput")),
            ("Output", expression("$states.input")),
            ("Next", Fragment::Text(self.name("ProcessError"))),
        ]);
        Fragment::List(vec![catcher])
    }

    /// Returns the states that act on a decision, except Succeeded.
    pub(crate) fn choice_states(&self) -> [NamedState; 4] {
        let next = |state: &str| Fragment::Text(self.name(state));
        let when = |type_name: &str, state: &str| {
            let condition = expression(&format!("$errorState.type = '{type_name}'"));
            Fragment::object([("Condition", condition), ("Next", next(state))])
        };
        let choices = vec![
            when("RETRIABLE", self.run_task),
            when("TEMPORARY", "WaitBeforeRetry"),
            when("FATAL", "FatalError"),
            when("SUCCESS", "Succeeded"),
        ];
        [
            self.state(
                "ErrorStateChoice",
                "Choice",
                [
                    ("Choices", Fragment::List(choices)),
                    ("Default", next("UnknownDecision")),
                ],
            ),
            self.state(
                "WaitBeforeRetry",
                "Wait",
                [
                    ("Seconds", expression("$errorState.waitSeconds")),
                    ("Next", next(self.run_task)),
                ],
            ),
            self.state(
                "FatalError",
                "Fail",
                [
                    ("Error", expression("$errorState.error")),
                    ("Cause", expression("$errorState.cause")),
                ],
            ),
            self.state(
                "UnknownDecision",
                "Fail",
                [
                    ("Error", Fragment::text("UnknownDecision")),
                    ("Cause", Fragment::text(self.unknown_decision())),
                ],
            ),
        ]
    }

    /// Returns the Cause of UnknownDecision.
    pub(crate) fn unknown_decision(&self) -> &'static str {
        match self.backend {
            Backend::Native => "ProcessError could not evaluate the policy.",
            Backend::Lambda { .. } => {
                "ProcessError returned a type other than RETRIABLE, TEMPORARY, FATAL or SUCCESS."
            }
        }
    }

    /// Returns the state Succeeded in JSONata, which ends the state machine or the branch.
    ///
    /// In a state machine in JSONPath it is a Pass state: some validators do not accept that a Succeed
    /// state has a language.
    pub(crate) fn succeeded(&self) -> NamedState {
        let member = |name| (name, expression(&format!("$errorState.{name}")));
        let output = Fragment::object(SUCCESS_MEMBERS.map(member));
        match self.machine_language {
            Language::Jsonata => self.state("Succeeded", "Succeed", [("Output", output)]),
            Language::JsonPath => {
                let end = Fragment::Bool(true);
                self.state("Succeeded", "Pass", [("Output", output), ("End", end)])
            }
        }
    }
}

/// What Succeeded returns of the errorState.
pub(crate) const SUCCESS_MEMBERS: [&str; 4] = ["outcome", "rule", "error", "cause"];

/// Returns a string that is an expression.
pub(crate) fn expression(expression: &str) -> Fragment {
    Fragment::Text(format!("{{% {expression} %}}"))
}

/// What a policy changes about runs: the members of `run` in an errorState.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangesOfRuns {
    pub(crate) size: bool,
    pub(crate) provider: bool,
    pub(crate) subnet: bool,
}

impl ChangesOfRuns {
    pub(crate) fn of(policy: &Policy) -> Self {
        Self {
            size: policy.all_rules().any(|rule| rule.next().larger_size),
            provider: policy
                .all_rules()
                .any(|rule| rule.next().provider.is_some()),
            subnet: policy.all_rules().any(|rule| rule.next().next_subnet),
        }
    }

    pub(crate) fn any(self) -> bool {
        self.size || self.provider || self.subnet
    }

    /// Returns the names of the members.
    pub(crate) fn members(self) -> Vec<&'static str> {
        let mut members = Vec::new();
        if self.size {
            members.extend(["cpu", "memory"]);
        }
        if self.provider {
            members.push("capacityProvider");
        }
        if self.subnet {
            members.push("subnet");
        }
        members
    }

    /// Returns what the first run gets.
    fn first_run(self, policy: &Policy) -> Fragment {
        let mut members = Vec::new();
        if let Some(size) = policy.sizes().first().filter(|_| self.size) {
            members.push(("cpu", Fragment::Text(size.cpu.to_string())));
            members.push(("memory", Fragment::Text(size.memory.to_string())));
        }
        if let Some(provider) = policy.providers().first().filter(|_| self.provider) {
            members.push(("capacityProvider", Fragment::Literal(provider.clone())));
        }
        if self.subnet {
            members.push(("subnet", Fragment::Number("0".to_owned())));
        }
        Fragment::object(members)
    }
}
