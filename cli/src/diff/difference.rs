//! What changes between two policies, in decisions and not in text.
//!
//! Every pair of rules, one of each policy, is asked for a failure that both decide. Names and exit codes are searched
//! whole; of patterns, texts that their branches make are tried.

use super::failures::Failures;
use policy_engine::{
    Action, Counters, Draw, Example, ExecutionContext, Limits, Policy, RetryState, Rule, Seconds,
    Verdict, WorstCase, decide,
};

/// All that changes.
pub(crate) struct Difference<'p> {
    /// `limits` and `container`: the key, and what it was and is.
    pub(crate) settings: Vec<(&'static str, String, String)>,
    pub(crate) worst: [WorstCase; 2],
    pub(crate) changes: Vec<Change<'p>>,
    /// Rules whose patterns are written otherwise, without a text that shows a difference.
    pub(crate) unproven: Vec<&'p str>,
}

/// Failures that are decided otherwise.
pub(crate) struct Change<'p> {
    pub(crate) failures: Failures,
    pub(crate) old: Decided<'p>,
    pub(crate) new: Decided<'p>,
    pub(crate) kind: Kind,
    /// Whether the failures just have the facts of two rules at once, which other failures show one by one.
    pub(crate) combined: bool,
}

/// How decisions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From this failure on, when one after the other fails so; counted from 1.
    From(usize),
    /// Alone they are the same, but beside other failures the retries now count, or no longer do.
    Counting,
    /// Only where jitter draws short delays, so that limits in time leave room for more retries.
    ShortDraws,
    /// Only the names of rule and error.
    Names,
}

/// The rule that decides, and what it says when a failure comes again and again.
pub(crate) struct Decided<'p> {
    pub(crate) rule: &'p Rule,
    /// The last one is FATAL.
    pub(crate) steps: Vec<Step>,
}

/// One decision, at the longest delays that jitter can draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) kind: &'static str,
    /// Seconds that jitter can draw, from the least to the most.
    pub(crate) wait: (u32, u32),
    pub(crate) error: String,
}

/// A rule of each policy and the failures that both decide.
struct Pair<'p> {
    old: &'p Rule,
    new: &'p Rule,
    failures: Failures,
}

impl<'p> Difference<'p> {
    pub(crate) fn between(old: &'p Policy, new: &'p Policy) -> Self {
        let pairs: Vec<_> = all_rules(old)
            .flat_map(|was| all_rules(new).map(move |is| (was, is)))
            .collect();
        let pairs: Vec<_> = pairs
            .into_iter()
            .filter_map(|(was, is)| {
                let rules = [(old, was), (new, is)];
                let failures = Failures::like(Example::decided_by(&rules)?, rules);
                Some(Pair {
                    old: was,
                    new: is,
                    failures,
                })
            })
            .collect();
        // Where either rule also decides simpler failures, this one just has the facts of both.
        let combined = |pair: &Pair<'_>| {
            let simpler = |other: &Pair<'_>| other.failures.facts() < pair.failures.facts();
            let of = |same: fn(&Pair<'_>, &Pair<'_>) -> bool| {
                pairs
                    .iter()
                    .any(|other| same(other, pair) && simpler(other))
            };
            of(|one, other| std::ptr::eq(one.old, other.old))
                && of(|one, other| std::ptr::eq(one.new, other.new))
        };
        let combined: Vec<_> = pairs.iter().map(combined).collect();
        let changes = pairs
            .into_iter()
            .zip(combined)
            .filter_map(|(pair, combined)| Change::of(pair, combined, old, new));
        let mut changes: Vec<_> = changes.collect();
        changes.sort_by_key(|change| change.combined);
        let of = |change: &Change<'_>, name: &str| {
            [change.old.rule, change.new.rule]
                .iter()
                .any(|rule| rule.name() == name)
        };
        let unproven = new.rules().iter().filter(|rule| {
            let before = old
                .rules()
                .iter()
                .find(|before| before.name() == rule.name());
            before.is_some_and(|before| patterns(old, before) != patterns(new, rule))
                && !changes.iter().any(|change| of(change, rule.name()))
        });
        Self {
            settings: settings(old, new),
            worst: [WorstCase::of(old), WorstCase::of(new)],
            unproven: unproven.map(Rule::name).collect(),
            changes,
        }
    }

    /// Whether nothing changes.
    pub(crate) fn is_none(&self) -> bool {
        self.settings.is_empty() && self.changes.is_empty()
    }
}

fn all_rules(policy: &Policy) -> impl Iterator<Item = &Rule> {
    policy.rules().iter().chain([policy.default_rule()])
}

/// The type, and the delays and jitter as far as limits on retries let the rule reach them.
fn reachable<'p>(
    policy: &Policy,
    rule: &'p Rule,
) -> (&'static str, u32, &'p [u32], Option<policy_engine::Jitter>) {
    let most = if rule.counts() {
        policy.limits().max_retries
    } else {
        u32::MAX
    };
    match rule.action() {
        Action::Fatal => ("FATAL", 0, &[], None),
        Action::Retriable { max_retries } => ("RETRIABLE", most.min(*max_retries), &[], None),
        Action::Temporary {
            max_retries,
            backoff,
        } => {
            let retries = most.min(*max_retries);
            let delays = usize::try_from(retries)
                .ok()
                .and_then(|retries| backoff.delays().get(..retries));
            (
                "TEMPORARY",
                retries,
                delays.unwrap_or(backoff.delays()),
                Some(backoff.jitter()),
            )
        }
    }
}

