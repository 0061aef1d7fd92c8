//! Inlay hints: the delays behind a backoff.

use crate::document::{Document, Snapshot};
use crate::hover::users;
use crate::names::Thing;
use crate::outline::{Node, Shape};
use crate::wording;
use exitwise_engine::Policy;
use exitwise_engine::policy::{DEFAULT_RULE, Rule};
use ls_types::{InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip, Range as LspRange};

/// The hints in a range: the delays of each rule after its `backoff`, and those of named backoffs.
///
/// None if the policy has errors: then the delays of another text would stand there.
pub(crate) fn hints(document: &Document, range: LspRange) -> Vec<InlayHint> {
    let (Some(snapshot), Some(policy)) = (document.current(), document.current_policy()) else {
        return Vec::new();
    };
    let offset = |position| document.lines.offset(&document.text, position);
    let wanted = offset(range.start)..=offset(range.end);
    let nodes = snapshot.outline.nodes();
    let visible = nodes.filter(|(_, node)| wanted.contains(&node.extent.end));
    let hints = visible.filter_map(|(index, node)| {
        let (rule, end) = rule_of(snapshot, &policy, index, node)?;
        let position = document.lines.position(&document.text, end);
        let jitter = rule.backoff().and_then(|it| wording::jitter(it.jitter()));
        Some(InlayHint {
            position,
            label: InlayHintLabel::String(wording::delays(&policy, rule)?),
            kind: None::<InlayHintKind>,
            text_edits: None,
            tooltip: jitter.map(|it| InlayHintTooltip::String(it.to_owned())),
            padding_left: Some(true),
            padding_right: None,
            data: None,
        })
    });
    hints.collect()
}

/// The rule whose delays a value gives, and where the value ends.
fn rule_of<'p>(
    snapshot: &Snapshot,
    policy: &'p Policy,
    index: usize,
    node: &Node,
) -> Option<(&'p Rule, usize)> {
    let outline = &snapshot.outline;
    if node.is("rule", "backoff") || node.is("default", "backoff") {
        let name = match outline.child(node.parent, "name") {
            Some((_, name)) => name.text()?,
            None => DEFAULT_RULE,
        };
        // Of a table with a header or dotted keys, the value ends with its last key.
        return Some((policy.rule(name)?, node.extent.end));
    }
    let (table, key) = node.spec.filter(|(table, _)| table.name == "backoff")?;
    // A named backoff has exactly one kind. Its delays are those of the rule with most retries.
    let is_kind = key.name != "cap" && key.name != "jitter" && node.key.is_some();
    let (_, backoff) = outline.ancestors(index).nth(1).filter(|_| is_kind)?;
    let above = outline.get(backoff.parent?)?;
    let is_named = matches!(above.shape, Shape::Named(named) if named.name == table.name);
    let (name, _) = backoff.key.as_ref().filter(|_| is_named)?;
    let users = users(snapshot, policy, Thing::Backoff, name);
    let rule = users
        .into_iter()
        .max_by_key(|rule| policy.retries_of(rule))?;
    Some((rule, node.extent.end))
}
