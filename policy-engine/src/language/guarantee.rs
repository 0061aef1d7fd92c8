//! Reads `[guarantee]`.

use super::amounts::{self, MAX_COST};
use super::keys;
use super::section::Section;
use super::tree::TomlNode;
use super::values;
use crate::diagnostic::Diagnostics;
use crate::policy::{Ceiling, Guarantee, MAX_RETRIES};

pub(super) fn read(root: &Section<'_>, out: &mut Diagnostics) -> Guarantee {
    let Some(section) = root.table("guarantee", out) else {
        return Guarantee::default();
    };
    section.only(keys::GUARANTEE, out);
    Guarantee {
        max_runs: ceiling(&section, "max_runs", |value| {
            values::count(value, "max_runs", 1..=MAX_RETRIES + 1, out)
        }),
        max_wait: ceiling(&section, "max_wait", |value| values::seconds(value, out)),
        max_duration: ceiling(&section, "max_duration", |value| {
            values::seconds(value, out)
        }),
        max_cost: ceiling(&section, "max_cost", |value| {
            amounts::amount(value, MAX_COST, out)
        }),
    }
}

/// Reads one bound. `None` if there is none, or if it cannot be read.
fn ceiling<'t, T>(
    section: &Section<'t>,
    key: &str,
    read: impl FnOnce(TomlNode<'t>) -> Option<T>,
) -> Option<Ceiling<T>> {
    let value = section.get(key)?;
    Some(Ceiling {
        max: read(value)?,
        span: value.span(),
    })
}
