//! The Parallel state that takes the place of a Task state.

use super::data_flow::{DataFlow, WovenTask, end_or_next};
use super::figures::{StateCost, WovenState};
use super::keys::{KeyPlace, place_of};
use super::mark::mark;
use super::target::WeaveTarget;
use super::warnings::is_policy_error;
use crate::decision::BadPattern;
use crate::json::{Fragment, Node, NodeMember};
use crate::jsonata::{call, join, var};
use crate::states::{Language, NamedState, expression};

/// A key and its value.
pub(super) type NamedFragment = (String, Fragment);

/// The variable of the loop's id, start and, in JSONPath, input.
pub(super) const LOOP_VARIABLE: &str = "retryLoop";

/// The generated states of all woven states; some have fewer.
pub(super) const GENERATED_STATES: [&str; 12] = [
    "Init",
    "RunTask",
    "KeepError",
    "ProcessError",
    "ReadCauseAsText",
    "Never",
    "ErrorStateChoice",
    "WaitBeforeRetry",
    "Succeeded",
    "Done",
    "FatalError",
    "UnknownDecision",
];

/// The name of the state that runs the task.
pub(super) const RUN_TASK: &str = "RunTask";

impl WovenTask<'_> {
    /// Returns the Parallel state, and what it costs.
    pub(super) fn parallel(
        &self,
        name: &str,
        language: Language,
        target: &WeaveTarget<'_>,
        flow: DataFlow,
    ) -> Result<(Fragment, WovenState), BadPattern> {
        let retry_loop = self.retry_loop;
        let mut states = vec![self.init(name, language), self.run_task(language, &flow)];
        if language == Language::JsonPath {
            states.push(self.keep_error());
        }
        // The Parallel state, Init, and Done, in place of a Task state alone.
        let has_done = u32::from(flow.done.is_some());
        states.extend(retry_loop.decision_states()?);
        let [choice, wait, fatal, unknown] = retry_loop.choice_states();
        states.extend([choice, wait, flow.succeeded]);
        states.extend(flow.done);
        states.extend([fatal, unknown]);
        let nested = states
            .iter()
            .filter(|(name, _)| *name == retry_loop.name("ProcessError"));
        let is_native = matches!(retry_loop.backend, crate::states::Backend::Native);
        let states_added = states.len() + nested.filter(|_| is_native).count();
        let branch = Fragment::object([
            ("StartAt", Fragment::Text(retry_loop.name("Init"))),
            ("States", Fragment::Object(states)),
        ]);
        let comment = mark(target.policy, target.policy_name);
        let mut members = vec![
            ("Type".to_owned(), Fragment::text("Parallel")),
            ("Comment".to_owned(), Fragment::Literal(comment)),
        ];
        if language == Language::Jsonata {
            members.extend(retry_loop.language());
        }
        members.push(("Branches".to_owned(), Fragment::List(vec![branch])));
        members.extend(flow.outside);
        for member in self.state.members() {
            match place_of(&member.key, language) {
                Some(KeyPlace::Outside) => members.push(self.moved(member)),
                Some(KeyPlace::Retry) => members.extend(self.kept_retry(member)),
                _ => {}
            }
        }
        let resource = self.state.get("Resource").and_then(Node::text);
        let cost = |waits| {
            StateCost::of(
                resource.unwrap_or_default(),
                language,
                retry_loop.backend,
                waits,
            )
        };
        let figures = WovenState {
            path: self.path.to_owned(),
            line: self.document.place(&self.state.span).line,
            policy_name: target.policy_name.to_owned(),
            states_added,
            extra: StateCost::of_entry(has_done),
            retriable: cost(false),
            temporary: cost(true),
        };
        Ok((Fragment::Object(members), figures))
    }

    /// Returns the first state of the branch, which sets the variables.
    fn init(&self, name: &str, language: Language) -> NamedState {
        let context = || var("states").field("context");
        let execution = context().field("Execution").field("Id");
        let name = format!("/{name}/").into();
        let id = join(vec![execution, name, call("uuid", [])]);
        let entered = context().field("State").field("EnteredTime");
        let mut variables = vec![
            ("id", expression(&id.to_string())),
            ("startTime", expression(&entered.to_string())),
        ];
        let is_json_path = language == Language::JsonPath;
        if is_json_path {
            variables.push(("input", expression("$states.input")));
        }
        let error_state = self.retry_loop.first_error_state(true);
        let assign = Fragment::object([
            ("errorState", error_state),
            (LOOP_VARIABLE, Fragment::object(variables)),
        ]);
        let next = Fragment::Text(self.retry_loop.name(RUN_TASK));
        self.retry_loop
            .state("Init", "Pass", [("Assign", assign), ("Next", next)])
    }

    /// Returns the user's state, without what is outside now.
    fn run_task(&self, language: Language, flow: &DataFlow) -> NamedState {
        let members = self.state.members().iter();
        let members = members.filter(|it| place_of(&it.key, language) == Some(KeyPlace::Call));
        let mut members: Vec<_> = members.map(|member| self.moved(member)).collect();
        members.extend(flow.call.iter().cloned());
        let catch = match language {
            Language::Jsonata => self.retry_loop.catch(),
            Language::JsonPath => Fragment::List(vec![Fragment::object([
                ("ErrorEquals", Fragment::texts(["States.ALL"])),
                ("Next", Fragment::Text(self.retry_loop.name("KeepError"))),
            ])]),
        };
        members.push(("Catch".to_owned(), catch));
        members.push(end_or_next(flow.done.as_ref()));
        (self.retry_loop.name(RUN_TASK), Fragment::Object(members))
    }

    /// Returns the state that takes the error output of a JSONPath state from its input. A path cannot
    /// do that: the Cause may be absent.
    fn keep_error(&self) -> NamedState {
        let input = expression(&format!("${LOOP_VARIABLE}.input"));
        let variables = self.retry_loop.failure_variables("$states.input");
        let next = Fragment::Text(self.retry_loop.name("ProcessError"));
        let members = [("Assign", variables), ("Output", input), ("Next", next)];
        self.retry_loop.state("KeepError", "Pass", members)
    }

    /// Returns the retriers for errors of the policy, which stay on the Parallel.
    fn kept_retry(&self, member: &NodeMember) -> Option<NamedFragment> {
        let retriers = member.value.items().iter();
        let kept = retriers.filter(|retrier| retries_policy_errors(retrier));
        let kept: Vec<_> = kept
            .map(|retrier| Fragment::verbatim(self.document, retrier))
            .collect();
        (!kept.is_empty()).then(|| (member.key.clone(), Fragment::List(kept)))
    }
}

/// Returns whether a retrier names an error of a policy.
pub(crate) fn retries_policy_errors(retrier: &Node) -> bool {
    let errors = retrier.get("ErrorEquals").map_or(&[][..], Node::items);
    errors.iter().filter_map(Node::text).any(is_policy_error)
}
