//! `[[test]]`: what the author of a policy expects of it, held against the real [`decide`].

use crate::analysis::explanation::Explanation;
use crate::decision::counters::{ExecutionContext, RetryState};
use crate::decision::{Decision, Stop, Verdict, decide};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, position, quoted, quoted_head};
use crate::failure::Failure;
use crate::policy::duration::Seconds;
use crate::policy::jitter::Draw;
use crate::policy::{DEFAULT_RULE, Policy, Rule};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

/// One `[[test]]`: the failures of one execution, one after the other, and what is expected after each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) given: Given,
    pub(crate) given_span: Range<usize>,
    pub(crate) expected: Expectation,
    pub(crate) expected_span: Range<usize>,
}

/// Where the facts of a failure are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    Facts(Failure<'static>),
    /// In a recorded event: a path as the policy has it.
    Event(String),
}

/// What a decision must have; absent is anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) kind: Option<&'static str>,
    /// In seconds.
    pub(crate) wait: Option<RangeInclusive<u64>>,
    pub(crate) rule: Option<String>,
    pub(crate) error: Option<String>,
}

/// The decision after one failure of a test, at both ends of what jitter can draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Where every delay of the execution was the shortest that it can be.
    pub shortest: Decision,
    /// Where every delay of the execution was the longest that it can be.
    pub longest: Decision,
}

/// What came of one test.
#[derive(Debug, Clone)]
pub struct Outcome<'p> {
    /// The test.
    pub scenario: &'p Scenario,
    /// The decisions, one for each failure, up to the first FATAL or unreadable event.
    pub decisions: Vec<Drawn>,
    /// Nothing where the test passed.
    pub problem: Option<Diagnostic>,
}

/// What came of all tests of a policy.
#[derive(Debug, Clone)]
pub struct TestReport<'p> {
    /// One for each test, in their order.
    pub outcomes: Vec<Outcome<'p>>,
    /// The failed tests, and a warning where rules decide in none.
    pub diagnostics: Diagnostics,
}

impl<'p> TestReport<'p> {
    /// Runs all tests. `event` gives the failure that a recorded event reports, by its path as the policy has it, or why
    /// it cannot.
    ///
    /// Runs take no time and nothing is left to chance: what a test expects of a delay must hold for every jitter draw.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::{Policy, TestReport};
    /// let (policy, _) = Policy::load(r#"
    ///     version = 1
    ///     limits.max_retries = 1
    ///     [default]
    ///     type = "RETRIABLE"
    ///     [[test]]
    ///     name = "anything may fail once"
    ///     failures = [1, 1]
    ///     expect = ["RETRIABLE", "FATAL"]
    /// "#).unwrap();
    /// let report = TestReport::of(&policy, |path| Err(format!("there is no {path}")));
    /// assert_eq!(report.passed(), 1);
    /// assert!(report.diagnostics.is_empty());
    /// ```
    pub fn of<'e>(policy: &'p Policy, event: impl Fn(&str) -> Result<Failure<'e>, String>) -> Self {
        let outcomes: Vec<_> = policy
            .tests()
            .iter()
            .map(|scenario| scenario.run(policy, &event))
            .collect();
        let mut diagnostics = Diagnostics::default();
        for problem in outcomes
            .iter()
            .filter_map(|outcome| outcome.problem.clone())
        {
            diagnostics.add(problem);
        }
        // A failed test says little about the rules that it was to reach: first things first.
        if diagnostics.is_empty() && !outcomes.is_empty() {
            untested(policy, &outcomes, &mut diagnostics);
        }
        diagnostics.sort();
        Self {
            outcomes,
            diagnostics,
        }
    }

    /// How many tests passed.
    pub fn passed(&self) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.problem.is_none())
            .count()
    }
}

/// How many rules are pointed at one by one.
const SHOWN_RULES: usize = 4;

/// How much of a text from a failure stands behind a policy's line.
const SEEN_CHARS: usize = 24;

