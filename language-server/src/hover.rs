//! Hover: what a rule does, what a key means, and who uses a name.

use crate::document::{Document, Snapshot};
use crate::names::{Named, Thing, name_at};
use crate::wording;
use exitwise_engine::Policy;
use exitwise_engine::policy::{Condition, DEFAULT_RULE, Rule};
use ls_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};
use std::ops::Range;

/// What is known about the text at this position.
pub(crate) fn hover(document: &Document, at: Position) -> Option<Hover> {
    let snapshot = document.current()?;
    let offset = document.lines.offset(&document.text, at);
    let policy = document.policy();
    let named = name_at(&snapshot.names, offset);
    let named =
        named.and_then(|it| Some((name(snapshot, policy.as_deref()?, it)?, it.span.clone())));
    let (text, span) = named
        .or_else(|| header(snapshot, policy.as_deref()?, offset))
        .or_else(|| key(snapshot, offset))?;
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        }),
        range: Some(document.lines.range(&document.text, &span)),
    })
}

fn name(snapshot: &Snapshot, policy: &Policy, named: &Named) -> Option<String> {
    match named.thing {
        Thing::Rule => Some(wording::rule(policy, policy.rule(&named.name)?)),
        Thing::Backoff => Some(backoff(snapshot, policy, &named.name)),
        Thing::ExitCode => exit_code(policy, &named.name),
    }
}

/// The rules that use a backoff, each with its delays.
fn backoff(snapshot: &Snapshot, policy: &Policy, name: &str) -> String {
    let rules = users(snapshot, policy, Thing::Backoff, name);
    let mut lines: Vec<_> = rules
        .iter()
        .filter_map(|rule| {
            let delays = wording::delays(policy, rule)?;
            Some(format!("- {} waits `{delays}`", rule.name()))
        })
        .collect();
    let jitter = rules.iter().find_map(|rule| rule.backoff());
    let jitter = jitter.and_then(|it| wording::jitter(it.jitter()));
    if let Some(jitter) = jitter {
        lines.push(format!("\n{jitter}"));
    }
    if lines.is_empty() {
        lines.push("no rule uses it".to_owned());
    }
    format!("backoff **{name}**\n\n{}", lines.join("\n"))
}

/// The rules in which a name occurs, and `[default]` if it does there.
pub(crate) fn users<'p>(
    snapshot: &Snapshot,
    policy: &'p Policy,
    thing: Thing,
    name: &str,
) -> Vec<&'p Rule> {
    let outline = &snapshot.outline;
    let uses = snapshot
        .names
        .iter()
        .filter(|it| it.thing == thing && it.name == name && !it.defines);
    let mut rules: Vec<&Rule> = uses
        .filter_map(|it| {
            let mut above = outline.ancestors(it.node);
            let (index, node) =
                above.find(|(_, node)| node.is_table("rule") || node.is_table("default"))?;
            if node.is_table("default") {
                return policy.rule(DEFAULT_RULE);
            }
            let (_, name) = outline.child(Some(index), "name")?;
            policy.rule(name.text()?)
        })
        .collect();
    rules.dedup_by_key(|rule| rule.position());
    rules
}

/// The codes of a name, and the rules that match one of them.
fn exit_code(policy: &Policy, name: &str) -> Option<String> {
    let (_, codes) = policy.exit_code_sets().find(|(known, _)| *known == name)?;
    let ranges = codes
        .ranges()
        .iter()
        .map(|range| match range.start() == range.end() {
            true => range.start().to_string(),
            false => format!("{}..={}", range.start(), range.end()),
        });
    let ranges = ranges.collect::<Vec<_>>().join(", ");
    let matches = |rule: &&Rule| {
        rule.matchers()
            .iter()
            .any(|matcher| match matcher.condition() {
                Condition::ExitCode(wanted) => wanted.ranges().iter().any(|wanted| {
                    let mut own = codes.ranges().iter();
                    own.any(|own| own.start() <= wanted.end() && wanted.start() <= own.end())
                }),
                _ => false,
            })
    };
    let rules = policy.rules().iter().filter(matches);
    let rules: Vec<_> = rules
        .map(|rule| format!("- {}: {}", rule.name(), rule.action().to_type()))
        .collect();
    let rules = match rules.is_empty() {
        true => "no rule matches it".to_owned(),
        false => format!(
            "rules that match it, the first one decides:\n\n{}",
            rules.join("\n")
        ),
    };
    Some(format!("exit code **{name}** = {ranges}\n\n{rules}"))
}

/// What the rule with this header does.
fn header(snapshot: &Snapshot, policy: &Policy, offset: usize) -> Option<(String, Range<usize>)> {
    let outline = &snapshot.outline;
    let (index, node) = outline.nodes().find(|(_, node)| {
        node.has_header(&snapshot.text) && node.span.start <= offset && offset <= node.span.end
    })?;
    let name = match node.is_table("rule") {
        true => outline.child(Some(index), "name")?.1.text()?,
        false if node.is_table("default") => DEFAULT_RULE,
        false => return None,
    };
    Some((wording::rule(policy, policy.rule(name)?), node.span.clone()))
}

/// What the reference says about the key at this offset, or about the key of the value there.
fn key(snapshot: &Snapshot, offset: usize) -> Option<(String, Range<usize>)> {
    let (_, node) = snapshot.outline.at(offset)?;
    let (_, spec) = node.spec?;
    let touches = |span: &&Range<usize>| span.start <= offset && offset <= span.end;
    let place = node.key_span().filter(touches);
    let place = place.or(Some(&node.span).filter(touches))?;
    Some((wording::key(spec), place.clone()))
}
