//! Document symbols: rules, backoffs, exit codes and tests.

use crate::document::{Document, Snapshot};
use crate::names::inner;
use crate::outline::{Node, Outline};
use ls_types::{DocumentSymbol, Position, SymbolKind};
use std::ops::Range;

/// The symbols of the last text that was TOML, in the order of the text.
pub(crate) fn symbols(document: &Document) -> Vec<DocumentSymbol> {
    let (snapshot, _) = document.snapshot_at(Position::default());
    let outline = &snapshot.outline;
    let mut symbols = Vec::new();
    for (section, kind) in [
        ("exit_codes", SymbolKind::CONSTANT),
        ("backoff", SymbolKind::VARIABLE),
    ] {
        let section = outline.child(None, section).map(|(index, _)| index);
        let members = section
            .into_iter()
            .flat_map(|it| outline.children(Some(it)));
        symbols.extend(members.filter_map(|(_, node)| {
            let (name, key) = node.key.as_ref()?;
            symbol(snapshot, node, name, inner(&snapshot.text, key), None, kind)
        }));
    }
    for (section, kind) in [("rule", SymbolKind::FUNCTION), ("test", SymbolKind::EVENT)] {
        for (index, node) in outline.tables(section) {
            let named = outline.child(Some(index), "name");
            let named = named.and_then(|(_, name)| Some((name.text()?, &name.span)));
            let (name, place) = named.unwrap_or((section, &node.span));
            let type_ = type_of(outline, index);
            let place = inner(&snapshot.text, place);
            symbols.extend(symbol(snapshot, node, name, place, type_, kind));
        }
    }
    symbols.extend(outline.child(None, "default").and_then(|(index, node)| {
        let type_ = type_of(outline, index);
        let place = node.key_span()?.clone();
        symbol(
            snapshot,
            node,
            "default",
            place,
            type_,
            SymbolKind::FUNCTION,
        )
    }));
    symbols.sort_by_key(|it| it.range.start);
    symbols
}

/// The type of the rule in this table.
fn type_of(outline: &Outline, table: usize) -> Option<String> {
    let (_, value) = outline.child(Some(table), "type")?;
    value.text().map(str::to_owned)
}

#[expect(
    deprecated,
    reason = "the protocol still has the field, which `tags` replaces"
)]
fn symbol(
    snapshot: &Snapshot,
    node: &Node,
    name: &str,
    place: Range<usize>,
    detail: Option<String>,
    kind: SymbolKind,
) -> Option<DocumentSymbol> {
    let extent = node.extent.start.min(place.start)..node.extent.end.max(place.end);
    // The protocol does not allow empty names.
    (!name.trim().is_empty()).then(|| DocumentSymbol {
        name: name.to_owned(),
        detail,
        kind,
        tags: None,
        deprecated: None,
        range: snapshot.lines.range(&snapshot.text, &extent),
        selection_range: snapshot.lines.range(&snapshot.text, &place),
        children: None,
    })
}
