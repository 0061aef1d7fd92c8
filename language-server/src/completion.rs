//! Completion: the keys of the section at the cursor, and the values of a key.

use crate::cursor::Cursor;
use crate::document::Document;
use crate::names::{ERRORS_OF_RULES, Thing};
use crate::outline::{Shape, table};
use crate::wording;
use exitwise_engine::language::{KeySpec, Presence, ValueSpec, known_values};
use exitwise_engine::policy::{DEFAULT_RULE, Type};
use ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent,
    MarkupKind, Position, TextEdit,
};
use std::collections::BTreeSet;

/// A text that could stand at the cursor.
struct Offer {
    label: String,
    /// What is written, without quotes.
    text: String,
    is_string: bool,
    kind: CompletionItemKind,
    detail: Option<String>,
    documentation: Option<String>,
}

/// What could be written at this position, the most likely first.
pub(crate) fn items(document: &Document, at: Position) -> Vec<CompletionItem> {
    let offset = document.lines.offset(&document.text, at);
    let Some(cursor) = Cursor::at(&document.text, offset) else {
        return Vec::new();
    };
    let offers = match cursor.is_key {
        true => keys(document, &cursor),
        false => values(document, &cursor),
    };
    let range = document.lines.range(&document.text, &cursor.replaced);
    let items = offers.into_iter().enumerate().map(|(rank, offer)| {
        let text = match offer.is_string && !cursor.in_quotes {
            true => format!("\"{}\"", offer.text),
            false => offer.text,
        };
        // Who wants `[[rule]]` types `rule`.
        let typed = offer.label.trim_matches(['[', ']', '.']);
        CompletionItem {
            filter_text: (typed != offer.label).then(|| typed.to_owned()),
            label: offer.label,
            kind: Some(offer.kind),
            detail: offer.detail,
            documentation: offer.documentation.map(|value| {
                let kind = MarkupKind::Markdown;
                Documentation::MarkupContent(MarkupContent { kind, value })
            }),
            sort_text: Some(format!("{rank:04}")),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, text))),
            ..CompletionItem::default()
        }
    });
    items.collect()
}

fn keys(document: &Document, cursor: &Cursor) -> Vec<Offer> {
    let shape = match cursor.parent() {
        Some(parent) => parent.shape,
        None => table("policy").map_or(Shape::Unknown, Shape::Table),
    };
    let mut offers = Vec::new();
    match shape {
        Shape::Table(table) => {
            let is_list = |it: &KeySpec| matches!(it.value, ValueSpec::Sections(_));
            let fits = |it: &KeySpec| {
                !cursor.in_header || header_of(it).is_some() && cursor.in_list_header == is_list(it)
            };
            let is_missing = |it: &&KeySpec| !cursor.has_sibling(it.name) && fits(it);
            let is_root = table.name == "policy";
            let mut keys: Vec<_> = table.keys.iter().filter(is_missing).collect();
            keys.sort_by_key(|it| it.presence != Presence::Required);
            for spec in keys {
                match header_of(spec).filter(|_| is_root) {
                    _ if cursor.in_header => offers.push(key(spec, spec.name.to_owned())),
                    Some(header) if cursor.starts_line => offers.push(key(spec, header)),
                    _ => offers.push(key(spec, format!("{} = ", spec.name))),
                }
            }
            // Another list element may follow, although there is one already.
            let lists = table.keys.iter().filter(|it| {
                is_root
                    && matches!(it.value, ValueSpec::Sections(_) | ValueSpec::Named(_))
                    && cursor.has_sibling(it.name)
                    && fits(it)
            });
            offers.extend(lists.filter_map(|spec| match cursor.in_header {
                true => Some(key(spec, spec.name.to_owned())),
                false => header_of(spec).map(|header| key(spec, header)),
            }));
        }
        Shape::Codes(ValueSpec::ExitCode) => {
            let container = document
                .policy()
                .and_then(|it| it.container().map(str::to_owned));
            offers.extend(
                container.map(|it| Offer::plain(format!("{it} = "), CompletionItemKind::FIELD)),
            );
        }
        Shape::Named(_) | Shape::Codes(_) | Shape::Value(_) | Shape::Unknown => {}
    }
    // A line in one table may also begin the next one.
    if cursor.starts_line && cursor.parent().is_some() {
        let root = table("policy").map_or(&[][..], |table| table.keys);
        let sections = root
            .iter()
            .filter_map(|spec| Some(key(spec, header_of(spec)?)));
        offers.extend(sections);
    }
    offers
}

/// The header of the table or the list of tables under a key, if it is usually written so.
fn header_of(spec: &KeySpec) -> Option<String> {
    match spec.value {
        ValueSpec::Sections(_) => Some(format!("[[{}]]", spec.name)),
        ValueSpec::Section(_) | ValueSpec::CodeNames => Some(format!("[{}]", spec.name)),
        ValueSpec::Named(_) => Some(format!("[{}.", spec.name)),
        _ => None,
    }
}

fn key(spec: &KeySpec, text: String) -> Offer {
    Offer {
        label: text.trim_end_matches([' ', '=']).to_owned(),
        text,
        is_string: false,
        kind: CompletionItemKind::PROPERTY,
        detail: Some(spec.value.to_string()),
        documentation: Some(wording::key(spec)),
    }
}

impl Offer {
    fn plain(text: String, kind: CompletionItemKind) -> Self {
        Self {
            label: text.trim_end_matches([' ', '=']).to_owned(),
            text,
            is_string: false,
            kind,
            detail: None,
            documentation: None,
        }
    }