/// Warns of rules that decide in no test.
fn untested(policy: &Policy, outcomes: &[Outcome<'_>], out: &mut Diagnostics) {
    let decisions = outcomes.iter().flat_map(|outcome| &outcome.decisions);
    let decided: BTreeSet<_> = decisions.map(|drawn| drawn.longest.rule.as_str()).collect();
    let written = policy.reachable_rules().filter(|rule| rule.line() > 0);
    let (tested, untested): (Vec<_>, Vec<_>) =
        written.partition(|rule| decided.contains(rule.name()));
    let [first, others @ ..] = untested.as_slice() else {
        return;
    };
    let message = format!(
        "{} of {} rules decide in no test",
        untested.len(),
        untested.len() + tested.len()
    );
    let label = |rule: &Rule| format!("rule {} is not tested", quoted(rule.name()));
    let help = "write a `[[test]]` with a failure that the rule is for";
    let mut problem = Diagnostic::new(
        Code::UntestedRule,
        first.span(),
        message,
        label(first),
        help,
    );
    let (shown, more) = others
        .split_at_checked(SHOWN_RULES)
        .unwrap_or((others, &[]));
    for rule in shown {
        problem = problem.also(rule.span(), label(rule));
    }
    if !more.is_empty() {
        let more: Vec<_> = more
            .iter()
            .map(|rule| format!("{} (line {})", quoted(rule.name()), rule.line()))
            .collect();
        problem = problem.noted(format!("nor are {}", more.join(", ")));
    }
    out.add(problem);
}

impl Scenario {
    /// What the author calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the policy where it starts, from 1; `source` is [`Policy::source`].
    pub fn line(&self, source: &str) -> usize {
        position(source, self.span.start).0
    }

    /// The recorded events that it needs, as the policy names them.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.given {
            Given::Event(path) => Some(path.as_str()),
            Given::Facts(_) => None,
        })
    }

    fn run<'e>(
        &self,
        policy: &Policy,
        event: impl Fn(&str) -> Result<Failure<'e>, String>,
    ) -> Outcome<'_> {
        let mut decisions = Vec::new();
        let mut problem: Option<Diagnostic> = None;
        let mut states = [RetryState::default(), RetryState::default()];
        let mut ended = None;
        for step in &self.steps {
            if let Some(end) = ended {
                problem = problem.or_else(|| Some(self.ended_early(step, end)));
                break;
            }
            let failure = match &step.given {
                Given::Facts(failure) => Cow::Borrowed(failure),
                Given::Event(path) => match event(path) {
                    Ok(failure) => Cow::Owned(failure),
                    Err(why) => {
                        problem = problem.or_else(|| Some(self.unreadable(step, path, &why)));
                        break;
                    }
                },
            };
            let decide = |state, draw| {
                decide(
                    policy,
                    &failure,
                    state,
                    &ExecutionContext {
                        draw,
                        elapsed_seconds: Some(0),
                    },
                )
            };
            let [short, long] = &states;
            let drawn = Drawn {
                shortest: decide(short, Draw::Shortest),
                longest: decide(long, Draw::Longest),
            };
            if !step.expected.is_met_by(&drawn) {
                let got = format!("got {}", step.expected.answered(&drawn));
                problem = Some(match problem {
                    None => self.failed(policy, step, &failure, &drawn, got),
                    Some(problem) => problem.also(step.expected_span.clone(), got),
                });
            }
            states = [&drawn.shortest, &drawn.longest]
                .map(|decision| RetryState::Readable(decision.counters.clone()));
            ended = drawn.ends().then_some(step);
            decisions.push(drawn);
        }
        Outcome {
            scenario: self,
            decisions,
            problem,
        }
    }

    fn problem(
        &self,
        code: Code,
        span: &Range<usize>,
        what: &str,
        label: &str,
        help: &str,
    ) -> Diagnostic {
        Diagnostic::new(
            code,
            span.clone(),
            format!("test {} {what}", quoted(&self.name)),
            label,
            help,
        )
    }

    fn unreadable(&self, step: &Step, path: &str, why: &str) -> Diagnostic {
        let help = "name a file with an event of ProcessError, relative to the policy";
        let what = format!("needs the event {}", quoted(path));
        self.problem(
            Code::UnreadableEvent,
            &step.given_span,
            &what,
            "cannot be read",
            help,
        )
        .noted(why)
    }

    fn ended_early(&self, step: &Step, end: &Step) -> Diagnostic {
        let help = "drop what follows, or change the rule that decided FATAL";
        let problem = self.problem(
            Code::FailedTest,
            &step.given_span,
            "fails",
            "the execution has ended before",
            help,
        );
        problem.also(end.expected_span.clone(), "got FATAL")
    }

    /// What was expected, what came instead, which rule decided, and why no other one did.
    fn failed(
        &self,
        policy: &Policy,
        step: &Step,
        failure: &Failure<'_>,
        drawn: &Drawn,
        got: String,
    ) -> Diagnostic {
        let expected = &step.expected;
        let explanation = Explanation::of(policy, failure);
        let deciding = explanation.deciding;
        let (answer, name) = (drawn.answer(), quoted(deciding.name()));
        let help = if !drawn.agrees() {
            "leave room for every draw: raise the limit in time, or lower the delays".to_owned()
        } else if expected
            .rule
            .as_deref()
            .is_some_and(|rule| rule != deciding.name())
        {
            format!("expect the rule {name}, or let another one match before it")
        } else if expected
            .error
            .as_ref()
            .is_some_and(|error| *error != drawn.longest.error)
        {
            format!(
                "expect the error {}, or change rule {name}",
                quoted(&drawn.longest.error)
            )
        } else if deciding.name() == DEFAULT_RULE {
            format!("expect `{answer}`, or let a rule match before `[default]`")
        } else if drawn.shortest.verdict == drawn.longest.verdict {
            format!("expect `{answer}`, or change rule {name}")
        } else {
            format!("jitter draws any of these delays: expect `{answer}`, or change rule {name}")
        };
        let mut problem = self.problem(Code::FailedTest, &step.expected_span, "fails", &got, &help);
        problem = problem.also(step.given_span.clone(), "after this failure");
        if deciding.line() > 0 {
            problem = problem.also(deciding.span(), format!("rule {name} decided"));
        }
        // Rules that the author may have meant: the one that is expected, else those of the expected type, where it was no
        // limit that decided otherwise.
        let verdict = drawn.longest.verdict;
        let by_limit = matches!(verdict, Verdict::Fatal(stop) if stop != Stop::Rule);
        let wanted = expected
            .kind
            .filter(|kind| !by_limit && *kind != verdict.type_name());
        let meant = |rule: &Rule| match &expected.rule {
            Some(name) => rule.name() == name,
            None => wanted == Some(rule.action().type_name()),
        };
        for passed in explanation
            .passed
            .iter()
            .filter(|passed| meant(passed.rule))
            .take(SHOWN_RULES)
        {
            let seen = match passed.seen.first() {
                None => "nothing".to_owned(),
                Some(seen) => quoted_head(seen, SEEN_CHARS),
            };
            let label = format!(
                "rule {} did not match: saw {seen}",
                quoted(passed.rule.name())
            );
            problem = problem.also(passed.matcher.span(), label);
        }
        let decisions = [&drawn.longest, &drawn.shortest];
        let causes = decisions.iter().take(if drawn.agrees() { 1 } else { 2 });
        causes.fold(problem, |problem, decision| {
            problem.noted(decision.cause.clone())
        })
    }
}

