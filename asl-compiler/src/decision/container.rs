//! Statements that find the container that a rule examines: the counterpart of the engine's
//! `SeenFailure`.

use crate::jsonata::{Expression, Statement, bind, call, item, list, not, object, var};
use exitwise_engine::Policy;
use exitwise_engine::policy::Rule;

/// The containers that the rules of a policy examine. Each has its variables, which
/// [`statements`](Self::statements) sets; those of the first one have no number:
///
/// | variable | value |
/// |---|---|
/// | `seen` | `{wanted, matches, container}`: the name, the number of containers with it, and the only one |
/// | `reasons` | a list of the texts that `reason` searches |
/// | `others` | a list of the other containers' exit codes, as 32 bits, if a rule needs it |
#[derive(Debug)]
pub(super) struct Views<'p>(Vec<Option<&'p str>>);

impl<'p> Views<'p> {
    /// Returns the container of the policy, and then those of its rules.
    pub(super) fn of(policy: &'p Policy) -> Self {
        let mut views = vec![policy.container()];
        for rule in policy.all_rules() {
            if !views.contains(&rule.container()) {
                views.push(rule.container());
            }
        }
        Self(views)
    }

    /// Returns the number of the container that a rule examines. `None` if all rules examine the same.
    pub(super) fn number_if_several(&self, rule: &Rule) -> Option<u32> {
        let number = u32::try_from(self.number(rule.container())).ok();
        number.filter(|_| self.0.len() > 1)
    }

    fn number(&self, container: Option<&str>) -> usize {
        let found = self.0.iter().position(|view| *view == container);
        found.unwrap_or_default()
    }

    /// Returns a variable of the container with this name.
    pub(super) fn variable(&self, name: &str, container: Option<&str>) -> Expression {
        var(&numbered(name, self.number(container)))
    }

    /// Returns what is seen of the container that the deciding rule examines.
    pub(super) fn of_rule(&self) -> Expression {
        match self.0.len() {
            1 => var("seen"),
            count => {
                let all = (0..count).map(|number| var(&numbered("seen", number)));
                Expression::Array(all.collect()).at(var("rule").field("view"))
            }
        }
    }

    /// Appends the statements that set the variables of all containers.
    pub(super) fn statements(&self, reads_others: bool, statements: &mut Vec<Statement>) {
        for (number, wanted) in self.0.iter().enumerate() {
            let name = |name| numbered(name, number);
            let is_wanted = || match wanted {
                Some(wanted) => item().field("any").or(item().field("name").eq(*wanted)),
                None => not(item().field("injected")),
            };
            let matching = var("containers").filter(is_wanted());
            let count = || call("count", [var("matching")]);
            let found = object([
                ("wanted", wanted.map_or(Expression::Null, Expression::from)),
                ("matches", count()),
                (
                    "container",
                    count().eq(1_u32).then(var("matching").at(0_u32)),
                ),
            ]);
            let seen = || var(&name("seen"));
            let reasons = [
                var("stopped"),
                seen().field("container").field("reason"),
                var("placement"),
                var("plain"),
            ];
            statements.extend([
                bind("matching", list([matching])),
                bind(&name("seen"), found),
                bind(&name("reasons"), list(reasons)),
            ]);
            if reads_others {
                let examined = seen().field("matches").eq(1_u32).and(is_wanted());
                let others = not(item().field("injected")).and(not(examined));
                let others = var("containers").filter(others).field("bits");
                statements.push(bind(&name("others"), list([others])));
            }
        }
    }
}

fn numbered(name: &str, number: usize) -> String {
    match number {
        0 => name.to_owned(),
        _ => format!("{name}{}", number + 1),
    }
}
