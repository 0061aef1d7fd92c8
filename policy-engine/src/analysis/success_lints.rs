//! Warnings about SUCCESS rules, and about containers that are not named.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::failure::{Container, Failure, NameFact, Text};
use crate::policy::{Condition, Policy, Rule};

/// What ECS reports about a task that something else stopped: stop code and stopped reason.
///
/// Source: ECS Developer Guide, "Stopped task error codes" and "Amazon ECS clusters for Fargate
/// Spot".
const STOPS: [(Option<&str>, &str); 5] = [
    (Some("UserInitiated"), "Task stopped by user"),
    (Some("SpotInterruption"), "Your Spot Task was interrupted."),
    (
        Some("TerminationNotice"),
        "Task stopped due to a host termination notice.",
    ),
    (
        Some("InfrastructureHealth"),
        "Infrastructure health check failed",
    ),
    (None, "Host EC2 (instance i-0123456789abcdef0) terminated."),
];

/// Reports a SUCCESS rule that ends an execution although a later rule is about tasks that something
/// else stopped: a program that was told to stop may exit with 0, too.
pub(super) fn lint_early_success(policy: &Policy, rule: &Rule, out: &mut Diagnostics) {
    if rule.outcome().is_none() {
        return;
    }
    let later = |failure: &Failure<'_>| {
        let mut later = policy.rules().iter().skip(rule.position() + 1);
        later.find(|later| {
            let is_about_stops = later.matchers().iter().any(|it| match it.condition() {
                Condition::Name(fact, _) => *fact == NameFact::StopCode,
                Condition::Text(..) => true,
                _ => false,
            });
            let matches = later.mismatch(&failure.seen(later.container())).is_none();
            is_about_stops && later.outcome().is_none() && matches
        })
    };
    let is_decided =
        |failure: &Failure<'_>| rule.mismatch(&failure.seen(rule.container())).is_none();
    let all = STOPS
        .into_iter()
        .map(|(stop_code, reason)| stopped(rule, stop_code, reason));
    let Some(later) = all.filter(is_decided).find_map(|failure| later(&failure)) else {
        return;
    };
    let message = format!(
        "rule {} ends executions as succeeded although the task was stopped",
        quoted(rule.name())
    );
    let problem = Diagnostic::new(Code::EarlySuccess, rule.span(), message);
    let help =
        "move it below that rule, or add `stop_code = \"EssentialContainerExited\"` to its `when`";
    let problem = problem.label("this rule decides first").help(help);
    let label = format!(
        "rule {} is about tasks that were stopped",
        quoted(later.name())
    );
    out.push(problem.related(later.span(), label));
}

/// A failure of a task that something else stopped, and whose container exited with a code of the rule.
fn stopped(rule: &Rule, stop_code: Option<&'static str>, reason: &'static str) -> Failure<'static> {
    let code = rule.matchers().iter().find_map(|it| match it.condition() {
        Condition::ExitCode(codes) => codes.first(),
        _ => None,
    });
    let name = rule.container().unwrap_or("app").to_owned();
    let mut failure = Failure::of_container(Container::new(name, code));
    failure.error = Some("States.TaskFailed".into());
    failure.stopped_reason = Some(Text::project(reason));
    if let Some(stop_code) = stop_code {
        failure.set_name(NameFact::StopCode, stop_code);
    }
    failure
}

/// Reports a condition on other containers if nobody says which container is not another one.
pub(super) fn lint_other_containers(rule: &Rule, out: &mut Diagnostics) {
    let is_about_others = |condition: &Condition| matches!(condition, Condition::OtherExitCodes(_));
    let mut matchers = rule.matchers().iter();
    let others = matchers.find(|it| is_about_others(it.condition()));
    if let Some(matcher) = others.filter(|_| rule.container().is_none()) {
        let message = "`other_exit_codes`, but no `container`";
        let problem = Diagnostic::new(Code::NoOtherContainers, matcher.span(), message);
        let help = "name the container that the rule is about: `container = \"app\"` above the first \
                    `[header]`, or in `when`";
        out.push(problem.label("other than which?").help(help));
    }
}
