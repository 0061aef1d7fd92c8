//! The worst case of a policy: how often the task can run, how long an execution can wait, and what it takes to get there.

use super::share;
use crate::policy::backoff::Retry;
use crate::policy::jitter::Draw;
use crate::policy::{Action, Policy, Rule};

/// History events before the first run: ExecutionStarted, and two each (entered, exited) of CheckInput and Init.
///
/// Source of this and the next three: the states of `state-machine.asl.json`; Step Functions API Reference, "HistoryEvent".
pub const START_EVENTS: u32 = 5;

/// History events of a run that fails: six of RunECSTask (entered, scheduled, started, submitted, failed, exited), five of
/// ProcessError (entered, scheduled, started, succeeded, exited) and two of ErrorStateChoice.
pub const RUN_EVENTS: u32 = 13;

/// History events of a wait: WaitBeforeRetry entered and exited.
pub const WAIT_EVENTS: u32 = 2;

/// History events after the last decision: FatalError entered, ExecutionFailed.
pub const END_EVENTS: u32 = 2;

/// Most retries that are tried one by one, where a limit in time makes some sets of retries impossible.
const MAX_STEPS: usize = 1_000_000;

/// Bounds that no execution under the policy exceeds, whatever fails in whatever order, at any jitter draw.
///
/// `docs/ARCHITECTURE.md` says why they hold and are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstCase {
    runs: u32,
    wait_seconds: u64,
    history_events: u32,
    exact: bool,
    witness: Vec<(String, u32)>,
}

impl WorstCase {
    /// Computes the bounds.
    ///
    /// Rules that can never match are left out. Uncounted rules all use their own limit up; counted rules share
    /// `limits.max_retries` so that the delays add up to the most. Where `max_total_wait` or `max_elapsed` cuts in, the
    /// runs of the task are taken to last no time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::{Policy, WorstCase};
    /// let text = "version = 1\nlimits.max_retries = 3\n[default]\ntype = \"TEMPORARY\"\nbackoff = { constant = \"60s\" }\n";
    /// let (policy, _) = Policy::load(text).unwrap();
    /// let worst = WorstCase::of(&policy);
    /// assert_eq!((worst.runs(), worst.wait_seconds(), worst.history_events()), (4, 180, 65));
    /// assert_eq!(worst.witness(), [("default".to_owned(), 3)]);
    /// ```
    pub fn of(policy: &Policy) -> Self {
        let limits = policy.limits();
        let time = [limits.max_total_wait, limits.max_elapsed]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(u64::MAX);
        let rules: Vec<_> = policy
            .reachable_rules()
            .filter(|rule| rule.max_retries() > 0)
            .collect();
        let (most, uses) = longest(&rules, limits.max_retries);
        let witness = |uses: &[u32]| {
            let used = rules.iter().zip(uses).filter(|(_, uses)| **uses > 0);
            used.map(|(rule, uses)| (rule.name().to_owned(), *uses))
                .collect()
        };
        let bounds = |retries: u32, history_events, longest: u64| Self {
            runs: retries + 1,
            wait_seconds: longest.min(time),
            history_events,
            exact: true,
            witness: Vec::new(),
        };
        // Where the shortest draws keep to the limit, others reach it to the second.
        if most.shortest <= time {
            return Self {
                witness: witness(&uses),
                ..bounds(most.retries, most.history_events(), most.longest)
            };
        }
        let mut search = Search {
            max_retries: limits.max_retries,
            time,
            ..Search::default()
        };
        if search.all(&rules, Retries::default()) {
            let witness = witness(&search.witness.1);
            return Self {
                witness,
                ..bounds(search.retries, search.history_events, search.longest)
            };
        }
        Self {
            exact: false,
            ..bounds(most.retries, most.history_events(), most.longest)
        }
    }

    /// Most runs of the task: one more than retries; `1..=1001`.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// Longest sum of all waits, in seconds.
    pub fn wait_seconds(&self) -> u64 {
        self.wait_seconds
    }

    /// Most history events of an execution that ends in FatalError, retries of the function itself not among them.
    pub fn history_events(&self) -> u32 {
        self.history_events
    }

    /// Whether some execution reaches each figure. If not, all are upper bounds, as a limit in time ends executions sooner.
    pub fn exact(&self) -> bool {
        self.exact
    }

