//! Reads `[guarantee]`.

use super::amounts::{self, MAX_COST};
use super::keys;
use super::section::Section;
use super::values;
use crate::diagnostic::Diagnostics;
use crate::policy::{Ceiling, Guarantee, MAX_RETRIES};

pub(super) fn read(root: &Section<'_>, out: &mut Diagnostics) -> Guarantee {
    let Some(section) = root.table("guarantee", out) else {
        return Guarantee::default();
    };
    section.only(keys::GUARANTEE, out);
    let max_runs = section.get("max_runs").and_then(|value| {
        let max = values::count(value, "max_runs", 1..=MAX_RETRIES + 1, out)?;
        Some(Ceiling {
            max,
            span: value.span(),
        })
    });
    let max_wait = section.get("max_wait").and_then(|value| {
        Some(Ceiling {
            max: values::seconds(value, out)?,
            span: value.span(),
        })
    });
    let max_duration = section.get("max_duration").and_then(|value| {
        Some(Ceiling {
            max: values::seconds(value, out)?,
            span: value.span(),
        })
    });
    let max_cost = section.get("max_cost").and_then(|value| {
        Some(Ceiling {
            max: amounts::amount(value, MAX_COST, out)?,
            span: value.span(),
        })
    });
    Guarantee {
        max_runs,
        max_wait,
        max_duration,
        max_cost,
    }
}
