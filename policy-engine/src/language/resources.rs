//! Reads what runs of the task get: `[[size]]`, `[capacity]`, `[price]`, and `next` of rules.

use super::amounts::{self, MAX_PRICE};
use super::keys;
use super::section::Section;
use super::tree::{TomlNode, elements};
use super::values;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, list_quoted, quoted};
use crate::failure::FARGATE_PROVIDERS;
use crate::policy::{MAX_RETRIES, Memory, Next, NextProvider, Price, Size};
use std::collections::BTreeMap;

/// The sizes and capacity providers of a policy, to which rules refer.
#[derive(Default)]
pub(super) struct Resources {
    pub(super) sizes: Vec<Size>,
    pub(super) providers: Vec<String>,
    /// Whether `[capacity]` could not be read. Then an unknown provider may be one of its providers.
    lacks_providers: bool,
}

/// `next` of a rule, with the number of retries that it allows.
#[derive(Default)]
pub(super) struct NextSpec {
    pub(super) next: Next,
    /// One less than there are sizes, if the rule takes larger ones.
    pub(super) max_retries: Option<u32>,
}

impl Resources {
    pub(super) fn read(root: &Section<'_>, out: &mut Diagnostics) -> Self {
        let providers = providers(root, out);
        Self {
            sizes: sizes(root, providers.as_deref(), out),
            lacks_providers: providers.is_none() && root.get("capacity").is_some(),
            providers: providers.unwrap_or_default(),
        }
    }

    /// Reads `next` of a rule. Without one, the next run gets what this one got.
    pub(super) fn next(&self, section: &Section<'_>, out: &mut Diagnostics) -> NextSpec {
        let example = "{ size = \"larger\" }";
        // That such a rule has no next run is reported as such.
        let type_ = section.get("type").and_then(|it| it.get_ref().as_str());
        let stops = matches!(type_, Some("FATAL" | "SUCCESS"));
        let next = section.get("next");
        let Some(section) = next.and_then(|it| Section::of(it, "`next`", example, out)) else {
            return NextSpec::default();
        };
        section.only(keys::NEXT, out);
        if section.table.is_empty() {
            let problem = Diagnostic::new(Code::KeysDoNotFit, section.span, "an empty `next`");
            let help =
                "write what changes, for example `next = { size = \"larger\" }`, or remove it";
            out.push(problem.label("changes nothing").help(help));
            return NextSpec::default();
        }
        let word = |key: &'static str, word: &'static str, out: &mut Diagnostics| {
            let value = section.get(key);
            value.is_some_and(|value| values::word(value, key, [(word, ())], out).is_some())
        };
        let larger_size = word("size", "larger", out);
        let next_subnet = word("subnet", "next", out);
        if larger_size && self.sizes.len() < 2 && !stops {
            let span = section.span_of("size");
            let problem = Diagnostic::new(
                Code::NoLargerSize,
                span,
                "`size = \"larger\"`, but there is no larger size",
            );
            let help = "list the sizes of the task, the smallest first: each as a `[[size]]` with \
                        `cpu` and `memory`";
            let label = match self.sizes.len() {
                0 => "the policy has no `[[size]]`",
                _ => "the policy has 1 size, and needs at least 2",
            };
            out.push(problem.label(label).help(help));
        }
        let larger_sizes = self.sizes.len().saturating_sub(1);
        let larger_sizes = u32::try_from(larger_sizes).unwrap_or(MAX_RETRIES);
        NextSpec {
            max_retries: (larger_size && larger_sizes > 0).then_some(larger_sizes),
            next: Next {
                larger_size,
                provider: self.next_provider(&section, out),
                next_subnet,
            },
        }
    }

    fn next_provider(&self, section: &Section<'_>, out: &mut Diagnostics) -> Option<NextProvider> {
        let after = section.get("after");
        let Some(value) = section.get("capacity") else {
            if let Some(after) = after {
                let message = "`after` without `capacity`";
                let problem = Diagnostic::new(Code::KeysDoNotFit, after.span(), message);
                let help = "add `capacity = \"FARGATE\"`, or remove `after`";
                out.push(problem.label("needs a `capacity`").help(help));
            }
            return None;
        };
        let after = match after {
            Some(after) => values::count(after, "after", 1..=MAX_RETRIES, out)?,
            None => 1,
        };
        let name = values::text(value, "\"FARGATE\"", out)?;
        let position = self.providers.iter().position(|it| it == name);
        match position {
            Some(position) if position > 0 => return Some(NextProvider { position, after }),
            _ if self.lacks_providers => return None,
            _ => {}
        }
        let others: Vec<_> = self.providers.iter().skip(1).collect();
        let quoted_others: Vec<_> = others.iter().map(|name| format!("\"{name}\"")).collect();
        let (label, help) = match (position, closest(name, others.iter().map(|it| it.as_str()))) {
            (Some(_), _) => (
                "runs start there",
                match &*quoted_others {
                    [only] => format!("write `{only}`"),
                    [_, ..] => {
                        let others = quoted_others.iter().map(String::as_str);
                        format!("write one of {}", list_quoted(others))
                    }
                    [] => "list another provider after it in `[capacity]`".to_owned(),
                },
            ),
            (None, Some(meant)) => (
                "not in `[capacity]`",
                format!("did you mean `\"{meant}\"`?"),
            ),
            (None, None) => (
                "not in `[capacity]`",
                format!(
                    "list it in `[capacity]`, after the provider on which runs start: `providers = \
                     [\"FARGATE_SPOT\", \"{name}\"]`"
                ),
            ),
        };
        let message = format!(
            "no retry can move to the capacity provider {}",
            quoted(name)
        );
        let problem = Diagnostic::new(Code::UnknownProvider, value.span(), message);
        out.push(problem.label(label).help(help));
        None
    }
}

