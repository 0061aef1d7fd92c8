//! Finds the rules, and checks with the engine that they decide about what they should.

use super::candidate::{Candidate, candidates, toml_string};
use super::phrase::WordCounts;
use super::section::section;
use super::{Group, NoRule, Suggestion, insert, insert_all};
use crate::signature::Signature;
use exitwise_engine::diagnostic::{Code, Diagnostics};
use exitwise_engine::policy::Rule;
use exitwise_engine::{Failure, Policy};
use std::collections::{BTreeMap, BTreeSet};

/// Most characters of a signature in a reason.
const MAX_SHOWN: usize = 120;

/// Most candidates that fit the failures, but not the policy, before the search for a rule ends.
const MAX_REFUSED: usize = 3;

/// Returns a rule for each group, in the order of the groups.
///
/// A rule finds every sample of its group, and no sample of another group and none of `others`, which
/// are failures that other rules of the policy decide about. The engine has checked that: with all of
/// the rules [in the policy](insert_all), each group is decided by its own rule, and every other
/// failure by the same rule as before. The policy then has no errors and no further rules that can
/// never match.
///
/// # Errors
/// Each group for which there is no such rule has the reason instead.
///
/// # Examples
///
/// ```
/// use exitwise_engine::{Failure, Policy};
/// use exitwise_evidence::signature::Signature;
/// use exitwise_evidence::suggest::{Group, suggest};
///
/// let (policy, _) = Policy::load("version = 1\nlimits = { max_retries = 3 }\n")?;
/// let failures = ["licence server at 10.0.7.12:5053 refused seat 7", "out of paper"]
///     .map(Failure::from_plain_text);
/// let signature = Signature::of(&failures[0], policy.container());
/// let group = Group {
///     signature: &signature,
///     count: 1_204,
///     taken_by: "default",
///     samples: vec![failures[0].clone()],
///     notes: vec!["for a retry: 12 of 14 executions succeeded later".into()],
/// };
/// let rules = suggest(&policy, &[group], &failures[1..]);
/// assert_eq!(
///     rules[0].as_ref().unwrap().toml,
///     r#"[[rule]]
/// name = "licence-server-refused"        # 1,204 failures, decided by [default] so far
/// when = { reason = 'licence server at \S+ refused' }
/// type = "FATAL"                         # as it is now; RETRIABLE or TEMPORARY if another run can succeed:
/// ## for a retry: 12 of 14 executions succeeded later
/// "#
/// );
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
pub fn suggest(
    policy: &Policy,
    groups: &[Group<'_>],
    others: &[Failure<'_>],
) -> Vec<Result<Suggestion, NoRule>> {
    let mut search = Search::new(policy, groups, others);
    search.find_all();
    if !search.has_all_checks() {
        // One of the rules is not as it should be. Which one, only a check of each can tell.
        search = Search::new(policy, groups, others);
        search.checks_each = true;
        search.find_all();
    }
    search.found
}

/// A failure, with the rule that decides about it without suggestions.
struct Known<'s> {
    failure: &'s Failure<'s>,
    rule: &'s Rule,
    /// The index of its group, if the group's rule decides about it.
    group: Option<usize>,
}

struct Search<'s> {
    policy: &'s Policy,
    groups: &'s [Group<'s>],
    known: Vec<Known<'s>>,
    counts: WordCounts,
    /// The lines that do what these rules do, or why no rule can.
    actions: BTreeMap<&'s str, Result<String, String>>,
    /// The rules for the groups up to now.
    found: Vec<Result<Suggestion, NoRule>>,
    /// The policy with these rules.
    extended: Policy,
    /// Whether the policy is checked for warnings, and its guarantee, after each rule. That takes
    /// long.
    checks_each: bool,
    /// Number of rules of the policy that can never match.
    unreachable: usize,
}

