//! Example failures: for a rule that some failure can reach, a failure that it decides.

use crate::analysis::lints::KNOWN_ERRORS;
use crate::failure::Failure;
use crate::policy::{Matcher, NameMatch, Policy, Rule, Test};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

/// Most failures that are tried for one example; policies written by people need a handful.
const MOST_TRIED: usize = 10_000;

/// Most values that are weighed for one side of a failure.
const MOST_WEIGHED: usize = 4_096;

/// The container where no policy names one.
const CONTAINER: &str = "app";

/// A failure as Step Functions would report it: what [`Failure::read`] takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// `Error`; absent for a rule that only a failure without an error name reaches.
    pub error: Option<String>,
    /// `Cause`: the JSON of a stopped task, or plain text.
    pub cause: Option<String>,
    /// How many texts were made for patterns, as one text may do for several: 0 where no rule asks for a reason.
    pub texts: usize,
}

impl Policy {
    /// A failure that this rule of the policy decides, the more ordinary the better; `[default]` is a rule too.
    ///
    /// Nothing where there is none, as for a rule that can never match. Names and exit codes are searched whole; of
    /// patterns, texts that their branches make are tried, and each is held against the rules for real. Reasons of several
    /// containers at once are not looked for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::Policy;
    /// let text = "version = 1\nlimits.max_retries = 3\n[[rule]]\nname = 'n'\nwhen.exit_code = '4..=9'\ntype = 'FATAL'";
    /// let (policy, _) = Policy::load(text).unwrap();
    /// let example = policy.example(&policy.rules()[0]).unwrap();
    /// assert!(example.cause.as_deref().unwrap().contains(r#""ExitCode":4"#));
    /// assert_eq!(policy.deciding(&example.failure()).name(), "n");
    /// ```
    pub fn example(&self, rule: &Rule) -> Option<Example> {
        Example::decided_by(&[(self, rule)])
    }
}

/// What a policy tells apart, for those who look for differences between policies.
impl Policy {
    /// The least exit code, as unsigned 32 bits, of each range that no rule tells apart; 0 is always one.
    pub fn exit_code_classes(&self) -> BTreeSet<u32> {
        let sets = self.conditions().filter_map(|test| {
            if let Test::ExitCode(set) = test {
                Some(set)
            } else {
                None
            }
        });
        // Every range starts a class, and so does what follows it.
        let edges = sets.flat_map(|set| &set.ranges);
        let edges =
            edges.flat_map(|range| iter::once(*range.start()).chain(range.end().checked_add(1)));
        edges.chain([0]).collect()
    }

    /// The stop codes that rules name.
    pub fn stop_codes(&self) -> BTreeSet<&str> {
        let lists = self.conditions().filter_map(|test| {
            if let Test::StopCode(names) = test {
                Some(names)
            } else {
                None
            }
        });
        lists.flatten().map(String::as_str).collect()
    }

    /// The error names that rules ask for; beginnings end in `*`.
    pub fn error_names(&self) -> BTreeSet<String> {
        let lists = self.conditions().filter_map(|test| {
            if let Test::Error(names) = test {
                Some(names)
            } else {
                None
            }
        });
        let written = lists.flatten().map(|name| match name {
            NameMatch::Exactly(name) => name.clone(),
            NameMatch::StartingWith(prefix) => format!("{prefix}*"),
        });
        written.collect()
    }

    fn conditions(&self) -> impl Iterator<Item = &Test> {
        self.rules()
            .iter()
            .flat_map(|rule| rule.matchers())
            .map(|matcher| &matcher.test)
    }
}

impl Example {
    /// A failure that each of these rules decides in its policy; nothing where none is found, as for [`Policy::example`].
    /// Where the policies name different containers, some that there are may be missed.
    pub fn decided_by(rules: &[(&Policy, &Rule)]) -> Option<Self> {
        let decided = |example: &Self| {
            let failure = example.failure();
            rules
                .iter()
                .all(|(policy, rule)| policy.deciding(&failure).name() == rule.name())
        };
        let found = |search: &Search<'_>| {
            search
                .drafts()
                .filter_map(|draft| draft.example())
                .find(decided)
        };
        let search = Search::of(rules);
        let another = rules
            .iter()
            .any(|(policy, rule)| policy.container_for(rule) != search.named);
        found(&search).or_else(|| {
            if another {
                found(&Search {
                    named: None,
                    ..search
                })
            } else {
                None
            }
        })
    }

    /// The failure as the engine reads it.
    pub fn failure(&self) -> Failure<'_> {
        Failure::read(self.error.as_deref(), self.cause.as_deref())
    }
}

