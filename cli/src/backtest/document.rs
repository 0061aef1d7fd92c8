//! The report as data: what is printed as text, as Markdown and as JSON.

use exitwise_engine::Policy;
use exitwise_engine::policy::{Decimal, Rule, Seconds};
use exitwise_evidence::Moment;
use exitwise_evidence::backtest::{Difference, Example, Judge, Outcomes, Seen, Tally, Unknown};
use exitwise_evidence::signature::Signature;
use exitwise_reports::numbers::counted;
use serde::Serialize;
use std::cmp::Reverse;

/// The report about one policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) policy: String,
    pub(super) policy_hash: String,
    pub(super) failures: u64,
    #[serde(flatten)]
    pub(super) period: Period,
    /// The rules that decide, the most frequent first.
    pub(super) rules: Vec<RuleRow>,
    /// Number of failures that `[default]` or a broad rule decides.
    pub(super) unknown_failures: u64,
    /// These failures by what they have in common, the most frequent first.
    pub(super) unknown: Vec<UnknownRow>,
    /// Number of further failures that are unknown, but not in `unknown`.
    pub(super) further_unknown: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) executions: Option<Executions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Changes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suggestions: Option<Vec<SuggestedRule>>,
}

/// The first and the last time of failures.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Period {
    #[serde(serialize_with = "moment")]
    pub(super) first: Option<Moment>,
    #[serde(serialize_with = "moment")]
    pub(super) last: Option<Moment>,
}

fn moment<S: serde::Serializer>(moment: &Option<Moment>, out: S) -> Result<S::Ok, S::Error> {
    moment.map(|it| it.to_string()).serialize(out)
}

/// The failures that one rule decides.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleRow {
    pub(super) rule: String,
    pub(super) line: usize,
    pub(super) r#type: &'static str,
    pub(super) failures: u64,
    #[serde(flatten)]
    pub(super) period: Period,
    pub(super) example: Option<ExampleRow>,
}

/// Failures with the same signature.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnknownRow {
    pub(super) signature: String,
    /// The rule that decides.
    pub(super) rule: String,
    pub(super) failures: u64,
    #[serde(flatten)]
    pub(super) period: Period,
    /// Number of these failures that another run followed.
    pub(super) followed: u64,
    /// Number of these failures that a run followed which succeeded.
    pub(super) then_succeeded: u64,
    pub(super) example: Option<ExampleRow>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct ExampleRow {
    pub(super) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
}

/// Counts of task states by what the policy would have done, in executions whose history is known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Executions {
    /// Number of task states with failures.
    pub(super) states: u64,
    pub(super) runs: u64,
    pub(super) same: u64,
    pub(super) certain: CertainRows,
    pub(super) possible: PossibleRows,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CertainRows {
    pub(super) stopped_earlier: CertainRow,
    pub(super) stopped_before_success: CertainRow,
    pub(super) ended_as_success: CertainRow,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PossibleRows {
    /// Number of task states whose task would have run again.
    pub(super) gone_on: u64,
    pub(super) example: Option<ExampleRow>,
}

/// Task states in which the policy would certainly have ended sooner.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CertainRow {
    pub(super) states: u64,
    pub(super) saved_runs: u64,
    /// The run time of the saved runs of which it is known.
    pub(super) saved_seconds: u64,
    pub(super) saved_runs_without_time: u64,
    /// The cost of the saved runs whose run time and size are known, with the currency. `None` if the policy
    /// has no prices, or no such run is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) saved_cost: Option<String>,
    pub(super) example: Option<ExampleRow>,
}

/// The failures that an older policy treats otherwise.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changes {
    pub(super) against: String,
    pub(super) against_hash: String,
    pub(super) failures: u64,
    pub(super) pairs: Vec<ChangedPair>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangedPair {
    pub(super) from: Treatment,
    pub(super) to: Treatment,
    pub(super) failures: u64,
    pub(super) example: Option<ExampleRow>,
}

/// A rule and what it does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Treatment {
    pub(super) rule: String,
    pub(super) r#type: &'static str,
    pub(super) max_retries: u32,
    /// The delays before the first retries, in seconds, without jitter.
    pub(super) delays: Vec<u32>,
}