    /// The rules that decide, in the policy's order, with how often each allows a retry, in an execution with the most runs;
    /// they may come in any order, and whatever fails after them is FATAL.
    ///
    /// Where no limit in time cuts in, the same execution has the most history events and, at the longest draws, the longest
    /// wait. Empty where no retry is allowed, or where no such execution is known.
    pub fn witness(&self) -> &[(String, u32)] {
        &self.witness
    }
}

/// What some retries of one execution come to.
#[derive(Debug, Clone, Copy, Default)]
struct Retries {
    retries: u32,
    counted: u32,
    waits: u32,
    /// Sum of the waits at the longest draws, in seconds.
    longest: u64,
    /// At the shortest draws.
    shortest: u64,
}

impl Retries {
    /// With one more retry of a rule that has allowed some already.
    fn and(mut self, rule: &Rule, uses: u32) -> Self {
        self.retries += 1;
        self.counted += u32::from(rule.counts());
        if let Action::Temporary { backoff, .. } = rule.action() {
            let drawn = |draw| u64::from(backoff.drawn(Retry::after(uses), draw, 0));
            self.waits += 1;
            self.longest += drawn(Draw::Longest);
            self.shortest += drawn(Draw::Shortest);
        }
        self
    }

    fn history_events(self) -> u32 {
        START_EVENTS + (self.retries + 1) * RUN_EVENTS + self.waits * WAIT_EVENTS + END_EVENTS
    }
}

/// Of all retries that rules and limits allow, time aside, those that wait the longest; no others are more, or wait more often.
/// With how often each rule allows one.
fn longest(rules: &[&Rule], max_retries: u32) -> (Retries, Vec<u32>) {
    let tables: Vec<_> = rules
        .iter()
        .map(|rule| match rule.action() {
            Action::Temporary { backoff, .. } if rule.counts() => backoff.delays(),
            _ => &[],
        })
        .collect();
    let shares = share::share(&tables, max_retries);
    // What waits comes first; what it leaves over, the others take.
    let mut left = max_retries - shares.iter().sum::<u32>();
    let mut all = Retries::default();
    let mut uses = Vec::with_capacity(rules.len());
    for (rule, share) in rules.iter().zip(shares) {
        let used = match rule.action() {
            _ if !rule.counts() => rule.max_retries(),
            Action::Temporary { .. } => share,
            Action::Retriable { .. } | Action::Fatal => rule.max_retries().min(left),
        };
        left -= if share == 0 && rule.counts() { used } else { 0 };
        all = (0..used).fold(all, |all, used| all.and(rule, used));
        uses.push(used);
    }
    (all, uses)
}

/// Looks at every set of retries that keeps to all limits.
#[derive(Default)]
struct Search {
    max_retries: u32,
    time: u64,
    steps: usize,
    /// How often each rule so far allows a retry.
    uses: Vec<u32>,
    /// The most found, each for itself.
    retries: u32,
    longest: u64,
    history_events: u32,
    /// Of the uses with the most retries those that can wait the longest, and how long.
    witness: (u64, Vec<u32>),
}

impl Search {
    /// Tries all uses of the rules that are left; whether there were not too many.
    fn all(&mut self, rules: &[&Rule], mut so_far: Retries) -> bool {
        let Some((rule, rest)) = rules.split_first() else {
            self.record(so_far);
            return true;
        };
        for used in 0..=rule.max_retries() {
            self.steps += 1;
            self.uses.push(used);
            let finished = self.steps < MAX_STEPS && self.all(rest, so_far);
            self.uses.pop();
            if !finished {
                return false;
            }
            let budget_is_spent = rule.counts() && so_far.counted == self.max_retries;
            so_far = so_far.and(rule, used);
            if budget_is_spent || so_far.shortest > self.time {
                break;
            }
        }
        true
    }