/// A side of a failure, which can be chosen without regard to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Error,
    StopCode,
    LaunchType,
    CapacityProvider,
    Codes,
    Texts,
}

impl Side {
    /// The costly ones last.
    const ALL: [Self; 6] = [
        Self::Error,
        Self::StopCode,
        Self::LaunchType,
        Self::CapacityProvider,
        Self::Codes,
        Self::Texts,
    ];

    fn of(matcher: &Matcher) -> Self {
        match matcher.test {
            Test::Error(_) => Self::Error,
            Test::StopCode(_) => Self::StopCode,
            Test::LaunchType(_) => Self::LaunchType,
            Test::CapacityProvider(_) => Self::CapacityProvider,
            Test::ExitCode(_) => Self::Codes,
            Test::Reason(_) | Test::StoppedReason(_) | Test::ContainerReason(_) => Self::Texts,
        }
    }
}

/// A failure that is being put together, or one side of it.
#[derive(Debug, Clone, Default)]
struct Draft {
    error: Option<String>,
    stop_code: Option<String>,
    launch_type: Option<String>,
    capacity_provider: Option<String>,
    /// Names and exit codes.
    containers: Vec<(String, Option<u32>)>,
    stopped_reason: Option<String>,
    /// Reasons of containers; without a name, of the only one.
    container_reasons: Vec<(Option<String>, String)>,
    placement_reasons: Vec<String>,
    plain_text: Option<String>,
    /// How many texts the reasons are made of.
    texts: usize,
}

impl Draft {
    fn and(&self, other: &Self) -> Self {
        let or =
            |one: &Option<String>, other: &Option<String>| one.clone().or_else(|| other.clone());
        Self {
            error: or(&self.error, &other.error),
            stop_code: or(&self.stop_code, &other.stop_code),
            launch_type: or(&self.launch_type, &other.launch_type),
            capacity_provider: or(&self.capacity_provider, &other.capacity_provider),
            containers: [&*self.containers, &other.containers].concat(),
            stopped_reason: or(&self.stopped_reason, &other.stopped_reason),
            container_reasons: [&*self.container_reasons, &other.container_reasons].concat(),
            placement_reasons: [&*self.placement_reasons, &other.placement_reasons].concat(),
            plain_text: or(&self.plain_text, &other.plain_text),
            texts: self.texts + other.texts,
        }
    }

    /// The draft as it would be reported; nothing where it is both a plain text and a task.
    fn example(&self) -> Option<Example> {
        let mut task = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            task.extend(value.map(|value| (key.to_owned(), value)))
        };
        put("StopCode", self.stop_code.as_ref().map(|code| json!(code)));
        put(
            "LaunchType",
            self.launch_type.as_ref().map(|name| json!(name)),
        );
        put(
            "CapacityProviderName",
            self.capacity_provider.as_ref().map(|name| json!(name)),
        );
        put(
            "StoppedReason",
            self.stopped_reason.as_ref().map(|reason| json!(reason)),
        );
        let failures: Vec<_> = self
            .placement_reasons
            .iter()
            .map(|reason| json!({"Reason": reason}))
            .collect();
        put("Failures", (!failures.is_empty()).then(|| json!(failures)));
        let containers = self.container_values();
        put(
            "Containers",
            (!containers.is_empty()).then(|| json!(containers)),
        );
        let cause = match (&self.plain_text, task.is_empty()) {
            (Some(_), false) => return None,
            (text, true) => text.clone(),
            (None, false) => Some(Value::Object(task).to_string()),
        };
        Some(Example {
            error: self.error.clone(),
            cause,
            texts: self.texts,
        })
    }

    fn container_values(&self) -> Vec<Value> {
        let mut containers: Vec<_> = self
            .containers
            .iter()
            .map(|(name, code)| {
                let code = code.map(|code| ("ExitCode".to_owned(), json!(code)));
                (name.clone(), code.into_iter().collect::<Map<_, _>>())
            })
            .collect();
        for (wanted, reason) in &self.container_reasons {
            let name = wanted
                .as_deref()
                .or(self.containers.first().map(|(name, _)| &**name))
                .unwrap_or(CONTAINER);
            if !containers.iter().any(|(known, _)| known == name) {
                containers.push((name.to_owned(), Map::new()));
            }
            for (_, container) in containers.iter_mut().filter(|(known, _)| known == name) {
                container.insert("Reason".into(), json!(reason));
            }
        }
        let named = |(name, mut container): (String, Map<_, _>)| {
            container.insert("Name".into(), json!(name));
            Value::Object(container)
        };
        containers.into_iter().map(named).collect()
    }
}

