//! All failures of tasks that list the same containers, as a product of sides.

use super::side::{Listed, Side, Value};
use crate::policy::Rule;
use fixedbitset::FixedBitSet;

/// The failures of tasks that list these containers.
pub(super) struct Space<'p> {
    /// All rules of the old policy, then all rules of the new one.
    pub(super) rules: Vec<&'p Rule>,
    /// Number of rules of the old policy.
    pub(super) old_rules: usize,
    pub(super) containers: Vec<Listed>,
    pub(super) sides: Vec<(Side, Vec<Value>)>,
    /// The indices of the sides that each rule has conditions on, in ascending order.
    pub(super) sides_of_rules: Vec<Vec<usize>>,
    /// The rules that can match at all.
    pub(super) possible: FixedBitSet,
    /// Whether not all combinations of texts are among the values.
    pub(super) lacks_texts: bool,
}

impl<'p> Space<'p> {
    /// For each rule, the rules that can match the same failure, as far as the sides so far show.
    pub(super) fn compatible_rules(&self) -> Vec<FixedBitSet> {
        let mut compatible = vec![self.possible.clone(); self.rules.len()];
        for (_, values) in &self.sides {
            let mut on_side = vec![FixedBitSet::new(); self.rules.len()];
            for value in values {
                for number in value.rules.ones() {
                    let place = on_side.get_mut(number).into_iter();
                    place.for_each(|rules| rules.union_with(&value.rules));
                }
            }
            let both = compatible.iter_mut().zip(&on_side);
            both.for_each(|(compatible, on_side)| compatible.intersect_with(on_side));
        }
        compatible
    }

    /// The group of containers that a rule sees. `None` if it sees no container.
    pub(super) fn group_of(&self, rule: &Rule) -> Option<usize> {
        match rule.container() {
            Some(name) => self.containers.iter().find(|it| it.name == name),
            None => self
                .containers
                .first()
                .filter(|_| self.containers.len() == 1),
        }
        .map(|listed| listed.group)
    }
}
