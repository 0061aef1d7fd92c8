//! The difference between two policies, as text, Markdown and JSON.

use super::changed_pairs::ChangeKind;
use super::difference::{CONTAINER, Change, ChangedSetting, Difference, MAX_CHANGES};
use super::repeated::RepeatedDecisions;
use crate::json::document;
use crate::layout::{BAD, FAINT, GOOD, one_line, paragraph};
use crate::worst_case;
use exitwise_engine::Policy;
use serde_json::{Value, json};

/// A difference between two policies, with what is needed to print it.
pub struct DifferenceReport<'c> {
    /// The file names of the old and of the new policy.
    pub names: [&'c str; 2],
    /// The old policy.
    pub old: &'c Policy,
    /// The new policy.
    pub new: &'c Policy,
    /// The difference between the two.
    pub difference: Difference<'c>,
}

impl DifferenceReport<'_> {
    /// Returns the changed settings, and the worst case if it changed.
    fn settings(&self) -> Vec<ChangedSetting> {
        let [old, new] = self.difference.worst.each_ref().map(worst_case::short);
        let worst = (old != new).then_some(ChangedSetting {
            key: "worst case",
            old,
            new,
        });
        self.difference
            .settings
            .iter()
            .cloned()
            .chain(worst)
            .collect()
    }

    /// Remarks after the changes.
    fn notes(&self) -> Vec<String> {
        let Difference {
            hidden,
            is_complete,
            unproven,
            ..
        } = &self.difference;
        let only_container = self.difference.is_only_container().then(|| {
            "only container differs: about the container that counts, both decide alike".to_owned()
        });
        let hidden = (*hidden > 0).then(|| {
            let how = match self.difference.changes.len() < MAX_CHANGES {
                true => "--all lists them".to_owned(),
                false => format!("the first {MAX_CHANGES} are listed"),
            };
            format!("{hidden} more for failures that match several of these rules at once; {how}")
        });
        let rules = unproven.join(", ");
        let unproven = (!rules.is_empty()).then(|| {
            format!(
                "the patterns of {rules} are written differently; no text was found that they \
                 tell apart"
            )
        });
        let incomplete = (!is_complete).then(|| {
            "not every combination of facts was tried, there are too many; more may change"
                .to_owned()
        });
        let notes = [only_container, hidden, unproven, incomplete];
        notes.into_iter().flatten().collect()
    }

    /// The report for people, with styles for a terminal.
    pub fn text(&self) -> String {
        let [old, new] = self.names;
        let difference = &self.difference;
        let mut text = String::new();
        for ChangedSetting { key, old, new } in self.settings() {
            let change = format!("{key}: {BAD}{old}{BAD:#} -> {GOOD}{new}{GOOD:#}");
            text += &paragraph(&change, "", "  ");
            let notes = difference.container.iter().filter(|_| key == CONTAINER);
            text.extend(notes.map(|note| paragraph(note, "  ", "    ")));
        }
        for change in &difference.changes {
            text += "\n";
            text += &paragraph(&self.failures(change), "", "  ");
            text += &paragraph(&format!("{FAINT}{}{FAINT:#}", extent(change)), "  ", "    ");
            let versions = [("-", BAD, old, &change.old), ("+", GOOD, new, &change.new)];
            for (sign, style, file, decisions) in versions {
                let summary = format!("{style}{sign} {}{style:#}", decisions.summary());
                text += &paragraph(&summary, "  ", "    ");
                text += &paragraph(&by(decisions, file), "    ", "      ");
            }
        }
        for note in self.notes() {
            text += "\n";
            text += &paragraph(&format!("{FAINT}{note}{FAINT:#}"), "", "");
        }
        if difference.is_none() {
            text += &paragraph(
                &format!("{old} and {new} make the same decisions"),
                "",
                "  ",
            );
        }
        text.trim_start().to_owned()
    }

    /// The failures of a change.
    fn failures(&self, change: &Change<'_>) -> String {
        one_line(&change.failures.description(self.new), usize::MAX)
    }

    /// The report for a pull request.
    pub fn markdown(&self) -> String {
        let [old, new] = self.names.map(|name| format!("`{name}`"));
        let mut text = format!("### Retry policy: {old} → {new}\n\n");
        if self.difference.is_none() {
            text += "All decisions stay the same.\n";
        }
        let settings = self.settings();
        if !settings.is_empty() {
            text += "| | was | is |\n|---|---|---|\n";
            for ChangedSetting { key, old, new } in settings {
                text += &format!("| {key} | {old} | {new} |\n");
            }
            text.push('\n');
        }
        for note in &self.difference.container {
            text += &format!("- container: {note}\n");
        }
        if !self.difference.container.is_empty() {
            text.push('\n');
        }
        if !self.difference.changes.is_empty() {
            text += "| failures | was | is | |\n|---|---|---|---|\n";
            for change in &self.difference.changes {
                let failures = self.failures(change).replace('|', "\\|");
                let [old, new] = [&change.old, &change.new].map(|decisions| {
                    format!("{}<br>by `{}`", decisions.summary(), decisions.rule.name())
                });
                text += &format!("| {failures} | {old} | {new} | {} |\n", extent(change));
            }
        }
        for note in self.notes() {
            text += &format!("\n{note}\n");
        }
        text
    }

    /// The report for programs.
    pub fn json(&self) -> Value {
        let difference = &self.difference;
        let [old, new] = [(self.names[0], self.old), (self.names[1], self.new)]
            .map(|(name, policy)| json!({"policy": name, "policyHash": policy.hash()}));
        let [was, is] = &difference.worst;
        let changes = difference.changes.iter().map(change_json);
        document(json!({
            "old": old,
            "new": new,
            "same": difference.is_none(),
            "settings": self.settings_json(),
            "worstCase": {
                "old": worst_case::json(self.old, was),
                "new": worst_case::json(self.new, is),
            },
            "containerNotes": difference.container,
            "changes": changes.collect::<Vec<_>>(),
            "hidden": difference.hidden,
            "complete": difference.is_complete,
            "unproven": difference.unproven,
        }))
    }

    /// The settings that changed, with the old and the new value of each.
    fn settings_json(&self) -> Value {
        let (old, new) = (self.old, self.new);
        let (was, is) = (old.limits(), new.limits());
        let settings = [
            ("maxRetries", json!(was.max_retries), json!(is.max_retries)),
            (
                "maxTotalWaitSeconds",
                json!(was.max_total_wait),
                json!(is.max_total_wait),
            ),
            (
                "maxElapsedSeconds",
                json!(was.max_elapsed),
                json!(is.max_elapsed),
            ),
            ("container", json!(old.container()), json!(new.container())),
        ];
        let changed = settings.into_iter().filter(|(_, old, new)| old != new);
        changed
            .map(|(key, old, new)| (key.to_owned(), json!({"old": old, "new": new})))
            .collect()
    }
}