/// What a failure must and must not be.
struct Search<'r> {
    /// The rules that are to decide.
    wanted: Vec<(&'r Policy, &'r Rule)>,
    /// The rules that are asked before.
    earlier: Vec<(&'r Policy, &'r Rule)>,
    /// The container that one of the policies names: where another means the only one, it is first taken to be this one.
    named: Option<&'r str>,
}

impl<'r> Search<'r> {
    fn of(wanted: &[(&'r Policy, &'r Rule)]) -> Self {
        let before = |(policy, rule): &(&'r Policy, &'r Rule)| {
            let (policy, name) = (*policy, rule.name());
            policy
                .rules()
                .iter()
                .take_while(move |earlier| earlier.name() != name)
                .map(move |earlier| (policy, earlier))
        };
        let looks = |rule: &Rule| {
            rule.matchers()
                .iter()
                .any(|it| matches!(it.test, Test::ExitCode(_) | Test::ContainerReason(_)))
        };
        let looking = wanted.iter().filter(|(_, rule)| looks(rule));
        let named = looking
            .into_iter()
            .find_map(|(policy, rule)| policy.container_for(rule));
        Self {
            wanted: wanted.to_vec(),
            earlier: wanted.iter().flat_map(before).collect(),
            named,
        }
    }

    /// Failures that have all that is wanted, side by side; whether an earlier rule takes them is left to be tried.
    fn drafts(&self) -> impl Iterator<Item = Draft> {
        let mut values = Vec::new();
        for side in Side::ALL {
            values.push(self.worth_trying(side, self.values(side)));
            if values.last().is_some_and(Vec::is_empty) {
                break;
            }
        }
        product(values).take(MOST_TRIED).map(|sides| {
            sides
                .iter()
                .fold(Draft::default(), |all, side| all.and(side))
        })
    }

    fn values(&self, side: Side) -> Vec<Draft> {
        match side {
            Side::Error => self.errors(),
            Side::StopCode => self.stop_codes(),
            Side::LaunchType => self.launch_types(),
            Side::CapacityProvider => self.capacity_providers(),
            Side::Codes => self.containers(),
            Side::Texts => self.reasons(),
        }
    }

    /// The conditions of the wanted rules on one side, each with the container that it looks at.
    fn conditions(&self, side: Side) -> impl Iterator<Item = (&'r Test, Option<&'r str>)> {
        self.wanted.iter().flat_map(move |(policy, rule)| {
            let matchers = rule
                .matchers()
                .iter()
                .filter(move |matcher| Side::of(matcher) == side);
            matchers.map(|matcher| (&matcher.test, policy.container_for(rule)))
        })
    }