    fn string(text: impl Into<String>, kind: CompletionItemKind) -> Self {
        let is_string = true;
        Self {
            is_string,
            ..Self::plain(text.into(), kind)
        }
    }
}

fn values(document: &Document, cursor: &Cursor) -> Vec<Offer> {
    let Some(node) = cursor.node() else {
        return Vec::new();
    };
    let value = match (node.shape, node.spec) {
        (Shape::Value(value), _) => value,
        (_, Some((_, spec))) => spec.value,
        _ => return Vec::new(),
    };
    let mut offers = match (node.spec, value) {
        (Some((table, spec)), _) if table.name == "expectation" && spec.name != "type" => {
            expectations(document, spec.name)
        }
        (Some((table, _)), ValueSpec::Text) if table.name != "failure" => Vec::new(),
        (_, value) => of_kind(document, value),
    };
    let known = node
        .spec
        .map_or(Vec::new(), |(_, spec)| known_values(spec.name));
    if !matches!(node.spec, Some((table, _)) if table.name == "expectation") {
        let known = known.into_iter();
        offers.extend(known.map(|it| Offer::string(it, CompletionItemKind::ENUM_MEMBER)));
    }
    let example = node
        .spec
        .filter(|_| offers.is_empty() && node.key.is_some());
    offers.extend(example.and_then(|(_, spec)| of_example(spec)));
    let written: BTreeSet<_> = cursor.elements().collect();
    offers.retain(|offer| !written.contains(offer.text.as_str()));
    offers.retain(|offer| offer.is_string || !cursor.in_quotes);
    offers
}

/// The values of this kind that are known.
fn of_kind(document: &Document, value: ValueSpec) -> Vec<Offer> {
    let word = |it: &str| Offer::string(it, CompletionItemKind::ENUM_MEMBER);
    let types = || Type::ALL.map(|it| Offer::string(it.as_str(), CompletionItemKind::ENUM_MEMBER));
    let codes = || names(document, Thing::ExitCode, CompletionItemKind::CONSTANT);
    let absent = || Offer::string("absent", CompletionItemKind::KEYWORD);
    match value {
        ValueSpec::Word(words) => words.iter().map(|it| word(it)).collect(),
        ValueSpec::Flag => ["true", "false"]
            .map(|it| Offer::plain(it.to_owned(), CompletionItemKind::KEYWORD))
            .into(),
        ValueSpec::Version => vec![Offer::plain("1".to_owned(), CompletionItemKind::VALUE)],
        ValueSpec::Backoff => names(document, Thing::Backoff, CompletionItemKind::VARIABLE),
        ValueSpec::OtherExitCodes | ValueSpec::Failures => codes(),
        ValueSpec::ExitCodes | ValueSpec::ExitCode => {
            codes().into_iter().chain([absent()]).collect()
        }
        ValueSpec::Expectations | ValueSpec::TypeAndWait => types().into(),
        ValueSpec::ProviderName => {
            let policy = document.policy();
            let providers = policy.as_ref().map_or(&[][..], |it| it.providers());
            let providers = providers.iter();
            providers
                .map(|it| Offer::string(it, CompletionItemKind::VALUE))
                .collect()
        }
        ValueSpec::Providers => known_values("capacity_provider")
            .iter()
            .map(|it| word(it))
            .collect(),
        _ => Vec::new(),
    }
}

/// The values of a key of an expectation.
fn expectations(document: &Document, key: &str) -> Vec<Offer> {
    let rules = || {
        let mut rules = names(document, Thing::Rule, CompletionItemKind::FUNCTION);
        if !rules.iter().any(|it| it.text == DEFAULT_RULE) {
            rules.push(Offer::string(DEFAULT_RULE, CompletionItemKind::FUNCTION));
        }
        rules
    };
    match key {
        "rule" => rules(),
        "error" => {
            let of_rules = rules()
                .into_iter()
                .flat_map(|rule| ERRORS_OF_RULES.map(|prefix| format!("{prefix}{}", rule.text)));
            let others = ["WaitBudgetSpent", "DeadlineReached"].map(str::to_owned);
            let errors = others.into_iter().chain(of_rules);
            errors
                .map(|it| Offer::string(it, CompletionItemKind::VALUE))
                .collect()
        }
        "outcome" => {
            let policy = document.policy();
            let rules = policy.iter().flat_map(|it| it.rules());
            let outcomes: BTreeSet<_> = rules.filter_map(|rule| rule.outcome()).collect();
            let outcomes = outcomes.into_iter();
            outcomes
                .map(|it| Offer::string(it, CompletionItemKind::VALUE))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The names that the policy defines, in its order.
fn names(document: &Document, thing: Thing, kind: CompletionItemKind) -> Vec<Offer> {
    let (snapshot, _) = document.snapshot_at(Position::default());
    let defined = snapshot
        .names
        .iter()
        .filter(|it| it.thing == thing && it.defines);
    defined.map(|it| Offer::string(&it.name, kind)).collect()
}

/// The value of the example of a key.
fn of_example(spec: &KeySpec) -> Option<Offer> {
    let (_, value) = spec.example.split_once('=')?;
    let inner = value.trim().trim_matches(['"', '\'']);
    let is_string = value.trim().starts_with(['"', '\'']) && !inner.contains(['"', '\'']);
    let offer = match is_string {
        true => Offer::string(inner, CompletionItemKind::VALUE),
        false => Offer::plain(value.trim().to_owned(), CompletionItemKind::VALUE),
    };
    Some(Offer {
        detail: Some("the example of the reference".to_owned()),
        documentation: Some(wording::key(spec)),
        ..offer
    })
}
