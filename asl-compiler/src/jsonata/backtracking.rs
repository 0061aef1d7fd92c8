//! Bounds the work of an engine that backtracks.

use exitwise_engine::failure::MAX_TEXT_CHARS;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Returns an upper bound of the steps of searching a text of 1,024 ASCII characters: the places where
/// a match can start, times the ways to go on from there.
pub(super) fn steps(hir: &Hir) -> u64 {
    let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
    let starts = if is_anchored { 1 } else { MAX_TEXT_CHARS };
    ways(hir).saturating_mul(u64::try_from(starts).unwrap_or(u64::MAX))
}

/// Returns the number of ways in which a match can go on from one start.
fn ways(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => 1,
        HirKind::Capture(group) => ways(&group.sub),
        HirKind::Concat(parts) => parts.iter().map(ways).fold(1, u64::saturating_mul),
        HirKind::Alternation(branches) => {
            let all = branches.iter().map(ways);
            match start_differently(branches) {
                // The next character decides which branch can go on.
                true => all.max().unwrap_or(1),
                false => all.fold(0, u64::saturating_add),
            }
        }
        HirKind::Repetition(repetition) => {
            let most = u32::try_from(MAX_TEXT_CHARS).unwrap_or(u32::MAX);
            let (min, max) = (repetition.min, repetition.max.unwrap_or(most));
            let max = max.max(min);
            match ways(&repetition.sub) {
                1 => u64::from(max - min) + 1,
                // From two ways on, 64 repetitions are more than any bound.
                one => (min..=max.min(min.saturating_add(64)))
                    .map(|count| one.saturating_pow(count))
                    .fold(0, u64::saturating_add),
            }
        }
    }
}

/// The characters with which a match can start.
struct Start {
    /// A bit for each ASCII character.
    characters: u128,
    /// `true` if the pattern can match an empty text.
    may_be_empty: bool,
}

impl Start {
    const NOWHERE: Self = Self {
        characters: 0,
        may_be_empty: true,
    };

    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::NOWHERE,
            HirKind::Literal(literal) => {
                let first = literal.0.first().filter(|byte| byte.is_ascii());
                Self {
                    characters: first.map_or(0, |byte| 1 << byte),
                    may_be_empty: false,
                }
            }
            HirKind::Class(class) => Self {
                characters: (0..128_u8)
                    .filter(|byte| contains(class, *byte))
                    .fold(0, |all, byte| all | 1 << byte),
                may_be_empty: false,
            },
            HirKind::Capture(group) => Self::of(&group.sub),
            HirKind::Repetition(repetition) => {
                let sub = Self::of(&repetition.sub);
                Self {
                    may_be_empty: sub.may_be_empty || repetition.min == 0,
                    ..sub
                }
            }
            HirKind::Concat(parts) => parts.iter().fold(Self::NOWHERE, |before, part| match before
                .may_be_empty
            {
                true => {
                    let part = Self::of(part);
                    Self {
                        characters: before.characters | part.characters,
                        may_be_empty: part.may_be_empty,
                    }
                }
                false => before,
            }),
            HirKind::Alternation(branches) => {
                let branches = branches.iter().map(Self::of);
                branches.fold(
                    Self {
                        may_be_empty: false,
                        ..Self::NOWHERE
                    },
                    |all, branch| Self {
                        characters: all.characters | branch.characters,
                        may_be_empty: all.may_be_empty || branch.may_be_empty,
                    },
                )
            }
        }
    }
}

fn contains(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&byte)),
        Class::Unicode(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&char::from(byte))),
    }
}

/// Returns whether no two branches can match at the same place of a text.
fn start_differently(branches: &[Hir]) -> bool {
    let mut seen: u128 = 0;
    branches.iter().map(Start::of).all(|start| {
        let is_new = !start.may_be_empty && seen & start.characters == 0;
        seen |= start.characters;
        is_new
    })
}

#[cfg(test)]
mod tests {
    use super::super::Regex;

    #[test]
    fn steps_multiply_where_an_engine_can_backtrack() {
        for (pattern, expected) in [
            ("^abc", 1),
            ("abc", 1_024),
            ("^(?:abc|abd?)", 3),
            ("^abc|xyz", 1_024),
            ("^a*", 1_025),
            ("^a*b*", 1_025 * 1_025),
            ("^a?", 2),
            ("^a{2,5}", 4),
            ("^(foo|bar|[x-z])+", 1_024),
            ("^(fo?o|fa){2}", 4),
            ("^(?:a?b|a)", 3),
            ("^(?:a|)", 2),
            ("^(a*)*", u64::MAX),
        ] {
            let regex = Regex::of_patterns([pattern]).unwrap();
            assert_eq!(regex.steps(), expected, "{pattern}");
        }
        let two = Regex::of_patterns(["^(?:a|ab)", "^c?"]).unwrap();
        assert_eq!(two.steps(), 4);
    }
}
