//! Checks the names of rules, backoffs and containers.

use super::tree::TomlNode;
use super::values;
use crate::decision::NO_RULE;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::policy::DEFAULT_RULE;
use std::ops::Range;

/// Maximum length of the name of a rule or a backoff, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Maximum length of the name of a container, in characters.
///
/// Source: ECS API Reference, ContainerDefinition, `name`.
const MAX_CONTAINER_CHARS: usize = 255;

/// Reports a name that is not allowed. `thing` is what it names: `rule`, `backoff` or `outcome`.
pub(super) fn check(name: &str, span: Range<usize>, thing: &str, out: &mut Diagnostics) {
    let problem = || {
        let article = if thing == "outcome" { "an" } else { "a" };
        let message = format!("{} cannot name {article} {thing}", quoted(name));
        Diagnostic::new(Code::BadName, span, message)
    };
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let length = 1..=MAX_NAME_CHARS;
    if !length.contains(&name.len()) || !name.chars().all(is_allowed) || name.starts_with('-') {
        let help = match valid_name(name) {
            Some(meant) if thing == "backoff" => format!("write `{meant}`"),
            Some(meant) => format!("write `\"{meant}\"`"),
            None => {
                "use lowercase letters, digits and `-`, at most 64 characters, and no `-` first"
                    .into()
            }
        };
        let label = match name.chars().all(is_allowed) {
            true => "not a name",
            false => "lowercase letters, digits and `-` only",
        };
        out.push(problem().label(label).help(help));
    } else if thing != "outcome" && (name == DEFAULT_RULE || name == NO_RULE) {
        let help = match (thing, name) {
            ("rule", DEFAULT_RULE) => {
                "choose another name; failures that no rule matches are for `[default]`, which has \
                 no name"
            }
            _ => "choose another name",
        };
        out.push(problem().label("reserved").help(help));
    }
}

/// The valid name that is closest to an invalid one. `None` if nothing is left of it.
fn valid_name(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let valid = words.collect::<Vec<_>>().join("-");
    let is_free = valid != DEFAULT_RULE && valid != NO_RULE;
    ((1..=MAX_NAME_CHARS).contains(&valid.len()) && is_free).then_some(valid)
}

/// The name of a container. `None` if ECS allows no such name; then that is reported.
pub(super) fn container(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<String> {
    let name = values::text(value, "\"app\"", out)?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=MAX_CONTAINER_CHARS).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Some(name.to_owned());
    }
    let message = format!("{} cannot name a container", quoted(name));
    let problem = Diagnostic::new(Code::BadName, value.span(), message);
    let help = "container names have letters, digits, `-` and `_`, at most 255";
    out.push(problem.label("not a name").help(help));
    None
}
