//! An example failure for each rule.

use super::comparison::Comparison;
use super::example::Example;
use crate::policy::{Policy, Rule};

impl Policy {
    /// Returns the [reachable rules](Self::reachable_rules) in order, each with a failure that it
    /// handles. `None` instead of the failure if none was found.
    ///
    /// [`Policy::example`] considers one container and the texts of one rule at a time. If it finds
    /// nothing, this function compares the policy with itself, which also tries several containers
    /// and combined texts.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::policy::Policy;
    ///
    /// // Only a reason in which something precedes `abc` reaches the second rule.
    /// let (policy, _) = Policy::load(r#"
    ///     version = 1
    ///     limits.max_retries = 1
    ///     [[rule]]
    ///     name = "first"
    ///     when.reason = "^abc"
    ///     type = "FATAL"
    ///     [[rule]]
    ///     name = "second"
    ///     when.container_reason = "abc$"
    ///     type = "RETRIABLE"
    /// "#)?;
    /// assert!(policy.example(policy.rule("second").unwrap()).is_none());
    /// assert!(policy.examples().iter().all(|(_, example)| example.is_some()));
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn examples(&self) -> Vec<(&Rule, Option<Example>)> {
        let rules = self.reachable_rules();
        let mut examples: Vec<_> = rules.map(|rule| (rule, self.example(rule))).collect();
        if examples.iter().all(|(_, example)| example.is_some()) {
            return examples;
        }
        let comparison = Comparison::between(self, self);
        for (rule, example) in &mut examples {
            let is_same = |it: &Rule| it.position() == rule.position();
            let mut pairs = comparison.pairs();
            let pair = pairs.find(|pair| is_same(pair.old) && is_same(pair.new));
            let compared = pair.and_then(|pair| comparison.example(&pair));
            let handled = compared.filter(|it| is_same(self.deciding_rule(&it.failure())));
            *example = example.take().or(handled);
        }
        examples
    }
}
