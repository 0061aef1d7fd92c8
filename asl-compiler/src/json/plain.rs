//! Definitions as plain JSON, for programs that know neither comments nor markers.

use super::document::{Node, NodeKind, SourceDocument};
use crate::weave::WeaveErrors;
use serde_json::{Map, Value};

/// A definition without comments and without markers outside strings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PlainDefinition {
    /// The definition. A marker outside strings has become a string of its own text, `"${name}"`.
    pub json: Value,
    /// The markers of the definition, inside strings as well, in the order of the text, each once.
    pub markers: Vec<String>,
    /// The keys that are left out, because a marker stands where only a number can: `TimeoutSeconds`, for
    /// example. Each once.
    pub left_out: Vec<String>,
}

/// Keys whose values are numbers, and that a state can do without.
const OPTIONAL_NUMBERS: [&str; 7] = [
    "BackoffRate",
    "HeartbeatSeconds",
    "IntervalSeconds",
    "MaxAttempts",
    "MaxConcurrency",
    "MaxDelaySeconds",
    "TimeoutSeconds",
];

/// Returns a definition as plain JSON, in which markers stand for their own text.
///
/// # Examples
///
/// ```
/// use exitwise_asl_compiler::plain_definition;
///
/// let plain = plain_definition(r#"{ "Subnets": ${subnet_ids}, "Cluster": "${cluster}" } // ours"#)?;
/// assert_eq!(plain.json["Subnets"], "${subnet_ids}");
/// assert_eq!(plain.markers, ["${subnet_ids}", "${cluster}"]);
/// # Ok::<(), exitwise_asl_compiler::WeaveErrors>(())
/// ```
///
/// # Errors
/// Returns an error if the text is not JSON with comments and markers.
pub fn plain_definition(text: &str) -> Result<PlainDefinition, WeaveErrors> {
    let document = SourceDocument::parse(text)?;
    let mut plain = PlainDefinition {
        json: Value::Null,
        markers: Vec::new(),
        left_out: Vec::new(),
    };
    plain.json = plain.value(&document, document.root());
    Ok(plain)
}

impl PlainDefinition {
    fn value(&mut self, document: &SourceDocument<'_>, node: &Node) -> Value {
        match &node.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => (*value).into(),
            NodeKind::Number(number) => serde_json::from_str(number).unwrap_or_default(),
            NodeKind::Text(text) => {
                for marker in markers_in(text) {
                    add(&mut self.markers, marker);
                }
                text.as_str().into()
            }
            NodeKind::Marker => {
                let marker = document.slice(node.span.clone());
                add(&mut self.markers, marker);
                marker.into()
            }
            NodeKind::List(items) => items.iter().map(|it| self.value(document, it)).collect(),
            NodeKind::Object(members) => {
                let mut object = Map::new();
                for member in members {
                    let value = self.value(document, &member.value);
                    let is_marker = member.value.kind == NodeKind::Marker;
                    if is_marker && OPTIONAL_NUMBERS.contains(&member.key.as_str()) {
                        add(&mut self.left_out, &member.key);
                    } else {
                        object.insert(member.key.clone(), value);
                    }
                }
                object.into()
            }
        }
    }
}

/// Returns the markers in a string. One without a closing brace is not a marker.
fn markers_in(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("${");
    starts.filter_map(|(start, _)| {
        let marker = text.get(start..)?;
        marker.get(..=marker.find('}')?)
    })
}

fn add(texts: &mut Vec<String>, text: &str) {
    if !texts.iter().any(|it| it == text) {
        texts.push(text.to_owned());
    }
}