    /// The values that meet the wanted conditions; of those that the same earlier rules would take, or more, only the first.
    fn worth_trying(&self, side: Side, values: impl IntoIterator<Item = Draft>) -> Vec<Draft> {
        let mut kept: Vec<(Draft, BTreeSet<usize>)> = Vec::new();
        for value in values.into_iter().take(MOST_WEIGHED) {
            let Some(example) = value.example() else {
                continue;
            };
            let failure = example.failure();
            if !self
                .conditions(side)
                .all(|(test, container)| test.holds(&failure, container))
            {
                continue;
            }
            // A container that has to have a reason has to be there.
            let has_reason = |(test, container): (&Test, Option<&str>)| {
                let is_there = |name| failure.container(name).is_ok();
                !matches!(test, Test::ContainerReason(_))
                    || (is_there(container) && is_there(container.or(self.named)))
            };
            if side == Side::Codes && !self.conditions(Side::Texts).all(has_reason) {
                continue;
            }
            let takes = |(policy, rule): &(&Policy, &Rule)| {
                let mut matchers = rule
                    .matchers()
                    .iter()
                    .filter(|matcher| Side::of(matcher) == side)
                    .peekable();
                let container = policy.container_for(rule);
                matchers.peek().is_some()
                    && matchers.all(|matcher| matcher.test.holds(&failure, container))
            };
            let taken: BTreeSet<_> = self
                .earlier
                .iter()
                .enumerate()
                .filter(|(_, rule)| takes(rule))
                .map(|(at, _)| at)
                .collect();
            // A plain text goes with no value of other sides: it makes no task needless.
            let plain = |draft: &Draft| draft.plain_text.is_some();
            let of_container = |draft: &Draft| !draft.container_reasons.is_empty();
            let goes_with = |draft: &Draft| plain(draft) <= plain(&value);
            if kept
                .iter()
                .any(|(draft, before)| goes_with(draft) && before.is_subset(&taken))
            {
                continue;
            }
            let best = taken.is_empty() && !plain(&value) && !of_container(&value);
            kept.push((value, taken));
            if best {
                break;
            }
        }
        kept.into_iter().map(|(value, _)| value).collect()
    }