impl Expectation {
    fn is_met_by(&self, drawn: &Drawn) -> bool {
        let met = |decision: &Decision| {
            let wait = u64::from(decision.verdict.wait_seconds());
            self.kind
                .is_none_or(|kind| kind == decision.verdict.type_name())
                && self.wait.as_ref().is_none_or(|range| range.contains(&wait))
                && self.rule.as_ref().is_none_or(|rule| *rule == decision.rule)
                && self
                    .error
                    .as_ref()
                    .is_none_or(|error| *error == decision.error)
        };
        drawn.agrees() && met(&drawn.shortest) && met(&drawn.longest)
    }

    /// The decision in the words of an expectation, with rule and error where these are expected.
    fn answered(&self, drawn: &Drawn) -> String {
        let mut answer = drawn.answer();
        if self.rule.is_some() {
            answer += &format!(", rule {}", quoted(&drawn.longest.rule));
        }
        if self.error.is_some() {
            answer += &format!(", error {}", quoted(&drawn.longest.error));
        }
        answer
    }
}

impl Drawn {
    /// Whether an execution with the shortest delays goes on as one with the longest does: then all between do too, as a
    /// limit in time cuts either none of them, or all, or the longer ones.
    fn agrees(&self) -> bool {
        self.shortest.verdict.type_name() == self.longest.verdict.type_name()
    }

    fn ends(&self) -> bool {
        [&self.shortest, &self.longest]
            .iter()
            .any(|decision| matches!(decision.verdict, Verdict::Fatal(_)))
    }

    /// As an expectation says it: `TEMPORARY 30s..=1m`.
    fn answer(&self) -> String {
        let (shortest, longest) = (self.shortest.verdict, self.longest.verdict);
        let wait = |verdict: Verdict| Seconds(verdict.wait_seconds().into());
        match longest {
            _ if !self.agrees() => format!(
                "{} or {}, as the jitter falls",
                shortest.type_name(),
                longest.type_name()
            ),
            Verdict::Temporary { .. } if shortest == longest => {
                format!("TEMPORARY {}", wait(longest))
            }
            Verdict::Temporary { .. } => {
                format!("TEMPORARY {}..={}", wait(shortest), wait(longest))
            }
            Verdict::Retriable | Verdict::Fatal(_) => longest.type_name().to_owned(),
        }
    }
}