impl<'s> Search<'s> {
    fn new(policy: &'s Policy, groups: &'s [Group<'s>], others: &'s [Failure<'s>]) -> Self {
        let samples = groups.iter().enumerate();
        let samples =
            samples.flat_map(|(index, it)| it.samples.iter().map(move |it| (Some(index), it)));
        let failures = samples.chain(others.iter().map(|it| (None, it)));
        let known = failures.map(|(index, failure)| {
            let rule = policy.deciding_rule(failure);
            let is_taken = |index: &usize| {
                groups
                    .get(*index)
                    .is_some_and(|it| it.taken_by == rule.name())
            };
            let group = index.filter(is_taken);
            Known {
                failure,
                rule,
                group,
            }
        });
        let known: Vec<_> = known.collect();
        let container = policy.container();
        let of_others = others
            .iter()
            .map(|it| Signature::of(it, container))
            .collect::<BTreeSet<_>>();
        let signatures = of_others.iter().chain(groups.iter().map(|it| it.signature));
        let counts = WordCounts::of(signatures.filter_map(Signature::text));
        let taken_by = groups.iter().filter_map(|it| policy.rule(it.taken_by));
        let taken_by: BTreeMap<_, _> = taken_by.map(|it| (it.name(), it)).collect();
        let actions = taken_by.into_iter();
        let actions = actions.map(|(name, rule)| (name, insert::action_lines(policy, rule)));
        let warnings = Policy::load(policy.source()).map(|(_, warnings)| warnings);
        Self {
            policy,
            groups,
            known,
            counts,
            actions: actions.collect(),
            found: groups
                .iter()
                .map(|_| Err(no_rule("not searched for")))
                .collect(),
            extended: policy.clone(),
            checks_each: false,
            unreachable: warnings.as_ref().map_or(0, unreachable),
        }
    }

    fn find_all(&mut self) {
        for index in 0..self.groups.len() {
            self.find(index, false);
        }
        // What stands in the way of a rule may now have a rule of its own.
        for index in 0..self.groups.len() {
            if self.found.get(index).is_some_and(Result::is_err) {
                self.find(index, true);
            }
        }
        self.check_decisions();
    }

    /// Searches for a rule for a group. `is_later` allows one that must stand after other suggestions.
    fn find(&mut self, index: usize, is_later: bool) {
        let Some(group) = self.groups.get(index) else {
            return;
        };
        let found = self.rule_for(index, group, is_later);
        let found = found.map(|(suggestion, extended)| {
            self.extended = extended;
            suggestion
        });
        if let Some(place) = self.found.get_mut(index) {
            *place = found;
        }
    }

    fn rule_for(
        &self,
        index: usize,
        group: &Group<'_>,
        is_later: bool,
    ) -> Result<(Suggestion, Policy), NoRule> {
        let taken_by = self.policy.rule(group.taken_by);
        let (Some(taken_by), Some(action)) = (taken_by, self.actions.get(group.taken_by)) else {
            let reason = format!("the policy has no rule `{}`", group.taken_by);
            return Err(no_rule(reason));
        };
        let action = action.as_ref().map_err(no_rule)?;
        if !self.known.iter().any(|it| it.group == Some(index)) {
            let reason = format!("none of the samples is decided by `{}`", group.taken_by);
            return Err(no_rule(reason));
        }
        let mut reason = "the failures have nothing that a rule could look at".to_owned();
        let mut refused = 0;
        for candidate in candidates(group.signature, &self.counts) {
            let after = match self.fits(index, taken_by, &candidate, is_later) {
                Fit::Exact(after) => after,
                Fit::Also(signature) => {
                    let others = shortened(&signature.to_string());
                    reason = format!("rules that find these failures also find others: {others}");
                    continue;
                }
                Fit::Not => continue,
            };
            let is_taken = |name: &str| self.extended.rule(name).is_some();
            let rule = candidate.name(is_taken);
            let toml = section(&rule, group, &candidate, taken_by, action);
            let before = (taken_by.name() != self.policy.default_rule().name())
                .then(|| taken_by.name().to_owned());
            let suggestion = Suggestion {
                group: index,
                rule,
                toml,
                before,
                after,
            };
            match self.extend(&suggestion) {
                Ok(extended) => return Ok((suggestion, extended)),
                Err(problem) => reason = problem,
            }
            refused += 1;
            if refused == MAX_REFUSED {
                break;
            }
        }
        Err(no_rule(reason))
    }

    /// Returns which failures a rule with these conditions would find.
    fn fits(&self, index: usize, taken_by: &Rule, candidate: &Candidate, is_later: bool) -> Fit {
        let container = self.policy.container();
        let container = container.map_or_else(String::new, |it| {
            format!("container = {}\n", toml_string(it))
        });
        let source = format!(
            "version = 1\n{container}limits = {{ max_retries = 1 }}\n[[rule]]\nname = \"a\"\nwhen = {}\ntype = \"FATAL\"\n",
            candidate.when
        );
        let policy = Policy::load_for_decisions(&source);
        let Some(rule) = policy.as_ref().ok().and_then(|it| it.rules().first()) else {
            return Fit::Not;
        };
        let finds =
            |failure: &Failure<'_>| rule.mismatch(&failure.seen(rule.container())).is_none();
        if rule.matchers() == taken_by.matchers() {
            // It would leave nothing to the broad rule.
            return Fit::Not;
        }
        let mut own = self.known.iter().filter(|it| it.group == Some(index));
        if !own.all(|it| finds(it.failure)) {
            return Fit::Not;
        }
        let mut after = BTreeSet::new();
        // Rules before the new one still decide about what they decided about.
        let left =
            |it: &&Known<'_>| it.group != Some(index) && it.rule.position() >= taken_by.position();
        for known in self
            .known
            .iter()
            .filter(left)
            .filter(|it| finds(it.failure))
        {
            let own_rule = known.group.and_then(|it| self.found.get(it)?.as_ref().ok());
            match own_rule.filter(|_| is_later) {
                Some(suggestion) => {
                    after.insert(suggestion.rule.clone());
                }
                None => return Fit::Also(Signature::of(known.failure, self.policy.container())),
            }
        }
        Fit::Exact(after.into_iter().collect())
    }

    /// Returns the policy with one more rule, or why it is not as it should be.
    fn extend(&self, suggestion: &Suggestion) -> Result<Policy, String> {
        let before = suggestion.before.as_deref();
        let policy = insert::insert(&self.extended, before, &suggestion.toml)?;
        if self.checks_each {
            self.check(&policy)?;
        }
        Ok(policy)
    }

    /// Checks a policy for what loading it for decisions does not check.
    fn check(&self, policy: &Policy) -> Result<(), String> {
        let loaded = Policy::load(policy.source());
        let (_, warnings) = loaded.map_err(|problems| insert::error_of(&problems))?;
        if unreachable(&warnings) > self.unreachable {
            return Err("with a rule for it, one of the rules can never match".into());
        }
        Ok(())
    }

    fn has_all_checks(&self) -> bool {
        self.checks_each || self.check(&self.extended).is_ok()
    }

    /// Checks the decisions with all rules together, and removes rules with which one is wrong.
    fn check_decisions(&mut self) {
        while let Some(wrong) = self.first_wrong(&self.extended) {
            let Some(place) = self.found.get_mut(wrong).filter(|it| it.is_ok()) else {
                return;
            };
            *place = Err(no_rule(
                "the rule for it does not fit together with the others",
            ));
            let source = insert_all(self.policy.source(), self.found.iter().flatten());
            let policy = source
                .ok()
                .and_then(|it| Policy::load_for_decisions(&it).ok());
            self.extended = policy.unwrap_or_else(|| self.policy.clone());
        }
    }

    /// Returns the group whose rule decides about a wrong failure, or not about one of its own.
    fn first_wrong(&self, policy: &Policy) -> Option<usize> {
        self.known.iter().find_map(|known| {
            let own = known.group.and_then(|it| self.found.get(it)?.as_ref().ok());
            let expected = own.map_or(known.rule.name(), |it| &it.rule);
            let decided = policy.deciding_rule(known.failure).name();
            let by = |name: &str| self.found.iter().flatten().find(|it| it.rule == name);
            let wrong = (decided != expected).then(|| by(decided).or(own));
            wrong.flatten().map(|it| it.group)
        })
    }
}

/// Which failures a rule finds.
enum Fit {
    /// Those of its group, and some that the suggested rules of these names find first.
    Exact(Vec<String>),
    /// Those of its group, and others such as this one.
    Also(Signature),
    /// Not all of its group.
    Not,
}

fn no_rule(reason: impl Into<String>) -> NoRule {
    NoRule {
        reason: reason.into(),
    }
}

/// Returns the number of rules that can never match.
fn unreachable(warnings: &Diagnostics) -> usize {
    let warnings = warnings.iter();
    warnings
        .filter(|it| it.code == Code::UnreachableRule)
        .count()
}

/// Returns the beginning of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
