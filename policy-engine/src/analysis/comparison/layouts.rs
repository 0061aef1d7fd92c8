//! The containers that a task may list.

use super::side::Listed;
use crate::analysis::example::UNNAMED_CONTAINER;
use crate::policy::{Policy, Rule};
use std::collections::BTreeSet;

/// Maximum number of containers that are tried as a task's only container.
pub(super) const MAX_ALONE: usize = 16;

/// The lists of containers that make a difference to what rules see.
pub(super) fn layouts(old: &Policy, new: &Policy) -> Vec<Vec<Listed>> {
    let rules = old.all_rules().chain(new.all_rules());
    let looking = rules.filter(|rule| {
        rule.matchers()
            .iter()
            .any(|it| it.condition().looks_at_container())
    });
    let seen: BTreeSet<_> = looking.map(Rule::container).collect();
    let names: Vec<_> = seen.iter().copied().flatten().collect();
    let unnamed = unnamed_container(&names);
    let unnamed = unnamed.as_str();
    let examines_others = old.examines_other_containers() || new.examines_other_containers();
    let another = examines_others.then_some(unnamed);
    let listed = |names: &[&str]| -> Vec<Listed> {
        let same = |name: &str| Some(name) == new.container() && old.container().is_some();
        let position = |name: &str| names.iter().position(|it| *it == name);
        let list = names.iter().enumerate().map(|(at, name)| Listed {
            group: match old.container().filter(|_| same(name)) {
                Some(before) => position(before).unwrap_or(at),
                None => at,
            },
            name: (*name).to_owned(),
        });
        list.collect()
    };
    if !seen.contains(&None) {
        let only = match (names.is_empty(), another) {
            (true, _) => vec![unnamed],
            (false, another) => names.into_iter().chain(another).collect(),
        };
        return vec![listed(&only)];
    }
    let with = |names: &[&str], rest: &[&str]| listed(&[names, rest].concat());
    match old.container().or(new.container()) {
        None => {
            let alone = names.iter().take(MAX_ALONE).map(|name| listed(&[*name]));
            let several = (!names.is_empty()).then(|| with(&[unnamed], &names));
            [listed(&[unnamed])]
                .into_iter()
                .chain(alone)
                .chain(several)
                .collect()
        }
        Some(main) => {
            let others: Vec<_> = names.into_iter().filter(|name| *name != main).collect();
            let several = (!others.is_empty()).then(|| with(&[unnamed], &others));
            let another = another.map(|another| listed(&[main, another]));
            let alone = [listed(&[main])].into_iter();
            alone.chain(another).chain(several).collect()
        }
    }
}

/// A name that no rule looks at.
fn unnamed_container(names: &[&str]) -> String {
    let usual = [UNNAMED_CONTAINER, "other"].map(str::to_owned);
    let others = (1..=names.len()).map(|n| format!("other-{n}"));
    let mut all = usual.into_iter().chain(others);
    all.find(|name| !names.contains(&name.as_str()))
        .unwrap_or_default()
}