/// Reads all `[[size]]` tables, and checks that they do not shrink and that Fargate offers them.
fn sizes(root: &Section<'_>, providers: Option<&[String]>, out: &mut Diagnostics) -> Vec<Size> {
    let is_fargate = |name: &String| FARGATE_PROVIDERS.contains(&name.as_str());
    let may_be_fargate = providers.is_none_or(|names| names.iter().any(is_fargate));
    let Some(value) = root.get("size") else {
        return Vec::new();
    };
    let help = "head each size with `[[size]]`";
    let list = values::list(value, "a list of sizes", help, out).unwrap_or_default();
    let mut sizes: Vec<Size> = Vec::new();
    for value in list {
        let example = "{ cpu = 1024, memory = \"4GB\" }";
        let Some(section) = Section::of(value, "`[[size]]`", example, out) else {
            continue;
        };
        section.only(keys::SIZE, out);
        let cpu = section.required("cpu", "cpu = 1024", out);
        let cpu = cpu.and_then(|value| amounts::cpu(value, out));
        let memory = section.required("memory", "memory = \"4GB\"", out);
        let memory = memory.and_then(|value| amounts::memory(value, out));
        let (Some(cpu), Some(memory)) = (cpu, memory) else {
            continue;
        };
        if let Some(before) = sizes.last() {
            let shrinks = [
                (cpu < before.cpu, "cpu", before.cpu.to_string()),
                (
                    memory < before.memory,
                    "memory",
                    format!("\"{}\"", Memory(before.memory)),
                ),
            ];
            for (_, key, before) in shrinks.into_iter().filter(|(shrinks, ..)| *shrinks) {
                let message = format!("this size has less `{key}` than the one before");
                let problem = Diagnostic::new(Code::OutOfRange, section.span_of(key), message);
                let help = format!("write at least `{before}`, or list the smaller size first");
                out.push(problem.label("less").help(help));
            }
        }
        let size = Size { cpu, memory };
        if may_be_fargate && !size.is_offered_by_fargate() {
            report_no_fargate_size(size, &section, out);
        }
        sizes.push(size);
    }
    sizes
}

fn report_no_fargate_size(size: Size, section: &Section<'_>, out: &mut Diagnostics) {
    let nearest = size.nearest_of_fargate().map(|it| {
        format!(
            "`cpu = {}` with `memory = \"{}\"`",
            it.cpu,
            Memory(it.memory)
        )
    });
    let nearest = nearest.collect::<Vec<_>>().join(", or ");
    let message = format!(
        "Fargate has no size with {}",
        size.to_string().replace(", ", " and ")
    );
    let problem = Diagnostic::new(Code::NoFargateSize, section.span.clone(), message);
    let help = format!(
        "use one of the nearest: {nearest}; if runs never use Fargate, name your providers in `[capacity]`"
    );
    out.push(problem.label("RunTask would refuse it").help(help));
}

/// Reads `[capacity]`. `None` if there is none, or if it cannot be read.
fn providers(root: &Section<'_>, out: &mut Diagnostics) -> Option<Vec<String>> {
    let section = root.table("capacity", out)?;
    section.only(keys::CAPACITY, out);
    let example = "providers = [\"FARGATE_SPOT\", \"FARGATE\"]";
    let value = section.required("providers", example, out)?;
    let names = values::one_or_more(value, out, provider)?;
    let mut seen = BTreeMap::new();
    for (name, element) in names.iter().zip(elements(value)) {
        if let Some(first) = seen.insert(name, element.span()) {
            let message = format!("the provider {} is listed twice", quoted(name));
            let problem = Diagnostic::new(Code::RepeatedName, element.span(), message);
            let problem = problem.label("again here").help("keep the first one");
            out.push(problem.related(first, "listed here first"));
        }
    }
    Some(names)
}

/// Reads the name of a capacity provider.
///
/// Source: ECS API Reference, CreateCapacityProvider, `name`.
pub(super) fn provider(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<String> {
    let name = values::text(value, "\"FARGATE\"", out)?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=255).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Some(name.to_owned());
    }
    let message = format!("{} cannot name a capacity provider", quoted(name));
    let problem = Diagnostic::new(Code::BadName, value.span(), message);
    let help = "the name of a provider has letters, digits, `-` and `_`, at most 255 characters";
    out.push(problem.label("not a name").help(help));
    None
}

/// Reads `[price]`.
pub(super) fn price(root: &Section<'_>, out: &mut Diagnostics) -> Option<Price> {
    let section = root.table("price", out)?;
    section.only(keys::PRICE, out);
    let vcpu_hour = section.required("vcpu_hour", "vcpu_hour = 0.04048", out);
    let vcpu_hour = vcpu_hour.and_then(|value| amounts::amount(value, MAX_PRICE, out));
    let gb_hour = section.required("gb_hour", "gb_hour = 0.004445", out);
    let gb_hour = gb_hour.and_then(|value| amounts::amount(value, MAX_PRICE, out));
    let currency = match section.get("currency") {
        Some(value) => values::text(value, "\"USD\"", out)?,
        None => "USD",
    };
    Some(Price {
        vcpu_hour: vcpu_hour?,
        gb_hour: gb_hour?,
        currency: currency.to_owned(),
    })
}