    fn record(&mut self, found: Retries) {
        // Between its shortest and its longest draws a set of retries can wait any number of seconds.
        let longest = found.longest.min(self.time);
        if (found.retries, longest) > (self.retries, self.witness.0) {
            self.retries = found.retries;
            self.witness = (longest, self.uses.clone());
        }
        self.longest = self.longest.max(longest);
        self.history_events = self.history_events.max(found.history_events());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `runs, seconds, history events`, with `at most` before them where they are not exact; then the witness.
    fn told(worst: &WorstCase) -> String {
        let at_most = if worst.exact() { "" } else { "at most " };
        let witness: String = worst
            .witness()
            .iter()
            .map(|(rule, uses)| format!(" {rule}x{uses}"))
            .collect();
        format!(
            "{at_most}{} {} {};{witness}",
            worst.runs(),
            worst.wait_seconds(),
            worst.history_events()
        )
    }

    #[track_caller]
    fn check(limits: &str, rules: &[&str], expected: &str) {
        let rules: String = rules
            .iter()
            .enumerate()
            .map(|(n, rule)| {
                let (verdict, rest) = rule.split_once(' ').unwrap_or((rule, ""));
                format!(
                    "[[rule]]\nname = 'r{n}'\nwhen.exit_code = {n}\ntype = '{verdict}'\n{}\n",
                    rest.replace("; ", "\n")
                )
            })
            .collect();
        let (policy, _) =
            Policy::load(&format!("version = 1\nlimits = {{ {limits} }}\n{rules}")).unwrap();
        assert_eq!(told(&WorstCase::of(&policy)), expected, "{limits}\n{rules}");
    }

    #[test]
    fn rules_that_allow_no_retry_cost_the_search_nothing() {
        let waits = ["TEMPORARY max_retries = 40; backoff.constant = '1s'"; 3];
        let rules = [&waits[..], &["FATAL"; 200]].concat();
        check(
            "max_retries = 100, max_total_wait = '40s'",
            &rules,
            "41 40 620; r2x40",
        );
    }

    #[test]
    fn counted_rules_share_and_uncounted_ones_add() {
        let once = "TEMPORARY max_retries = 1; backoff.constant = '90s'";
        let shrinking = "TEMPORARY backoff.delays = ['100s', '1s']";
        let free = "TEMPORARY counts = false; max_retries = 4; backoff.constant = '5s'";
        check("max_retries = 3", &["FATAL"], "1 0 20;");
        check("max_retries = 0", &[once], "1 0 20;");
        check("max_retries = 2", &[once], "2 90 35; r0x1");
        check(
            "max_retries = 3",
            &[once, once, once, once],
            "4 270 65; r0x1 r1x1 r2x1",
        );
        check(
            "max_retries = 3",
            &[shrinking, shrinking],
            "4 201 65; r0x2 r1x1",
        );
        check("max_retries = 2", &[once, shrinking], "3 190 50; r0x1 r1x1");
        check("max_retries = 1", &[once, free], "6 110 95; r0x1 r1x4");
        // What waits comes first, even for 0 s: it has more history events.
        check(
            "max_retries = 3",
            &["RETRIABLE", once],
            "4 90 61; r0x2 r1x1",
        );
        check(
            "max_retries = 3",
            &["RETRIABLE", "TEMPORARY backoff.constant = '0s'"],
            "4 0 65; r1x3",
        );
    }

    #[test]
    fn a_limit_in_time_cuts() {
        let minute = "TEMPORARY backoff.constant = '60s'";
        let jittered = "TEMPORARY backoff = { constant = '60s', jitter = 'full' }";
        let half = "TEMPORARY backoff = { constant = '60s', jitter = 'equal' }";
        check(
            "max_retries = 3, max_total_wait = '200s'",
            &[minute],
            "4 180 65; r0x3",
        );
        check(
            "max_retries = 3, max_total_wait = '179s'",
            &[minute],
            "3 120 50; r0x2",
        );
        check("max_retries = 3, max_elapsed = '59s'", &[minute], "1 0 20;");
        check(
            "max_retries = 3, max_total_wait = '150s', max_elapsed = '70s'",
            &[minute],
            "2 60 35; r0x1",
        );
        check(
            "max_retries = 3, max_total_wait = '70s'",
            &[jittered],
            "4 70 65; r0x3",
        );
        check(
            "max_retries = 3, max_total_wait = '90s'",
            &[half],
            "4 90 65; r0x3",
        );
        check(
            "max_retries = 3, max_total_wait = '89s'",
            &[half],
            "3 89 50; r0x2",
        );
        // The most runs, the longest wait and the most events are those of three different executions.
        let (long, short) = (
            "TEMPORARY max_retries = 1; backoff.constant = '100s'",
            "TEMPORARY backoff.constant = '45s'",
        );
        check(
            "max_retries = 3, max_total_wait = '101s'",
            &[long, short, "RETRIABLE"],
            "4 100 63; r0x1 r2x2",
        );
    }

    #[test]
    fn too_many_sets_of_retries_give_upper_bounds() {
        let rules: Vec<_> = (0..30)
            .map(|n| format!("TEMPORARY backoff.constant = '{}s'", 50 + n))
            .collect();
        let rules: Vec<_> = rules.iter().map(String::as_str).collect();
        check(
            "max_retries = 20, max_total_wait = '900s'",
            &rules,
            "at most 21 900 320;",
        );
    }
}
