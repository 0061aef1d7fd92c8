//! Runs the `[[test]]` cases of a policy with the real [`decide`].

use super::explanation::Explanation;
use super::search_cost::search_cost;
use crate::decision::{Decision, ExecutionContext, FatalKind, RetryState, Verdict, decide};
use crate::diagnostic::{
    AllowedWarnings, Code, Diagnostic, Diagnostics, counted, quoted, quoted_head,
};
use crate::failure::Failure;
use crate::policy::{
    DEFAULT_RULE, Draw, Expectation, ExpectedRun, GivenFailure, Memory, Policy, Rule, Seconds,
    TestCase, TestStep, Type,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// Maximum number of rules that one diagnostic points to, besides the first.
const MAX_RULES_SHOWN: usize = 4;

/// Maximum number of characters that a label quotes from a text in a failure.
const MAX_SEEN_CHARS: usize = 24;

/// Maximum work of all tests together, in positions of patterns times characters of the texts that
/// they are searched in. It takes about a second on one core, and is enough for a text of the maximum
/// length in a policy with the largest patterns.
const MAX_SEARCH_COST: usize = 40_000_000;

/// The decisions after one failure in a test: one with the shortest and one with the longest jitter
/// draws. Both must meet the expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrawnDecision {
    /// The decision if jitter draws the shortest delay for every retry of the execution.
    pub shortest: Decision,
    /// The decision if jitter draws the longest delay for every retry of the execution.
    pub longest: Decision,
}

/// The result of one test.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TestOutcome<'p> {
    /// The test that was run.
    pub test: &'p TestCase,
    /// The decisions after the failures in the test, in order. They end with the first FATAL or
    /// SUCCESS, or before the first event that cannot be read.
    pub decisions: Vec<DrawnDecision>,
    /// Why the test failed. `None` if it passed.
    pub problem: Option<Diagnostic>,
}

/// The results of all tests of a policy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TestReport<'p> {
    /// One result for each test, in order.
    pub outcomes: Vec<TestOutcome<'p>>,
    /// The problems of failed tests or, if all tests passed, a warning about reachable rules that
    /// handle no failure in any test.
    pub diagnostics: Diagnostics,
}

impl<'p> TestReport<'p> {
    /// Runs all tests of a policy.
    ///
    /// `event` reads the failure in a recorded event. Its argument is the event's path as written
    /// in the policy; its error is the reason why the event cannot be read.
    ///
    /// The task's runs are assumed to take no time. An expected delay must hold for every jitter
    /// draw.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::analysis::TestReport;
    /// use exitwise_engine::policy::Policy;
    ///
    /// let (policy, _) = Policy::load(r#"
    ///     version = 1
    ///     limits.max_retries = 1
    ///     [default]
    ///     type = "RETRIABLE"
    ///     [[test]]
    ///     name = "anything may fail once"
    ///     failures = [1, 1]
    ///     expect = ["RETRIABLE", "FATAL"]
    /// "#)?;
    /// let report = TestReport::of(&policy, |path| Err(format!("there is no {path}")));
    /// assert_eq!(report.passed(), 1);
    /// assert!(report.diagnostics.is_empty());
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn of<'e>(policy: &'p Policy, event: impl Fn(&str) -> Result<Failure<'e>, String>) -> Self {
        let tests = policy.test_cases().iter();
        let mut budget = MAX_SEARCH_COST;
        let run = |test| run(test, policy, &event, &mut budget);
        let outcomes: Vec<_> = tests.map(run).collect();
        let mut diagnostics = Diagnostics::default();
        for problem in outcomes
            .iter()
            .filter_map(|outcome| outcome.problem.clone())
        {
            diagnostics.push(problem);
        }
        // If a test failed, a rule may only seem untested, so there is no warning.
        if diagnostics.is_empty() && !outcomes.is_empty() {
            warn_of_untested_rules(policy, &outcomes, &mut diagnostics);
        }
        Self {
            outcomes,
            diagnostics: diagnostics.finish(policy.source()),
        }
    }

    /// Returns the number of tests that passed.
    pub fn passed(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.problem.is_none())
            .count()
    }
}