/// The rule that decides, and its place.
fn by(decisions: &RepeatedDecisions<'_>, file: &str) -> String {
    let name = decisions.rule.name();
    match decisions.rule.line() {
        0 => format!("by {name} ({file} has no [default])"),
        line => format!("by {name} ({file}:{line})"),
    }
}

/// Describes which of the decisions change.
fn extent(change: &Change<'_>) -> String {
    match change.kind {
        ChangeKind::From(1) => "from the first failure on".into(),
        ChangeKind::From(n) => format!("from failure {n} on"),
        ChangeKind::Counting if change.new.rule.counts() => {
            "its retries now use up limits.max_retries".into()
        }
        ChangeKind::Counting => "its retries no longer use up limits.max_retries".into(),
        ChangeKind::ShortDraws => "only if jitter draws short delays".into(),
        ChangeKind::Names => {
            format!(
                "only in name: fails with {}, not {}",
                change.new.error(),
                change.old.error()
            )
        }
    }
}

fn change_json(change: &Change<'_>) -> Value {
    let (kind, from) = match change.kind {
        ChangeKind::From(n) => ("decisions", Some(n)),
        ChangeKind::Counting => ("counting", None),
        ChangeKind::ShortDraws => ("shortDraws", None),
        ChangeKind::Names => ("names", None),
    };
    json!({
        "failures": change.failures.json(),
        "kind": kind,
        "fromFailure": from,
        "extent": extent(change),
        "combined": change.is_combined,
        "old": decisions_json(&change.old),
        "new": decisions_json(&change.new),
    })
}

fn decisions_json(repeated: &RepeatedDecisions<'_>) -> Value {
    let decisions = repeated.decisions.iter().map(|decision| {
        let (shortest, longest) = decision.wait;
        json!({
            "type": decision.type_.as_str(),
            "minWaitSeconds": shortest,
            "maxWaitSeconds": longest,
        })
    });
    json!({
        "rule": repeated.rule.name(),
        "line": repeated.rule.line(),
        "counts": repeated.rule.counts(),
        "decisions": decisions.collect::<Vec<_>>(),
        "error": repeated.error(),
    })
}
