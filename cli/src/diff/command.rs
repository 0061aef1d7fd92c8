//! `exitwise diff`: prints how the decisions of two policies differ.

use super::difference::{Change, ChangeKind, ChangedSetting, Difference};
use super::repeated::RepeatedDecisions;
use crate::args::{Diff, DiffFormat};
use crate::output::stream::stdout;
use crate::output::terminal::{BAD, FAINT, GOOD, one_line};
use crate::output::worst_case;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::Result;
use exitwise_engine::Policy;
use serde_json::{Value, json};
use std::io::Write;

/// Maximum length of a printed description of failures, in characters.
const MAX_FAILURES_CHARS: usize = 200;

pub(crate) fn run(args: &Diff) -> Result<Status> {
    let paths = [Some(&*args.old), args.new.as_deref()];
    let [old, new] = paths.map(PolicyFile::load);
    let (Some((old_name, old)), Some((new_name, new))) = (old?.usable(), new?.usable()) else {
        return Ok(Status::BadPolicy);
    };
    let report = DifferenceReport {
        names: [&old_name, &new_name],
        new: &new,
        all: args.all,
        difference: Difference::between(&old, &new),
    };
    let mut out = stdout();
    match args.format {
        DiffFormat::Text => write!(out, "{}", report.text())?,
        DiffFormat::Markdown => write!(out, "{}", report.markdown())?,
        DiffFormat::Json => writeln!(out, "{}", report.json())?,
    }
    Ok(if report.difference.is_none() {
        Status::Fine
    } else {
        Status::No
    })
}

/// A difference between two policies, with what is needed to print it.
struct DifferenceReport<'c> {
    /// The file names of the old and of the new policy.
    names: [&'c str; 2],
    new: &'c Policy,
    /// Whether combined changes are printed, too.
    all: bool,
    difference: Difference<'c>,
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

    /// Returns the changes that are printed one by one.
    fn shown(&self) -> impl Iterator<Item = &Change<'_>> {
        self.difference
            .changes
            .iter()
            .filter(|change| self.all || !change.is_combined)
    }

    /// Returns remarks that are printed after the changes.
    fn notes(&self) -> Vec<String> {
        let hidden = self.difference.changes.len() - self.shown().count();
        let hidden = (hidden > 0).then(|| {
            format!(
                "{hidden} more for failures that match two of these rules at once; --all lists them"
            )
        });
        let rules = self.difference.unproven.join(", ");
        let unproven = (!rules.is_empty()).then(|| {
            format!(
                "the patterns of {rules} are written differently; no text was found that they \
                 tell apart"
            )
        });
        hidden.into_iter().chain(unproven).collect()
    }

    fn text(&self) -> String {
        let [old, new] = self.names;
        let mut text = String::new();
        for ChangedSetting { key, old, new } in self.settings() {
            text += &format!("{key}: {BAD}{old}{BAD:#} -> {GOOD}{new}{GOOD:#}\n");
        }
        for change in self.shown() {
            let failures = one_line(&change.failures.description(self.new), MAX_FAILURES_CHARS);
            text += &format!("\n{failures}\n  {FAINT}{}{FAINT:#}\n", extent(change));
            let versions = [("-", BAD, old, &change.old), ("+", GOOD, new, &change.new)];
            for (sign, style, file, decisions) in versions {
                let rule = match decisions.rule.line() {
                    0 => format!("{} ({file} has no [default])", decisions.rule.name()),
                    line => format!("{} ({file}:{line})", decisions.rule.name()),
                };
                let summary = decisions.summary();
                text += &format!("  {style}{sign} {summary}{style:#}\n    by {rule}\n");
            }
        }
        for note in self.notes() {
            text += &format!("\n{FAINT}{note}{FAINT:#}\n");
        }
        if self.difference.is_none() {
            text += &format!("{old} and {new} make the same decisions\n");
        }
        text.trim_start().to_owned()
    }

    fn markdown(&self) -> String {
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
        if !self.difference.changes.is_empty() {
            text += "| failures | was | is | |\n|---|---|---|---|\n";
            for change in self.shown() {
                let failures = one_line(&change.failures.description(self.new), MAX_FAILURES_CHARS);
                let failures = failures.replace('|', "\\|");
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

    fn json(&self) -> Value {
        let settings = self.settings().into_iter();
        let settings = settings.map(|it| json!({"key": it.key, "old": it.old, "new": it.new}));
        let changes = self.difference.changes.iter().map(change_json);
        json!({
            "same": self.difference.is_none(),
            "settings": settings.collect::<Vec<_>>(),
            "changes": changes.collect::<Vec<_>>(),
            "unproven": self.difference.unproven,
        })
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
    let from = match change.kind {
        ChangeKind::From(n) => Some(n),
        ChangeKind::Counting | ChangeKind::ShortDraws | ChangeKind::Names => None,
    };
    json!({
        "failures": change.failures.json(),
        "from": from,
        "where": extent(change),
        "combined": change.is_combined,
        "old": decisions_json(&change.old),
        "new": decisions_json(&change.new),
    })
}

fn decisions_json(repeated: &RepeatedDecisions<'_>) -> Value {
    let decisions = repeated.decisions.iter().map(|decision| {
        let (shortest, longest) = decision.wait;
        json!({"type": decision.type_.as_str(), "waitSeconds": [shortest, longest]})
    });
    json!({
        "rule": repeated.rule.name(),
        "line": repeated.rule.line(),
        "counts": repeated.rule.counts(),
        "decisions": decisions.collect::<Vec<_>>(),
        "error": repeated.error(),
    })
}
