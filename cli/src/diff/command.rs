//! `exitwise diff`: what changes between two policies, in decisions and not in text.

use crate::args::{Diff, DiffFormat};
use crate::diff::difference::{Change, Difference, Kind};
use crate::output::text::{BAD, FAINT, GOOD, one_line};
use crate::output::worst_case;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::Result;
use policy_engine::Policy;
use serde_json::{Value, json};
use std::io::Write;

/// How much of the facts of a failure is shown.
const SHOWN_CHARS: usize = 200;

pub(crate) fn run(args: &Diff) -> Result<Status> {
    let [old, new] = [&args.old, &args.new].map(|path| PolicyFile::load(Some(path)));
    let (Some((old_name, old)), Some((new_name, new))) = (old?.usable(), new?.usable()) else {
        return Ok(Status::BadPolicy);
    };
    let compared = Compared {
        names: [&old_name, &new_name],
        new: &new,
        all: args.all,
        difference: Difference::between(&old, &new),
    };
    let mut out = anstream::stdout();
    match args.format {
        DiffFormat::Text => write!(out, "{}", compared.text())?,
        DiffFormat::Markdown => write!(out, "{}", compared.markdown())?,
        DiffFormat::Json => writeln!(out, "{}", compared.json())?,
    }
    Ok(if compared.difference.is_none() {
        Status::Fine
    } else {
        Status::No
    })
}

struct Compared<'c> {
    names: [&'c str; 2],
    new: &'c Policy,
    all: bool,
    difference: Difference<'c>,
}

/// Where the difference shows.
fn place(change: &Change<'_>) -> String {
    match change.kind {
        Kind::From(1) => "from the first failure on".into(),
        Kind::From(n) => format!("from failure {n} on"),
        Kind::Counting if change.new.rule.counts() => {
            "its retries now use up limits.max_retries".into()
        }
        Kind::Counting => "its retries no longer use up limits.max_retries".into(),
        Kind::ShortDraws => "where jitter draws short delays".into(),
        Kind::Names => format!(
            "by name only: ends in {}, was {}",
            change.new.error(),
            change.old.error()
        ),
    }
}

impl Compared<'_> {
    /// Settings first, the worst case among them.
    fn settings(&self) -> Vec<(&'static str, String, String)> {
        let [old, new] = self.difference.worst.each_ref().map(worst_case::short);
        let worst = (old != new).then_some(("worst case", old, new));
        self.difference
            .settings
            .iter()
            .cloned()
            .chain(worst)
            .collect()
    }

    /// The changes that are told one by one.
    fn shown(&self) -> impl Iterator<Item = &Change<'_>> {
        self.difference
            .changes
            .iter()
            .filter(|change| self.all || !change.combined)
    }

    /// What is said of the others.
    fn combined(&self) -> Option<String> {
        let hidden = self.difference.changes.len() - self.shown().count();
        (hidden > 0)
            .then(|| format!("{hidden} more where a failure has what two of these rules look for; --all lists them"))
    }

    fn unproven(&self) -> Option<String> {
        let rules = &self.difference.unproven;
        let text = format!(
            "patterns of {} are written otherwise; no text was found that tells them apart",
            rules.join(", ")
        );
        (!rules.is_empty()).then_some(text)
    }

    fn text(&self) -> String {
        let [old, new] = self.names;
        let mut text = String::new();
        for (key, was, is) in self.settings() {
            text += &format!("{key}: {BAD}{was}{BAD:#} -> {GOOD}{is}{GOOD:#}\n");
        }
        for change in self.shown() {
            let failures = one_line(&change.failures.in_words(self.new), SHOWN_CHARS);
            text += &format!("\n{failures}\n  {FAINT}{}{FAINT:#}\n", place(change));
            for (sign, style, file, decided) in
                [("-", BAD, old, &change.old), ("+", GOOD, new, &change.new)]
            {
                let place = match decided.rule.line() {
                    0 => format!("{} ({file} has no [default])", decided.rule.name()),
                    line => format!("{} ({file}:{line})", decided.rule.name()),
                };
                text += &format!(
                    "  {style}{sign} {}{style:#}\n    by {place}\n",
                    decided.in_words()
                );
            }
        }
        for note in self.combined().into_iter().chain(self.unproven()) {
            text += &format!("\n{FAINT}{note}{FAINT:#}\n");
        }
        if self.difference.is_none() {
            text += &format!("{old} and {new} decide alike\n");
        }
        text.trim_start().to_owned()
    }

    fn markdown(&self) -> String {
        let [old, new] = self.names.map(|name| format!("`{name}`"));
        let mut text = format!("### Retry policy: {old} → {new}\n\n");
        if self.difference.is_none() {
            text += "No failure is decided otherwise.\n";
        }
        let settings = self.settings();
        if !settings.is_empty() {
            text += "| | was | is |\n|---|---|---|\n";
            for (key, was, is) in settings {
                text += &format!("| {key} | {was} | {is} |\n");
            }
            text.push('\n');
        }
        if !self.difference.changes.is_empty() {
            text += "| failures | was | is | |\n|---|---|---|---|\n";
            for change in self.shown() {
                let cell = |text: &str| one_line(text, SHOWN_CHARS).replace('|', "\\|");
                let failures = cell(&change.failures.in_words(self.new));
                let [was, is] = [&change.old, &change.new].map(|decided| {
                    format!("{}<br>by `{}`", decided.in_words(), decided.rule.name())
                });
                text += &format!("| {failures} | {was} | {is} | {} |\n", place(change));
            }
        }
        for note in self.combined().into_iter().chain(self.unproven()) {
            text += &format!("\n{note}\n");
        }
        text
    }

    fn json(&self) -> Value {
        let changes = self.difference.changes.iter().map(|change| {
            let [old, new] = [&change.old, &change.new].map(|decided| {
                let steps = decided
                    .steps
                    .iter()
                    .map(|step| json!({"type": step.kind, "waitSeconds": [step.wait.0, step.wait.1]}));
                json!({
                    "rule": decided.rule.name(),
                    "line": decided.rule.line(),
                    "counts": decided.rule.counts(),
                    "decisions": steps.collect::<Vec<_>>(),
                    "error": decided.error(),
                })
            });
            let from = if let Kind::From(n) = change.kind { Some(n) } else { None };
            json!({"failures": change.failures.json(), "from": from, "where": place(change), "combined": change.combined, "old": old, "new": new})
        });
        let settings = self
            .settings()
            .into_iter()
            .map(|(key, old, new)| json!({"key": key, "old": old, "new": new}));
        json!({
            "same": self.difference.is_none(),
            "settings": settings.collect::<Vec<_>>(),
            "changes": changes.collect::<Vec<_>>(),
            "unproven": self.difference.unproven,
        })
    }
}