/// A rule that could be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SuggestedRule {
    pub(super) signature: String,
    /// The rule before which it belongs. `None` for the end, before `[default]`.
    pub(super) before: Option<String>,
    /// Other suggested rules that must stand before it.
    pub(super) after: Vec<String>,
    /// The rule as TOML; or the reason why there is none.
    pub(super) toml: Option<String>,
    pub(super) why_none: Option<String>,
}

impl SuggestedRule {
    /// Returns the rule as TOML, or the reason why there is none.
    pub(super) fn rule(&self) -> Result<&str, &str> {
        let why = self.why_none.as_deref().unwrap_or_default();
        self.toml.as_deref().map(str::trim_end).ok_or(why)
    }
}

impl Report {
    pub(super) fn new(name: &str, judge: &Judge<'_>, against: Option<&str>, tally: &Tally) -> Self {
        let policy = judge.policy();
        let rule_at = |position| rule_at(policy, position);
        let mut rules: Vec<_> = tally.rules.iter().collect();
        rules.sort_by_key(|(position, seen)| (Reverse(seen.count), **position));
        let rows = most_frequent(tally)
            .into_iter()
            .map(|((rule, signature), unknown)| UnknownRow {
                signature: signature.to_string(),
                rule: rule_at(*rule).name().to_owned(),
                failures: unknown.seen.count,
                period: Period::of(&unknown.seen),
                followed: unknown.followed,
                then_succeeded: unknown.then_succeeded,
                example: example(&unknown.seen),
            });
        let changes = judge.older().zip(against).map(|(older, against)| Changes {
            against: against.to_owned(),
            against_hash: older.hash().to_owned(),
            failures: tally.changes.values().map(|seen| seen.count).sum(),
            pairs: changed_pairs(older, policy, tally),
        });
        Self {
            policy: name.to_owned(),
            policy_hash: policy.hash().to_owned(),
            failures: tally.failures(),
            period: Period {
                first: tally.rules.values().filter_map(|seen| seen.first).min(),
                last: tally.rules.values().filter_map(|seen| seen.last).max(),
            },
            rules: rules
                .into_iter()
                .map(|(position, seen)| RuleRow::new(rule_at(*position), seen))
                .collect(),
            unknown_failures: tally.unknown(),
            unknown: rows.collect(),
            further_unknown: tally.further,
            executions: Executions::new(policy, &tally.outcomes),
            changes,
            suggestions: None,
        }
    }
}

impl Period {
    pub(super) fn of(seen: &Seen) -> Self {
        Self {
            first: seen.first,
            last: seen.last,
        }
    }

    /// Returns the days after a comma: `, 2026-09-01 to 2026-09-30`. Empty if no time is known.
    pub(super) fn after_comma(self) -> String {
        match self.days() {
            days if days.is_empty() => days,
            days => format!(", {days}"),
        }
    }

    /// The days: `2026-09-01 to 2026-09-30`. Empty if no time is known.
    pub(super) fn days(self) -> String {
        let day = |moment: Option<Moment>| moment.and_then(Moment::day).map(|it| it.to_string());
        match (day(self.first), day(self.last)) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            (first, last) => first.or(last).unwrap_or_default(),
        }
    }
}

impl RuleRow {
    fn new(rule: &Rule, seen: &Seen) -> Self {
        Self {
            rule: rule.name().to_owned(),
            line: rule.line(),
            r#type: rule.action().to_type().as_str(),
            failures: seen.count,
            period: Period::of(seen),
            example: example(seen),
        }
    }
}

impl Executions {
    /// `None` if no history had a failure.
    fn new(policy: &Policy, outcomes: &Outcomes) -> Option<Self> {
        let Outcomes {
            runs,
            same,
            stopped,
            lost,
            succeeded,
            gone_on,
        } = outcomes;
        let row = |difference| CertainRow::new(policy, difference);
        let states = outcomes.states();
        (states > 0).then(|| Self {
            states,
            runs: *runs,
            same: *same,
            certain: CertainRows {
                stopped_earlier: row(stopped),
                stopped_before_success: row(lost),
                ended_as_success: row(succeeded),
            },
            possible: PossibleRows {
                gone_on: gone_on.states,
                example: gone_on.example.as_ref().map(ExampleRow::new),
            },
        })
    }
}