fn warn_of_untested_rules(policy: &Policy, outcomes: &[TestOutcome<'_>], out: &mut Diagnostics) {
    let decisions = outcomes.iter().flat_map(|outcome| &outcome.decisions);
    let decided: BTreeSet<_> = decisions.map(|drawn| drawn.longest.rule_name()).collect();
    let allowed = AllowedWarnings::read(policy.source());
    let is_allowed = |rule: &Rule| allowed.contains(Code::UntestedRule, rule.span().start);
    let written = policy.reachable_rules().filter(|rule| rule.line() > 0);
    let written = written.filter(|rule| !is_allowed(rule));
    let untested: Vec<_> = written
        .filter(|rule| !decided.contains(rule.name()))
        .collect();
    let [first, others @ ..] = &*untested else {
        return;
    };
    let rules = untested
        .iter()
        .filter(|it| it.name() != DEFAULT_RULE)
        .count();
    let message = match (rules, rules < untested.len()) {
        (0, _) => "no test reaches `[default]`".to_owned(),
        (_, false) => format!("no test reaches {}", counted(rules, "rule")),
        (_, true) => format!("no test reaches {} or `[default]`", counted(rules, "rule")),
    };
    let label = |rule: &Rule| match rule.name() {
        DEFAULT_RULE => "`[default]` is not tested".to_owned(),
        name => format!("rule {} is not tested", quoted(name)),
    };
    let problem = Diagnostic::new(Code::UntestedRule, first.span(), message);
    let help = match first.name() {
        DEFAULT_RULE => "write a `[[test]]` with a failure that no rule matches",
        _ => "write a `[[test]]` with a failure that the rule is for",
    };
    let problem = problem.label(label(first)).help(help);
    let (shown, more) = others
        .split_at_checked(MAX_RULES_SHOWN)
        .unwrap_or((others, &[]));
    let point_at = |problem: Diagnostic, rule: &&Rule| problem.related(rule.span(), label(rule));
    let mut problem = shown.iter().fold(problem, point_at);
    if !more.is_empty() {
        let name = |rule: &&Rule| match rule.name() {
            DEFAULT_RULE => format!("`[default]` (line {})", rule.line()),
            name => format!("{} (line {})", quoted(name), rule.line()),
        };
        let more: Vec<_> = more.iter().map(name).collect();
        problem = problem.note(format!("also not tested: {}", more.join(", ")));
    }
    out.push(problem);
}

/// Runs one test. Stops after the last failure, at an event that cannot be read, or after FATAL or
/// SUCCESS; a failure that follows these is a problem. Also stops at a failure whose decision costs
/// more than is left of the budget.
fn run<'p, 'e>(
    test: &'p TestCase,
    policy: &Policy,
    event: impl Fn(&str) -> Result<Failure<'e>, String>,
    budget: &mut usize,
) -> TestOutcome<'p> {
    let mut decisions = Vec::new();
    let mut problem: Option<Diagnostic> = None;
    let [mut shortest_state, mut longest_state] = [RetryState::default(), RetryState::default()];
    let mut end: Option<(&TestStep, Type)> = None;
    for step in &test.steps {
        if let Some(end) = end {
            problem = problem.or_else(|| Some(ended_early(test, step, end)));
            break;
        }
        let failure = match &step.given {
            GivenFailure::Facts(failure) => Cow::Borrowed(&**failure),
            GivenFailure::Event(path) => match event(path) {
                Ok(failure) => Cow::Owned(failure),
                Err(why) => {
                    problem = problem.or_else(|| Some(unreadable_event(test, step, path, &why)));
                    break;
                }
            },
        };
        // A decision for each of the two draws, and an explanation if the test fails.
        let cost = 3 * search_cost(policy, &failure);
        let Some(left) = budget.checked_sub(cost) else {
            problem = problem.or_else(|| Some(too_expensive(test, step)));
            break;
        };
        *budget = left;
        let decide = |state: &RetryState, draw| {
            decide(
                policy,
                &failure,
                state,
                &ExecutionContext::new(draw, Some(0)),
            )
        };
        let drawn = DrawnDecision {
            shortest: decide(&shortest_state, Draw::Shortest),
            longest: decide(&longest_state, Draw::Longest),
        };
        if !drawn.meets(&step.expected) {
            problem = Some(match problem {
                None => failed(test, policy, step, &failure, &drawn),
                Some(problem) => {
                    let got = format!("got {}", drawn.in_terms_of(&step.expected));
                    problem.related(step.expected_span.clone(), got)
                }
            });
        }
        shortest_state = RetryState::Readable(drawn.shortest.counters.clone());
        longest_state = RetryState::Readable(drawn.longest.counters.clone());
        let verdicts = [drawn.shortest.verdict, drawn.longest.verdict];
        let last = verdicts.into_iter().find(|verdict| verdict.is_final());
        end = last.map(|verdict| (step, verdict.to_type()));
        decisions.push(drawn);
    }
    TestOutcome {
        test,
        decisions,
        problem,
    }
}

