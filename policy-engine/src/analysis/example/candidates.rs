//! Finds candidates for each side of an example: alternative values of the facts on that side.

use super::draft::{CONTAINER, Draft};
use super::product::{one_at_a_time, product};
use super::wanted::{Side, Wanted};
use crate::failure::{ERROR_NAMES, NameFact};
use crate::policy::{Condition, NameMatch, TextScope};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of candidates that the search considers for one side of an example.
pub(super) const MAX_CANDIDATES: usize = 4_096;

impl Wanted<'_> {
    /// Returns candidates for a side of the example: facts that may meet the conditions of the
    /// wanted rules, most ordinary first.
    pub(super) fn candidates(&self, side: Side) -> Vec<Draft> {
        match side {
            Side::Error => self.errors(),
            Side::Name(fact) => self.names(fact),
            Side::RanFor => self.times(),
            Side::Containers => self.containers(),
            Side::Texts => self.texts(),
        }
    }

    fn errors(&self) -> Vec<Draft> {
        let mut names: Vec<Option<String>> = Vec::new();
        for (condition, _) in self.conditions(Side::Error) {
            let Condition::Error(wanted) = condition else {
                continue;
            };
            for name in wanted {
                match name {
                    NameMatch::Exactly(name) => names.push(Some(name.clone())),
                    NameMatch::StartingWith(prefix) => {
                        let known = ERROR_NAMES.iter().filter(|it| it.starts_with(&**prefix));
                        names.extend(known.map(|known| Some((*known).to_owned())));
                        names.push(Some(format!("{prefix}Example")));
                    }
                }
            }
        }
        if names.is_empty() {
            names = vec![
                Some("States.TaskFailed".into()),
                Some("Example".into()),
                None,
            ];
        }
        names
            .into_iter()
            .map(|error| Draft {
                error,
                ..Draft::default()
            })
            .collect()
    }

    fn names(&self, fact: NameFact) -> Vec<Draft> {
        let usual = match (fact, self.ran(), self.is_task()) {
            (NameFact::StopCode, true, _) => Some("EssentialContainerExited"),
            (NameFact::StopCode, false, true) if self.has_conditions(Side::Texts) => {
                Some("TaskFailedToStart")
            }
            _ => None,
        };
        let wanted =
            self.conditions(Side::Name(fact))
                .filter_map(|(condition, _)| match condition {
                    Condition::Name(_, names) => Some(names),
                    _ => None,
                });
        let mut names: Vec<Option<&str>> =
            wanted.flatten().map(|name| Some(name.as_str())).collect();
        if names.is_empty() {
            names.extend(usual.map(Some));
            names.push(None);
        }
        let draft = |name: Option<&str>| Draft {
            names: name
                .map(|name| (fact, name.to_owned()))
                .into_iter()
                .collect(),
            ..Draft::default()
        };
        names.into_iter().map(draft).collect()
    }

    fn times(&self) -> Vec<Draft> {
        let is_wanted = self.has_conditions(Side::RanFor);
        let policies = self.policies.iter();
        let known: BTreeSet<_> = policies.flat_map(|policy| policy.time_classes()).collect();
        let known = known.into_iter().filter(|_| is_wanted).map(Some);
        let drafts = known.chain([None]).map(|ran_for| Draft {
            ran_for,
            ..Draft::default()
        });
        drafts.collect()
    }

    /// Returns alternative container lists. Each container that the rules examine, and one other,
    /// is listed with each exit code that the policies distinguish, listed without an exit code, or
    /// not listed.
    fn containers(&self) -> Vec<Draft> {
        let classes = self
            .policies
            .iter()
            .flat_map(|policy| policy.exit_code_classes());
        let codes: BTreeSet<_> = classes.chain([1]).collect();
        let mut codes: Vec<_> = codes.into_iter().collect();
        // Codes from 1 to 255 come first: most programs that fail exit with one of them.
        codes.sort_by_key(|code| (*code == 0, *code > 255));
        // The states of a container: listed with an exit code, listed without one, or not listed.
        let exited = codes.into_iter().map(|code| Some(Some(code)));
        let (listed, unlisted) = (Some(None), None);
        let states = |wanted: bool| -> Vec<Option<Option<u32>>> {
            match (wanted && self.is_task(), self.ran()) {
                (true, true) => exited.clone().chain([listed, unlisted]).collect(),
                (true, false) => [listed, unlisted]
                    .into_iter()
                    .chain(exited.clone())
                    .collect(),
                (false, _) => [unlisted, listed]
                    .into_iter()
                    .chain(exited.clone())
                    .collect(),
            }
        };

        let looked_at = self.rules.iter().chain(&self.earlier).filter_map(|rule| {
            let mut matchers = rule.matchers().iter();
            rule.container()
                .filter(|_| matchers.any(|it| Side::of(it) == Side::Containers))
        });
        let wanted: Vec<_> = self.rules.iter().map(|rule| rule.container()).collect();
        let mut names: BTreeSet<_> = looked_at.chain(wanted.iter().copied().flatten()).collect();
        let other = if names.contains(CONTAINER) {
            "other"
        } else {
            CONTAINER
        };
        names.insert(other);
        let is_wanted = |name: &&str| {
            wanted.contains(&Some(*name)) || (*name == other && wanted.contains(&None))
        };
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_by_key(is_wanted);
        let lists = names.iter().map(|name| {
            states(is_wanted(name))
                .into_iter()
                .map(|state| Some((*name, state?)))
                .collect()
        });
        let draft = |list: Vec<Option<(&str, Option<u32>)>>| Draft {
            containers: list
                .into_iter()
                .flatten()
                .map(|(name, code)| (name.into(), code))
                .collect(),
            ..Draft::default()
        };
        product(lists.collect())
            .take(MAX_CANDIDATES)
            .map(draft)
            .collect()
    }

    /// Returns alternative texts that match the patterns of the wanted rules, in each place that
    /// can contain them.
    fn texts(&self) -> Vec<Draft> {
        let choices: Vec<Vec<_>> = self
            .conditions(Side::Texts)
            .map(|(condition, container)| placed_texts(condition, container.or(self.named)))
            .collect();
        if choices.is_empty() {
            let reason = self
                .ran()
                .then(|| "Essential container in task exited".to_owned());
            let plain = (!self.is_task()).then(String::new);
            let usual = Draft {
                stopped_reason: reason,
                plain_text: plain,
                ..Draft::default()
            };
            return vec![usual, Draft::default()];
        }
        let chosen = one_at_a_time(&choices);
        let mut drafts: Vec<_> = chosen
            .iter()
            .flat_map(|chosen| self.with_texts(chosen))
            .collect();
        drafts.sort_by_key(|draft| draft.texts);
        drafts
    }

    /// Returns drafts with these texts, one for each combination of places that can contain them.
    fn with_texts(&self, chosen: &[(Place<'_>, String)]) -> Vec<Draft> {
        let mut by_place: BTreeMap<Place<'_>, Vec<&str>> = BTreeMap::new();
        for (place, text) in chosen {
            by_place.entry(*place).or_default().push(text);
        }
        let anywhere = by_place.remove(&Place::Anywhere).unwrap_or_default();
        let stopped = |(text, texts)| Draft {
            stopped_reason: Some(text),
            texts,
            ..Draft::default()
        };
        let of_container = |name: Option<&str>, (text, texts)| Draft {
            container_reasons: vec![(name.map(str::to_owned), text)],
            texts,
            ..Draft::default()
        };
        let at_place = |(place, texts): (&Place<'_>, &Vec<&str>)| -> Vec<Draft> {
            let drafts = combined(texts).into_iter().map(|text| match place {
                Place::Container(name) => of_container(*name, text),
                Place::Stopped | Place::Anywhere => stopped(text),
            });
            drafts.collect()
        };
        // A text that can be anywhere may also meet the condition on another place.
        let shared = by_place
            .keys()
            .filter(|_| !anywhere.is_empty())
            .map(|place| {
                let mut by_place = by_place.clone();
                by_place.entry(*place).or_default().extend(&anywhere);
                by_place.iter().map(at_place).collect()
            });
        let shared: Vec<Vec<Vec<Draft>>> = shared.collect();
        let mut sides: Vec<Vec<Draft>> = by_place.iter().map(at_place).collect();
        if !anywhere.is_empty() {
            let mut drafts = Vec::new();
            for (text, texts) in combined(&anywhere) {
                let plain_text = Some(text.clone());
                let plain = Draft {
                    plain_text,
                    texts,
                    ..Draft::default()
                };
                let stopped = stopped((text, texts));
                drafts.extend(if self.is_task() {
                    [stopped, plain]
                } else {
                    [plain, stopped]
                });
            }
            let of_placement = |placement_reasons: Vec<String>, texts| Draft {
                placement_reasons,
                texts,
                ..Draft::default()
            };
            let separate: Vec<_> = anywhere.iter().map(|text| (*text).to_owned()).collect();
            drafts.push(of_placement(separate, anywhere.len()));
            let texts = combined(&anywhere);
            drafts.extend(
                texts
                    .iter()
                    .cloned()
                    .map(|text| of_container(self.named, text)),
            );
            drafts.extend(
                texts
                    .into_iter()
                    .map(|(text, texts)| of_placement(vec![text], texts)),
            );
            sides.push(drafts);
        }
        let sides = std::iter::once(sides).chain(shared);
        sides
            .flat_map(product)
            .map(|drafts| Draft::all(&drafts))
            .collect()
    }
}

/// The place that a text condition searches, and that must therefore contain a generated text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'r> {
    Anywhere,
    Stopped,
    Container(Option<&'r str>),
}

/// Returns texts that meet a condition, each with the place that must contain it. Empty if the
/// condition is not on texts.
fn placed_texts<'r>(condition: &Condition, container: Option<&'r str>) -> Vec<(Place<'r>, String)> {
    let Condition::Text(scope, patterns) = condition else {
        return Vec::new();
    };
    let place = match scope {
        TextScope::Reason => Place::Anywhere,
        TextScope::StoppedReason => Place::Stopped,
        TextScope::ContainerReason => Place::Container(container),
    };
    let texts: Vec<_> = patterns
        .iter()
        .flat_map(|pattern| pattern.examples())
        .collect();
    // An earlier rule may match the bare text only, for example with `^…$`.
    let with_context: Vec<_> = texts.iter().map(|text| format!("... {text} ...")).collect();
    texts
        .into_iter()
        .chain(with_context)
        .map(|text| (place, text))
        .collect()
}

/// Returns alternatives for putting all these texts into one place, each with the number of given
/// texts that it contains. First comes each text alone, because it may match all patterns by
/// itself; then come all texts joined.
fn combined(texts: &[&str]) -> Vec<(String, usize)> {
    let mut all: Vec<_> = texts.iter().map(|text| ((*text).to_owned(), 1)).collect();
    if texts.len() > 1 {
        let reversed: Vec<_> = texts.iter().rev().copied().collect();
        all.extend([texts.join(" "), reversed.join(" ")].map(|text| (text, texts.len())));
    }
    all
}