/// The patterns of a rule as they are written.
fn patterns<'p>(policy: &'p Policy, rule: &'p Rule) -> Vec<(&'static str, &'p str)> {
    let matchers = rule
        .matchers()
        .iter()
        .filter(|matcher| matcher.key().ends_with("reason"));
    matchers
        .map(|matcher| {
            (
                matcher.key(),
                policy.source().get(matcher.span()).unwrap_or_default(),
            )
        })
        .collect()
}

fn settings(old: &Policy, new: &Policy) -> Vec<(&'static str, String, String)> {
    let seconds = |limit: Option<u64>| {
        limit.map_or_else(|| "none".to_owned(), |limit| Seconds(limit).to_string())
    };
    let told = |policy: &Policy| {
        let Limits {
            max_retries,
            max_total_wait,
            max_elapsed,
        } = policy.limits();
        let container = policy.container().unwrap_or("the only one").to_owned();
        [
            max_retries.to_string(),
            seconds(max_total_wait),
            seconds(max_elapsed),
            container,
        ]
    };
    let keys = [
        "limits.max_retries",
        "limits.max_total_wait",
        "limits.max_elapsed",
        "container",
    ];
    let values = told(old).into_iter().zip(told(new));
    keys.into_iter()
        .zip(values)
        .filter(|(_, (old, new))| old != new)
        .map(|(key, (old, new))| (key, old, new))
        .collect()
}

impl<'p> Change<'p> {
    /// The change that these failures show; nothing where all is as it was.
    fn of(pair: Pair<'p>, combined: bool, old: &'p Policy, new: &'p Policy) -> Option<Self> {
        let (was, is) = (
            Decided::of(old, pair.old, &pair.failures.example),
            Decided::of(new, pair.new, &pair.failures.example),
        );
        let seen = |steps: &[Step]| {
            steps
                .iter()
                .map(|step| (step.kind, step.wait))
                .collect::<Vec<_>>()
        };
        let (before, after) = (seen(&was.steps), seen(&is.steps));
        let first = before
            .iter()
            .zip(&after)
            .position(|(before, after)| before != after);
        let same_limits = old.limits() == new.limits();
        let kind = match first {
            Some(at) => Kind::From(at + 1),
            None if pair.old.counts() != pair.new.counts() && before.len() > 1 => Kind::Counting,
            None if same_limits && reachable(old, pair.old) != reachable(new, pair.new) => {
                Kind::ShortDraws
            }
            None if was.error() != is.error() || pair.old.name() != pair.new.name() => Kind::Names,
            None => return None,
        };
        Some(Self {
            failures: pair.failures,
            old: was,
            new: is,
            kind,
            combined,
        })
    }
}

impl<'p> Decided<'p> {
    fn of(policy: &Policy, rule: &'p Rule, example: &Example) -> Self {
        let failure = example.failure();
        let mut counters = Counters::default();
        let mut steps = Vec::new();
        loop {
            let context = ExecutionContext {
                draw: Draw::Longest,
                elapsed_seconds: Some(counters.waited_seconds()),
            };
            let retry = policy_engine::Retry::after(counters.retry_count());
            let decision = decide(policy, &failure, &RetryState::Readable(counters), &context);
            let longest = decision.verdict.wait_seconds();
            let shortest = match (decision.verdict, rule.action()) {
                (Verdict::Temporary { .. }, Action::Temporary { backoff, .. }) => {
                    backoff.jitter().shortest(backoff.delay(retry))
                }
                _ => 0,
            };
            let wait = (shortest, longest);
            steps.push(Step {
                kind: decision.verdict.type_name(),
                wait,
                error: decision.error,
            });
            if let Verdict::Fatal(_) = decision.verdict {
                return Self { rule, steps };
            }
            counters = decision.counters;
        }
    }

    /// The decisions in a few words: `TEMPORARY 30s, 1m, then FATAL`.
    pub(crate) fn in_words(&self) -> String {
        let mut parts: Vec<(String, usize)> = Vec::new();
        for step in &self.steps {
            let words = match step.wait {
                _ if step.kind != "TEMPORARY" => step.kind.to_owned(),
                (least, most) if least == most => Seconds(most.into()).to_string(),
                (least, most) => format!("{}..={}", Seconds(least.into()), Seconds(most.into())),
            };
            match parts.last_mut() {
                Some((last, times)) if *last == words => *times += 1,
                _ => parts.push((words, 1)),
            }
        }
        let retries = self.steps.len() - 1;
        let mut words: Vec<_> = parts
            .iter()
            .take(parts.len() - 1)
            .map(|(words, times)| times_of(words, *times))
            .collect();
        if words.len() > MOST_SHOWN {
            words.truncate(MOST_SHOWN - 1);
            words.push(format!("… {retries} retries in all"));
        }
        match self.steps.first().map(|step| step.kind) {
            Some("TEMPORARY") => format!("TEMPORARY {}, then FATAL", words.join(", ")),
            Some("RETRIABLE") => format!("{}, then FATAL", words.join(", ")),
            _ => "FATAL".into(),
        }
    }

    /// The error that the execution ends with.
    pub(crate) fn error(&self) -> &str {
        self.steps.last().map_or("", |step| &step.error)
    }
}

/// Most different delays that are written out.
const MOST_SHOWN: usize = 6;

fn times_of(words: &str, times: usize) -> String {
    if times == 1 {
        words.to_owned()
    } else {
        format!("{times} x {words}")
    }
}