fn test_problem(test: &TestCase, code: Code, span: &Range<usize>, predicate: &str) -> Diagnostic {
    Diagnostic::new(
        code,
        span.clone(),
        format!("test {} {predicate}", quoted(test.name())),
    )
}

fn unreadable_event(test: &TestCase, step: &TestStep, path: &str, why: &str) -> Diagnostic {
    let needs = format!("needs the event {}", quoted(path));
    let problem = test_problem(test, Code::UnreadableEvent, &step.given_span, &needs);
    let help = "name a file with one recorded failure; the path is relative to the policy";
    problem.label("cannot be read").help(help).note(why)
}

fn too_expensive(test: &TestCase, step: &TestStep) -> Diagnostic {
    let problem = test_problem(test, Code::FailedTest, &step.given_span, "takes too long");
    let help = "shorten the texts in tests, or lower the repetition counts in patterns: all tests \
                together may take about a second";
    let label = "patterns search too much text in the tests up to here";
    problem.label(label).help(help)
}

fn ended_early(test: &TestCase, step: &TestStep, (last, type_): (&TestStep, Type)) -> Diagnostic {
    let problem = test_problem(test, Code::FailedTest, &step.given_span, "fails");
    let problem = problem.label("the execution has ended before this failure");
    let help = format!("drop what follows, or change the rule that decided {type_}");
    let problem = problem.help(help);
    problem.related(last.expected_span.clone(), format!("got {type_}"))
}

/// Returns the problem for a decision that does not meet the expectation. It shows the expected and
/// the actual decision, the rule that handled the failure, and why rules that the author may have
/// meant did not match.
fn failed(
    test: &TestCase,
    policy: &Policy,
    step: &TestStep,
    failure: &Failure<'_>,
    drawn: &DrawnDecision,
) -> Diagnostic {
    let expected = &step.expected;
    let explanation = Explanation::of(policy, failure);
    let deciding = explanation.deciding;
    let problem = test_problem(test, Code::FailedTest, &step.expected_span, "fails");
    let got = format!("got {}", drawn.in_terms_of(expected));
    let problem = problem
        .label(got)
        .help(help_for_failed(drawn, expected, deciding));
    let mut problem = problem.related(step.given_span.clone(), "after this failure");
    if deciding.line() > 0 {
        let label = format!("rule {} decided", quoted(deciding.name()));
        problem = problem.related(deciding.span(), label);
    }
    // Rules that the author may have meant: the expected rule, or else the rules of the expected
    // type, unless a limit decided.
    let verdict = drawn.longest.verdict;
    let by_limit = matches!(verdict, Verdict::Fatal(kind) if kind != FatalKind::Rule);
    let other_type = expected
        .type_
        .filter(|it| !by_limit && *it != verdict.to_type());
    let may_be_meant = |rule: &Rule| match &expected.rule {
        Some(name) => rule.name() == name,
        None => other_type == Some(rule.action().to_type()),
    };
    let passed = explanation
        .passed
        .iter()
        .filter(|passed| may_be_meant(passed.rule));
    for passed in passed.take(MAX_RULES_SHOWN) {
        let seen = match passed.seen.first() {
            None => "nothing".to_owned(),
            Some(seen) => quoted_head(seen, MAX_SEEN_CHARS),
        };
        let label = format!(
            "rule {} did not match: saw {seen}",
            quoted(passed.rule.name())
        );
        problem = problem.related(passed.matcher.span(), label);
    }
    problem = problem.note(drawn.longest.readable_cause());
    if !drawn.agree() {
        problem = problem.note(drawn.shortest.readable_cause());
    }
    problem
}

fn help_for_failed(drawn: &DrawnDecision, expected: &Expectation, deciding: &Rule) -> String {
    let (answer, name) = (drawn.answer(), quoted(deciding.name()));
    let error = drawn.longest.error();
    if !drawn.agree() {
        "leave room for every draw: raise the time limit, or lower the delays".to_owned()
    } else if expected
        .rule
        .as_deref()
        .is_some_and(|rule| rule != deciding.name())
    {
        format!("expect the rule {name}, or let another one match before it")
    } else if expected
        .error
        .as_ref()
        .is_some_and(|expected| *expected != error)
    {
        format!("expect the error {}, or change rule {name}", quoted(&error))
    } else if let (Some(_), Some(outcome)) = (&expected.outcome, &drawn.longest.outcome) {
        format!(
            "expect the outcome {}, or change rule {name}",
            quoted(outcome)
        )
    } else if !meets_run(&drawn.longest, &expected.run) {
        "expect this `run`, or change `next` in a rule".to_owned()
    } else if deciding.name() == DEFAULT_RULE {
        format!("expect `{answer}`, or let a rule match before `[default]`")
    } else if drawn.shortest.verdict == drawn.longest.verdict {
        format!("expect `{answer}`, or change rule {name}")
    } else {
        format!("jitter draws any of these delays: expect `{answer}`, or change rule {name}")
    }
}