impl CertainRow {
    fn new(policy: &Policy, difference: &Difference) -> Self {
        let saved = difference.saved;
        let price = policy.price().filter(|_| saved.sized_runs > 0);
        Self {
            states: difference.states,
            saved_runs: saved.runs,
            saved_seconds: saved.seconds,
            saved_runs_without_time: saved.runs - saved.timed_runs,
            saved_cost: price.map(|price| {
                let cost: Decimal = price.cost(saved.cpu_seconds, saved.memory_seconds);
                format!("{cost} {}", price.currency())
            }),
            example: difference.example.as_ref().map(ExampleRow::new),
        }
    }

    /// Describes what the policy would have saved: `30 runs fewer, 14h, 3.4 USD`.
    pub(super) fn saved(&self) -> String {
        let runs = counted(self.saved_runs, "run");
        let time = match self.saved_seconds {
            0 => "of unknown time".to_owned(),
            seconds => Seconds(seconds).to_string(),
        };
        let cost = self.saved_cost.as_ref().map(|cost| format!(", {cost}"));
        let cost = cost.unwrap_or_default();
        let unknown = match self.saved_runs_without_time {
            1.. if self.saved_seconds > 0 => {
                format!(" ({} of unknown time)", self.saved_runs_without_time)
            }
            _ => String::new(),
        };
        format!("{runs} fewer, {time}{cost}{unknown}")
    }
}

impl Treatment {
    fn of(rule: &Rule) -> Self {
        /// Number of delays that are listed.
        const MAX_DELAYS: usize = 4;
        let delays = rule
            .backoff()
            .map(|backoff| backoff.delays())
            .unwrap_or_default();
        Self {
            rule: rule.name().to_owned(),
            r#type: rule.action().to_type().as_str(),
            max_retries: rule.max_retries(),
            delays: delays.iter().copied().take(MAX_DELAYS).collect(),
        }
    }

    /// The rule and what it does: `network-error: TEMPORARY, 3 retries after 1m, 2m`.
    pub(super) fn text(&self) -> String {
        let retries = match self.max_retries {
            0 => String::new(),
            1 => ", 1 retry".to_owned(),
            retries => format!(", {retries} retries"),
        };
        let delays: Vec<_> = self
            .delays
            .iter()
            .map(|it| Seconds((*it).into()).to_string())
            .collect();
        let delays = match delays.is_empty() {
            true => String::new(),
            false => format!(" after {}", delays.join(", ")),
        };
        format!("{} {}{retries}{delays}", self.rule, self.r#type)
    }
}

impl ExampleRow {
    fn new(example: &Example) -> Self {
        Self {
            file: example.file.to_string(),
            line: Some(example.line).filter(|line| *line > 0),
            reference: example.reference.clone(),
        }
    }

    /// Returns the place of the example for people: `month.jsonl:17`.
    pub(super) fn place(&self) -> String {
        let name = self
            .reference
            .as_deref()
            .and_then(|arn| arn.rsplit(['/', ':']).next());
        match (self.line, name) {
            (Some(line), _) => format!("{}:{line}", self.file),
            (None, Some(name)) => format!("{} ({name})", self.file),
            (None, None) => self.file.clone(),
        }
    }
}

/// Returns the kinds of unknown failures, the most frequent first.
pub(super) fn most_frequent(tally: &Tally) -> Vec<(&(usize, Signature), &Unknown)> {
    let mut kinds: Vec<_> = tally.signatures.iter().collect();
    kinds.sort_by(|(one, of_one), (other, of_other)| {
        let counts = of_other.seen.count.cmp(&of_one.seen.count);
        counts.then_with(|| one.cmp(other))
    });
    kinds
}

pub(super) fn rule_at(policy: &Policy, position: usize) -> &Rule {
    policy
        .rules()
        .get(position)
        .unwrap_or(policy.default_rule())
}

fn example(seen: &Seen) -> Option<ExampleRow> {
    seen.example.as_ref().map(ExampleRow::new)
}

fn changed_pairs(older: &Policy, policy: &Policy, tally: &Tally) -> Vec<ChangedPair> {
    let mut pairs: Vec<_> = tally.changes.iter().collect();
    pairs.sort_by_key(|(change, seen)| (Reverse(seen.count), **change));
    let pairs = pairs.into_iter().map(|(change, seen)| ChangedPair {
        from: Treatment::of(rule_at(older, change.from)),
        to: Treatment::of(rule_at(policy, change.to)),
        failures: seen.count,
        example: example(seen),
    });
    pairs.collect()
}