    fn errors(&self) -> Vec<Draft> {
        let mut names: Vec<Option<String>> = Vec::new();
        for (test, _) in self.conditions(Side::Error) {
            let Test::Error(wanted) = test else { continue };
            for name in wanted {
                match name {
                    NameMatch::Exactly(name) => names.push(Some(name.clone())),
                    NameMatch::StartingWith(prefix) => {
                        let known = KNOWN_ERRORS
                            .iter()
                            .filter(|known| known.starts_with(prefix.as_str()));
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

    /// The names that the wanted rules ask for on this side, or those to take where none asks.
    fn names(&self, side: Side, otherwise: &[Option<&str>]) -> Vec<Option<String>> {
        let mut names = Vec::new();
        for (test, _) in self.conditions(side) {
            if let Test::StopCode(wanted)
            | Test::LaunchType(wanted)
            | Test::CapacityProvider(wanted) = test
            {
                names.extend(wanted.iter().cloned().map(Some));
            }
        }
        if names.is_empty() {
            otherwise
                .iter()
                .map(|name| name.map(str::to_owned))
                .collect()
        } else {
            names
        }
    }

    fn stop_codes(&self) -> Vec<Draft> {
        let otherwise: &[_] = match (self.ran(), self.is_task()) {
            (true, _) => &[Some("EssentialContainerExited"), None],
            (false, true) if self.conditions(Side::Texts).next().is_some() => {
                &[Some("TaskFailedToStart"), None]
            }
            (false, _) => &[None],
        };
        let names = self.names(Side::StopCode, otherwise);
        names
            .into_iter()
            .map(|stop_code| Draft {
                stop_code,
                ..Draft::default()
            })
            .collect()
    }

    fn launch_types(&self) -> Vec<Draft> {
        let names = self.names(Side::LaunchType, &[None]);
        names
            .into_iter()
            .map(|launch_type| Draft {
                launch_type,
                ..Draft::default()
            })
            .collect()
    }

    fn capacity_providers(&self) -> Vec<Draft> {
        let names = self.names(Side::CapacityProvider, &[None]);
        names
            .into_iter()
            .map(|capacity_provider| Draft {
                capacity_provider,
                ..Draft::default()
            })
            .collect()
    }

    /// Whether an ordinary example is a container that ran.
    fn ran(&self) -> bool {
        let asks_for_code = self
            .conditions(Side::Codes)
            .any(|(test, _)| matches!(test, Test::ExitCode(set) if !set.ranges.is_empty()));
        asks_for_code
            || self
                .wanted
                .iter()
                .all(|(_, rule)| rule.matchers().is_empty())
    }

    /// Whether it is a stopped task at all, and not the plain text that comes with most error names.
    fn is_task(&self) -> bool {
        let of_tasks =
            |matcher: &Matcher| !matches!(matcher.test, Test::Error(_) | Test::Reason(_));
        let asks_for_task = self
            .wanted
            .iter()
            .any(|(_, rule)| rule.matchers().iter().any(of_tasks));
        self.ran() || asks_for_task || self.conditions(Side::Error).next().is_none()
    }

    /// The containers that are looked at, each with one of all codes that a rule tells apart.
    fn containers(&self) -> Vec<Draft> {
        let looked_at = self
            .wanted
            .iter()
            .chain(&self.earlier)
            .filter_map(|(policy, rule)| {
                let looks = rule
                    .matchers()
                    .iter()
                    .any(|matcher| Side::of(matcher) == Side::Codes);
                policy.container_for(rule).filter(|_| looks)
            });
        let classes = self
            .wanted
            .iter()
            .flat_map(|(policy, _)| policy.exit_code_classes());
        let mut codes: Vec<_> = classes
            .chain([1])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        // A program that fails mostly says so with one byte.
        codes.sort_by_key(|code| (*code == 0, *code > 255));
        let ran = codes.into_iter().map(|code| Some(Some(code)));
        let (listed, unlisted) = (Some(None), None);
        let ways = |wanted: bool| match (wanted && self.is_task(), self.ran()) {
            (true, true) => ran.clone().chain([listed, unlisted]).collect(),
            (true, false) => [listed, unlisted].into_iter().chain(ran.clone()).collect(),
            (false, _) => [unlisted, listed]
                .into_iter()
                .chain(ran.clone())
                .collect::<Vec<_>>(),
        };

        let wanted: Vec<_> = self
            .wanted
            .iter()
            .map(|(policy, rule)| policy.container_for(rule))
            .collect();
        let mut names: BTreeSet<_> = looked_at.chain(wanted.iter().copied().flatten()).collect();
        let any = if names.contains(CONTAINER) {
            "other"
        } else {
            CONTAINER
        };
        names.insert(any);
        let mut names: Vec<_> = names.into_iter().collect();
        let is_wanted =
            |name: &&str| wanted.contains(&Some(*name)) || (*name == any && wanted.contains(&None));
        names.sort_by_key(is_wanted);
        let lists = names.iter().map(|name| {
            ways(is_wanted(name))
                .into_iter()
                .map(|way| Some((*name, way?)))
                .collect()
        });
        let listed = |list: Vec<Option<(&str, Option<u32>)>>| Draft {
            containers: list
                .into_iter()
                .flatten()
                .map(|(name, code)| (name.to_owned(), code))
                .collect(),
            ..Draft::default()
        };
        product(lists.collect())
            .take(MOST_WEIGHED)
            .map(listed)
            .collect()
    }

    /// Texts for the wanted patterns, at each place where they may stand.
    fn reasons(&self) -> Vec<Draft> {
        let choices: Vec<Vec<_>> = self
            .conditions(Side::Texts)
            .map(|(test, container)| texts(test, container.or(self.named)))
            .collect();
        if choices.is_empty() {
            let reason = self
                .ran()
                .then(|| "Essential container in task exited".to_owned());
            let plain = (!self.is_task()).then(String::new);
            return vec![
                Draft {
                    stopped_reason: reason,
                    plain_text: plain,
                    ..Draft::default()
                },
                Draft::default(),
            ];
        }
        let mut drafts: Vec<_> = one_by_one(&choices)
            .iter()
            .flat_map(|chosen| self.placed(chosen))
            .collect();
        drafts.sort_by_key(|draft| draft.texts);
        drafts
    }

    /// These texts, each at every place where it may stand.
    fn placed(&self, chosen: &[(Place<'_>, String)]) -> Vec<Draft> {
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
        let elsewhere = by_place.iter().map(|(place, texts)| {
            let drafts = together(texts).into_iter().map(|text| match place {
                Place::Container(name) => of_container(*name, text),
                Place::Stopped | Place::Anywhere => stopped(text),
            });
            drafts.collect()
        });
        let mut ways: Vec<Vec<Draft>> = elsewhere.collect();
        if !anywhere.is_empty() {
            let mut drafts = Vec::new();
            for (text, texts) in together(&anywhere) {
                let plain = Draft {
                    plain_text: Some(text.clone()),
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
            let apart: Vec<_> = anywhere.iter().map(|text| (*text).to_owned()).collect();
            drafts.push(Draft {
                texts: apart.len(),
                placement_reasons: apart,
                ..Draft::default()
            });
            drafts.extend(
                together(&anywhere)
                    .into_iter()
                    .map(|text| of_container(self.named, text)),
            );
            let of_placement = |(text, texts)| Draft {
                placement_reasons: vec![text],
                texts,
                ..Draft::default()
            };
            drafts.extend(together(&anywhere).into_iter().map(of_placement));
            ways.push(drafts);
        }
        product(ways)
            .map(|parts| {
                parts
                    .iter()
                    .fold(Draft::default(), |all, part| all.and(part))
            })
            .collect()
    }
}

/// Where a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'r> {
    Anywhere,
    Stopped,
    Container(Option<&'r str>),
}

/// Texts that the condition is met by, where they are to stand.
fn texts<'r>(test: &Test, container: Option<&'r str>) -> Vec<(Place<'r>, String)> {
    let (place, patterns) = match test {
        Test::Reason(patterns) => (Place::Anywhere, patterns),
        Test::StoppedReason(patterns) => (Place::Stopped, patterns),
        Test::ContainerReason(patterns) => (Place::Container(container), patterns),
        _ => return Vec::new(),
    };
    let alone: Vec<_> = patterns
        .iter()
        .flat_map(|pattern| pattern.examples())
        .collect();
    // An earlier rule may want such a text and nothing else.
    let within: Vec<_> = alone.iter().map(|text| format!("... {text} ...")).collect();
    alone
        .into_iter()
        .chain(within)
        .map(|text| (place, text))
        .collect()
}

/// Texts that may be found in one and the same place, each with the number of texts that it is made of: each alone, as
/// one may hold the others, then all after each other.
fn together(texts: &[&str]) -> Vec<(String, usize)> {
    let mut all: Vec<_> = texts.iter().map(|text| ((*text).to_owned(), 1)).collect();
    if texts.len() > 1 {
        let backwards: Vec<_> = texts.iter().rev().copied().collect();
        all.extend([texts.join(" "), backwards.join(" ")].map(|text| (text, texts.len())));
    }
    all
}

/// The first value of every list together, then all others of each list beside the first ones of the rest.
fn one_by_one<T: Clone>(lists: &[Vec<T>]) -> Vec<Vec<T>> {
    let Some(first): Option<Vec<T>> = lists.iter().map(|list| list.first().cloned()).collect()
    else {
        return Vec::new();
    };
    let beside_first = |at: usize, value: &T| {
        let others = first.iter().enumerate();
        others
            .map(|(other, first)| {
                if other == at {
                    value.clone()
                } else {
                    first.clone()
                }
            })
            .collect()
    };
    let others = lists.iter().enumerate();
    let others = others.flat_map(|(at, list)| list.iter().skip(1).map(move |value| (at, value)));
    std::iter::once(first.clone())
        .chain(others.map(|(at, value)| beside_first(at, value)))
        .collect()
}

/// Each way to take one value of every list, the last list's values in turn first.
fn product<T: Clone>(lists: Vec<Vec<T>>) -> impl Iterator<Item = Vec<T>> {
    let ways = lists
        .iter()
        .fold(1_usize, |ways, list| ways.saturating_mul(list.len()));
    (0..ways).map(move |way| {
        let mut rest = way;
        let mut values: Vec<_> = lists
            .iter()
            .rev()
            .filter_map(|list| {
                let value = list.get(rest % list.len().max(1)).cloned();
                rest /= list.len().max(1);
                value
            })
            .collect();
        values.reverse();
        values
    })
}
