//! Rules to paste for failures that are unknown to a policy.

use super::document::{Period, Report, SuggestedRule, most_frequent, rule_at};
use exitwise_engine::Policy;
use exitwise_engine::policy::Seconds;
use exitwise_evidence::RecordedFailure;
use exitwise_evidence::backtest::{Tally, Unknown};
use exitwise_evidence::suggest::{Group, suggest};
use exitwise_reports::numbers::grouped;

impl Report {
    /// Adds rules for the most frequent kinds of unknown failures, at most `max` of them.
    pub(super) fn suggest(&mut self, policy: &Policy, tally: &Tally, max: usize) {
        let kinds = most_frequent(tally);
        let groups = kinds
            .iter()
            .take(max)
            .map(|((rule, signature), unknown)| Group {
                signature,
                count: unknown.seen.count,
                taken_by: rule_at(policy, *rule).name(),
                samples: unknown.samples.iter().map(RecordedFailure::read).collect(),
                notes: notes(unknown),
            });
        let groups: Vec<_> = groups.collect();
        let rest = kinds
            .iter()
            .skip(max)
            .flat_map(|(_, unknown)| &unknown.samples);
        let decided = tally.samples.values().flatten();
        let others: Vec<_> = rest.chain(decided).map(RecordedFailure::read).collect();
        let suggestions = suggest(policy, &groups, &others);
        let suggestions = suggestions
            .into_iter()
            .zip(&groups)
            .map(|(suggested, group)| {
                let signature = group.signature.to_string();
                match suggested {
                    Ok(suggestion) => SuggestedRule {
                        signature,
                        before: suggestion.before,
                        after: suggestion.after,
                        toml: Some(suggestion.toml),
                        why_none: None,
                    },
                    Err(why) => SuggestedRule {
                        signature,
                        before: None,
                        after: Vec::new(),
                        toml: None,
                        why_none: Some(why.reason),
                    },
                }
            });
        let mut suggestions: Vec<_> = suggestions.collect();
        // Pasted one after the other, those that must stand after others do.
        suggestions.sort_by_key(|it| !it.after.is_empty());
        self.suggestions = Some(suggestions);
    }
}

/// What is known for and against a retry.
fn notes(unknown: &Unknown) -> Vec<String> {
    let days = Period::of(&unknown.seen).days();
    let mut notes = Vec::new();
    if !days.is_empty() {
        notes.push(days);
    }
    let Unknown {
        followed,
        then_succeeded,
        timed,
        ran_for,
        ..
    } = unknown;
    match (followed, then_succeeded) {
        (0, _) => notes.push("no further run is known".to_owned()),
        (_, 0) => notes.push(format!(
            "against a retry: none of {} further runs succeeded",
            grouped(*followed)
        )),
        _ => notes.push(format!(
            "for a retry: {} of {} further runs succeeded",
            grouped(*then_succeeded),
            grouped(*followed)
        )),
    }
    if let Some(mean) = ran_for.checked_div(*timed) {
        let mean = Seconds(mean.div_ceil(1_000));
        notes.push(format!("each run took {mean} on average before it failed"));
    }
    notes
}
