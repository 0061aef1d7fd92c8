//! Finds what works differently after weaving.

use super::data_flow::{DataFlow, WovenTask};
use super::keys::{KeyPlace, arguments_key, place_of};
use super::parallel::retries_policy_errors;
use super::warning::{WeaveWarning, WeaveWarningKind};
use crate::json::{Node, NodeMember};
use crate::states::{Backend, ChangesOfRuns, Language};
use exitwise_engine::policy::Type;
use std::ops::Range;

/// The error names of a policy that no rule's name is part of.
const POLICY_ERRORS: [&str; 5] = [
    "WaitBudgetSpent",
    "DeadlineReached",
    "InvalidErrorState",
    "InvalidEvent",
    "UnknownDecision",
];

/// Error names with which the Parallel can fail besides those of the policy.
const OWN_ERRORS: [&str; 6] = [
    "States.ALL",
    "States.TaskFailed",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.QueryEvaluationError",
    "States.Runtime",
];

/// Parts of the context object that have another value inside the branch: how they are written, what
/// they are now, and what to write instead.
const CONTEXT: [(&str, &str, &str); 2] = [
    (
        "State.RetryCount",
        "is always 0",
        "use `$errorState.retryCount`",
    ),
    (
        "State.Name",
        "is the name of the state that runs the task",
        "write the name as a text",
    ),
];

/// Returns whether an error name is one of a policy's.
pub(super) fn is_policy_error(error: &str) -> bool {
    let is_of_rule = ["Fatal.", "RetriesExhausted."]
        .iter()
        .any(|prefix| error.starts_with(prefix));
    is_of_rule || POLICY_ERRORS.contains(&error)
}

impl WovenTask<'_> {
    /// Returns the warnings, in the order of the text.
    pub(super) fn warnings(&self, language: Language, flow: &DataFlow) -> Vec<WeaveWarning> {
        let mut warnings = Vec::new();
        let mut warn = |span: &Range<usize>, kind| {
            let place = self.document.place(span);
            warnings.push(WeaveWarning { place, kind });
        };
        for member in self.state.members() {
            match (member.key.as_str(), place_of(&member.key, language)) {
                ("Catch", _) => self.check_catch(&member.value, &mut warn),
                ("Resource", _) => check_resource(&member.value, &mut warn),
                (_, Some(KeyPlace::Retry)) => self.check_retry(member, &mut warn),
                (_, Some(KeyPlace::Call)) => self.check_context(member, &mut warn),
                _ => {}
            }
        }
        for span in &flow.hidden {
            warn(span, WeaveWarningKind::HiddenExpression);
        }
        let policy = self.retry_loop.policy;
        let mut rules = policy.rules().iter();
        if let Some(rule) = rules.find(|rule| rule.action().to_type() == Type::Success) {
            for (key, span) in &flow.reads_result {
                let kind = WeaveWarningKind::SuccessOutput {
                    state: self.path.to_owned(),
                    rule: rule.name().to_owned(),
                    key,
                };
                warn(span, kind);
            }
        }
        self.check_run(language, &mut warn);
        warnings.sort_by_key(|warning| warning.place.span.start);
        warnings
    }

    fn check_retry(
        &self,
        retry: &NodeMember,
        warn: &mut dyn FnMut(&Range<usize>, WeaveWarningKind),
    ) {
        let dropped = |errors| WeaveWarningKind::RetryDropped {
            state: self.path.to_owned(),
            errors,
        };
        let retriers = retry.value.items();
        for retrier in retriers.iter().filter(|it| !retries_policy_errors(it)) {
            let errors = retrier.get("ErrorEquals").map_or(&[][..], Node::items);
            let errors = errors.iter().filter_map(Node::text).map(str::to_owned);
            warn(&retrier.span, dropped(errors.collect()));
        }
        if retriers.is_empty() {
            warn(&retry.key_span, dropped(Vec::new()));
        }
    }

    fn check_catch(&self, catch: &Node, warn: &mut dyn FnMut(&Range<usize>, WeaveWarningKind)) {
        let catchers = catch.items().iter();
        let errors = catchers.filter_map(|it| it.get("ErrorEquals"));
        for node in errors.flat_map(Node::items) {
            let Some(error) = node.text() else { continue };
            let kind = if is_policy_error(error) {
                match self.fails_with(error) {
                    true => continue,
                    false => WeaveWarningKind::NoSuchPolicyError {
                        state: self.path.to_owned(),
                        error: error.to_owned(),
                    },
                }
            } else {
                let is_of_function = matches!(self.retry_loop.backend, Backend::Lambda { .. })
                    && error.starts_with("Lambda.");
                if OWN_ERRORS.contains(&error) || is_of_function || error.contains("${") {
                    continue;
                }
                WeaveWarningKind::CatchUnreachable {
                    state: self.path.to_owned(),
                    error: error.to_owned(),
                }
            };
            warn(&node.span, kind);
        }
    }

    /// Returns whether the policy can fail with an error of a policy.
    fn fails_with(&self, error: &str) -> bool {
        let policy = self.retry_loop.policy;
        let type_of = |name: &str| {
            let mut rules = policy.all_rules();
            let rule = rules.find(|rule| rule.name() == name)?;
            Some(rule.action().to_type())
        };
        let limits = policy.limits();
        match error {
            "WaitBudgetSpent" => limits.max_total_wait.is_some(),
            "DeadlineReached" => limits.max_elapsed.is_some(),
            _ => match error.split_once('.') {
                Some(("Fatal", rule)) => type_of(rule) == Some(Type::Fatal),
                Some((_, rule)) => {
                    matches!(type_of(rule), Some(Type::Retriable | Type::Temporary))
                }
                None => true,
            },
        }
    }

    fn check_context(
        &self,
        member: &NodeMember,
        warn: &mut dyn FnMut(&Range<usize>, WeaveWarningKind),
    ) {
        let text = self.document.slice(member.value.span.clone());
        for (path, now, instead) in CONTEXT {
            if let Some(offset) = text.find(path) {
                let start = member.value.span.start + offset;
                let kind = WeaveWarningKind::ContextDiffers { path, now, instead };
                warn(&(start..start + path.len()), kind);
            }
        }
    }

    /// Warns if the call does not use what the policy says about the next run.
    fn check_run(&self, language: Language, warn: &mut dyn FnMut(&Range<usize>, WeaveWarningKind)) {
        let changes = ChangesOfRuns::of(self.retry_loop.policy);
        let key = arguments_key(language);
        let arguments = self.state.member(key);
        let text = arguments.map_or("", |it| self.document.slice(it.value.span.clone()));
        if changes.any() && !text.contains("errorState.run") {
            let resource = self.state.member("Resource");
            let place = arguments
                .or(resource)
                .map_or(&self.state.span, |it| &it.key_span);
            let kind = WeaveWarningKind::RunNotUsed {
                state: self.path.to_owned(),
                members: changes.members(),
                arguments: key,
            };
            warn(place, kind);
        }
    }
}

fn check_resource(resource: &Node, warn: &mut dyn FnMut(&Range<usize>, WeaveWarningKind)) {
    let text = resource.text().unwrap_or_default();
    let starts = [":ecs:runTask", ":batch:submitJob", ":states:startExecution"];
    let waits = [".sync", ".waitForTaskToken"]
        .iter()
        .any(|end| text.contains(end));
    if !waits && starts.iter().any(|action| text.contains(action)) {
        let kind = WeaveWarningKind::DoesNotWait {
            resource: text.to_owned(),
        };
        warn(&resource.span, kind);
    }
}
