//! Prints a policy in its normal form.

use crate::policy::{Action, BILLION, Condition, ExitCodeSet, Memory, Policy, Rule, Seconds};
use std::fmt::{self, Write as _};

/// Prints the policy as TOML in its normal form: defaults are written out, exit codes are ranges of
/// unsigned numbers, and backoffs are lists of delays.
///
/// Loading the printed text gives an equal policy, unless the lists make it longer than
/// [`MAX_POLICY_BYTES`](crate::policy::MAX_POLICY_BYTES). The warnings may differ, because rules no
/// longer use the names in `[exit_codes]`. Tests and guarantee are not printed.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version = 1")?;
        if let Some(container) = self.container() {
            writeln!(f, "container = {}", string(container))?;
        }
        let limits = self.limits();
        writeln!(f, "\n[limits]\nmax_retries = {}", limits.max_retries)?;
        for (key, limit) in [
            ("max_total_wait", limits.max_total_wait),
            ("max_elapsed", limits.max_elapsed),
            ("max_run_time", limits.max_run_time.map(u64::from)),
        ] {
            if let Some(seconds) = limit {
                writeln!(f, "{key} = \"{}\"", Seconds(seconds))?;
            }
        }
        if let Some(price) = self.price() {
            let [vcpu_hour, gb_hour] = [price.vcpu_hour, price.gb_hour].map(amount);
            writeln!(
                f,
                "\n[price]\nvcpu_hour = {vcpu_hour}\ngb_hour = {gb_hour}\ncurrency = {}",
                string(price.currency())
            )?;
        }
        for size in self.sizes() {
            let memory = Memory(size.memory);
            writeln!(f, "\n[[size]]\ncpu = {}\nmemory = \"{memory}\"", size.cpu)?;
        }
        if !self.providers().is_empty() {
            let providers: Vec<_> = self.providers().iter().map(|it| string(it)).collect();
            writeln!(f, "\n[capacity]\nproviders = [{}]", providers.join(", "))?;
        }
        if !self.exit_codes.is_empty() {
            writeln!(f, "\n[exit_codes]")?;
        }
        for (name, codes) in &self.exit_codes {
            match codes.only() {
                Some(code) => writeln!(f, "{name} = {}", code.bits())?,
                None => writeln!(f, "{name} = [{}]", code_ranges(codes).join(", "))?,
            }
        }
        for rule in self.rules() {
            writeln!(f, "\n[[rule]]\nname = {}", string(rule.name()))?;
            for matcher in rule.matchers() {
                let values = matcher.condition().toml_values().join(", ");
                writeln!(f, "when.{} = [{values}]", matcher.key())?;
            }
            if let Some(container) = rule.container().filter(|it| Some(*it) != self.container()) {
                writeln!(f, "when.container = {}", string(container))?;
            }
            f.write_str(&self.action_toml(rule))?;
        }
        let default = self.default_rule();
        write!(f, "\n[default]\n{}{}", action(default), self.next(default))
    }
}

impl Policy {
    /// Returns what a rule of the policy does as lines of TOML in its normal form: the keys `type`,
    /// `outcome`, `max_retries`, `backoff`, `next` and `counts`, as far as the type has them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use exitwise_engine::policy::Policy;
    /// let (policy, _) = Policy::load("version = 1\nlimits = { max_retries = 3 }\n")?;
    /// assert_eq!(policy.action_toml(policy.default_rule()), "type = \"FATAL\"\n");
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn action_toml(&self, rule: &Rule) -> String {
        let mut lines = action(rule) + &self.next(rule);
        if let Action::Retriable { .. } | Action::Temporary { .. } = rule.action() {
            let _ = writeln!(lines, "counts = {}", rule.counts());
        }
        lines
    }

    /// Returns the line `next` of a rule. Empty if its retries change nothing.
    fn next(&self, rule: &Rule) -> String {
        let next = rule.next();
        let provider = next.provider.and_then(|it| {
            let name = self.providers().get(it.position)?;
            Some(format!("capacity = {}, after = {}", string(name), it.after))
        });
        let parts = [
            next.larger_size.then(|| "size = \"larger\"".to_owned()),
            provider,
            next.next_subnet.then(|| "subnet = \"next\"".to_owned()),
        ];
        match parts.into_iter().flatten().collect::<Vec<_>>() {
            parts if parts.is_empty() => String::new(),
            parts => format!("next = {{ {} }}\n", parts.join(", ")),
        }
    }
}

/// Returns the lines `type`, `outcome`, `max_retries` and `backoff` of a rule.
fn action(rule: &Rule) -> String {
    let mut lines = format!("type = \"{}\"\n", rule.action().to_type());
    if let Some(outcome) = rule.outcome() {
        let _ = writeln!(lines, "outcome = {}", string(outcome));
    }
    // The limit is 0 only if it is inherited from `limits.max_retries = 0`. Policies cannot write
    // it: a rule's own `max_retries` is at least 1.
    if rule.max_retries() > 0 {
        let _ = writeln!(lines, "max_retries = {}", rule.max_retries());
    }
    if let Some(backoff) = rule.backoff() {
        // When the policy is loaded, the last delay of a list repeats. So equal delays at the end
        // are printed once.
        let delays = backoff.delays();
        let last = delays.last();
        let end = delays
            .iter()
            .rposition(|delay| Some(delay) != last)
            .map_or(0, |at| at + 1);
        let delays = delays.iter().take(end).chain(last);
        let delays: Vec<_> = delays
            .map(|delay| format!("\"{}\"", Seconds((*delay).into())))
            .collect();
        let (delays, jitter) = (delays.join(", "), backoff.jitter().as_str());
        let _ = writeln!(
            lines,
            "backoff = {{ delays = [{delays}], jitter = \"{jitter}\" }}"
        );
    }
    lines
}

impl Condition {
    /// Returns the values of the condition in TOML.
    fn toml_values(&self) -> Vec<String> {
        match self {
            Self::Error(names) => names.iter().map(|name| string(&name.written())).collect(),
            Self::Name(_, names) => names.iter().map(|name| string(name)).collect(),
            Self::ExitCode(codes) | Self::OtherExitCodes(codes) => code_ranges(codes),
            Self::RanFor(ranges) => ranges.iter().map(|it| format!("\"{it}\"")).collect(),
            Self::Text(_, patterns) => patterns.iter().map(|it| string(it.as_str())).collect(),
        }
    }
}

/// Returns an amount of money in billionths as a decimal number.
fn amount(billionths: u64) -> String {
    let (whole, rest) = (
        u128::from(billionths) / BILLION,
        u128::from(billionths) % BILLION,
    );
    format!("{whole}.{rest:09}")
}

/// Returns the ranges of a set in TOML, and `absent`.
fn code_ranges(codes: &ExitCodeSet) -> Vec<String> {
    let ranges = codes.ranges.iter();
    let ranges = ranges.map(|it| format!("\"{}..={}\"", it.start(), it.end()));
    ranges
        .chain(codes.absent.then(|| "\"absent\"".to_owned()))
        .collect()
}

/// Returns a TOML string. TOML has the escapes of JSON, but DEL must be escaped, too.
fn string(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}