/// Returns whether the next run gets what is expected.
fn meets_run(decision: &Decision, expected: &ExpectedRun) -> bool {
    let ExpectedRun {
        cpu,
        memory,
        capacity,
        subnet,
    } = expected;
    let run = decision.run.as_ref();
    let size = run.and_then(|run| run.size);
    let provider = run.and_then(|run| run.capacity_provider.as_ref());
    (cpu.is_none() || *cpu == size.map(|it| it.cpu))
        && (memory.is_none() || *memory == size.map(|it| it.memory))
        && (capacity.is_none() || capacity.as_ref() == provider)
        && (subnet.is_none() || *subnet == run.and_then(|run| run.subnet))
}

/// Formats what the next run gets like an expectation in a policy.
fn described_run(decision: &Decision) -> String {
    let run = decision.run.as_ref();
    let size = run.and_then(|run| run.size);
    let parts = [
        size.map(|size| format!("cpu = {}, memory = \"{}\"", size.cpu, Memory(size.memory))),
        run.and_then(|run| {
            Some(format!(
                "capacity = \"{}\"",
                run.capacity_provider.as_ref()?
            ))
        }),
        run.and_then(|run| Some(format!("subnet = {}", run.subnet?))),
    ];
    match parts.into_iter().flatten().collect::<Vec<_>>() {
        parts if parts.is_empty() => "no `run`".to_owned(),
        parts => format!("run = {{ {} }}", parts.join(", ")),
    }
}

impl DrawnDecision {
    /// Returns whether the shortest and the longest delays lead to the same type of decision. If
    /// they do, so does every delay in between, because a time limit that rules out one delay also
    /// rules out all longer ones.
    fn agree(&self) -> bool {
        self.shortest.verdict.to_type() == self.longest.verdict.to_type()
    }

    fn meets(&self, expected: &Expectation) -> bool {
        let meets = |decision: &Decision| {
            let wait = u64::from(decision.verdict.wait_seconds());
            expected
                .type_
                .is_none_or(|it| it == decision.verdict.to_type())
                && expected
                    .wait
                    .as_ref()
                    .is_none_or(|range| range.contains(&wait))
                && expected
                    .rule
                    .as_ref()
                    .is_none_or(|rule| rule == decision.rule_name())
                && expected
                    .error
                    .as_ref()
                    .is_none_or(|error| *error == decision.error())
                && (expected.outcome.is_none() || expected.outcome == decision.outcome)
                && meets_run(decision, &expected.run)
        };
        self.agree() && meets(&self.shortest) && meets(&self.longest)
    }

    /// Formats the decision like an expectation in a policy, for example `TEMPORARY 30s..=1m`.
    fn answer(&self) -> String {
        let (shortest, longest) = (self.shortest.verdict, self.longest.verdict);
        let wait = |verdict: Verdict| Seconds(verdict.wait_seconds().into());
        if !self.agree() {
            let (one, other) = (shortest.to_type(), longest.to_type());
            format!("{one} or {other}, depending on the jitter")
        } else if longest.to_type() != Type::Temporary {
            longest.to_type().to_string()
        } else if shortest == longest {
            format!("TEMPORARY {}", wait(longest))
        } else {
            format!("TEMPORARY {}..={}", wait(shortest), wait(longest))
        }
    }

    /// Formats the decision, adding the rule, the outcome and the error if the test expects them.
    fn in_terms_of(&self, expected: &Expectation) -> String {
        let mut answer = self.answer();
        if expected.rule.is_some() {
            answer += &format!(", rule {}", quoted(self.longest.rule_name()));
        }
        if let (Some(_), Some(outcome)) = (&expected.outcome, &self.longest.outcome) {
            answer += &format!(", outcome {}", quoted(outcome));
        }
        if expected.run != ExpectedRun::default() {
            answer += &format!(", {}", described_run(&self.longest));
        }
        if expected.error.is_some() {
            answer += &format!(", error {}", quoted(&self.longest.error()));
        }
        answer
    }
}
