//! Draws failures by day and rule.

use super::document::rule_at;
use exitwise_engine::Policy;
use exitwise_evidence::backtest::Tally;
use exitwise_reports::layout::one_line;
use exitwise_reports::numbers::{counted, grouped};
use exitwise_reports::svg::{Svg, TextAnchor};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use time::{Date, Duration};

/// Width of the picture, in tenths of a pixel, as all lengths in this file.
const WIDTH: u64 = 8_800;
const MARGIN: u64 = 240;

/// Height of the row of one rule, and of the highest bar in it.
const ROW_HEIGHT: u64 = 520;
const BAR_HEIGHT: u64 = 360;

/// The part of the width that has the bars.
const LEFT: u64 = 2_900;
const RIGHT: u64 = 7_500;

/// Number of rules that are drawn, those with the most failures.
const MAX_RULES: usize = 24;

/// Number of days up to which each has a bar. Of more, several share one.
const MAX_BARS: u64 = 92;

/// Maximum length of a rule's name, in characters.
const MAX_NAME_CHARS: usize = 32;

/// Returns the picture: a row of bars for each rule, with a common axis of days. Each row has its own
/// scale, so that a rare failure that becomes frequent can be seen.
pub(super) fn svg(policy: &Policy, tally: &Tally) -> String {
    let mut svg = Svg::default();
    let mut y = 370;
    let title = format!("{} by day and rule", counted(tally.failures(), "failure"));
    svg.text((MARGIN, y), TextAnchor::Start, "head", &title);
    let days = tally.days.keys().map(|(day, _)| *day);
    let (Some(first), Some(last)) = (days.clone().min(), days.max()) else {
        svg.text(
            (MARGIN, y + 400),
            TextAnchor::Start,
            "faint",
            "no failure has a date",
        );
        return svg.document(WIDTH, y + 700, &title);
    };
    let axis = Axis::new(first, last);
    let period = match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    };
    svg.text((WIDTH - MARGIN, y), TextAnchor::End, "faint", &period);
    y += 300;
    let most = ("most on a day", "most in a bar");
    let most = if axis.days_per_bar == 1 {
        most.0
    } else {
        most.1
    };
    svg.text((WIDTH - MARGIN, y), TextAnchor::End, "faint small", most);
    let mut rules: Vec<_> = tally.rules.iter().collect();
    rules.sort_by_key(|(position, seen)| (Reverse(seen.count), **position));
    let hidden = rules.len().saturating_sub(MAX_RULES);
    for (position, seen) in rules.into_iter().take(MAX_RULES) {
        let rule = rule_at(policy, *position);
        let mut bars: BTreeMap<u64, u64> = BTreeMap::new();
        for ((day, _), count) in tally.days.iter().filter(|((_, rule), _)| rule == position) {
            *bars.entry(axis.bar(*day)).or_default() += count;
        }
        let highest = bars.values().copied().max().unwrap_or(0).max(1);
        let bottom = y + ROW_HEIGHT - 80;
        let name = one_line(rule.name(), MAX_NAME_CHARS);
        svg.text((MARGIN, bottom - 170), TextAnchor::Start, "name", &name);
        let type_ = rule.action().to_type();
        let facts = format!("{type_}, {}", grouped(seen.count));
        svg.text((MARGIN, bottom), TextAnchor::Start, "faint small", &facts);
        svg.line((LEFT, bottom), (RIGHT, bottom), "grid");
        for (bar, count) in bars {
            let height = (count * BAR_HEIGHT).div_ceil(highest);
            let (left, width) = axis.place(bar);
            svg.bar((left, bottom - height), (width, height), type_.as_str());
        }
        svg.text(
            (WIDTH - MARGIN, bottom),
            TextAnchor::End,
            "faint small",
            &grouped(highest),
        );
        y += ROW_HEIGHT;
    }
    y += 140;
    for (x, day) in axis.labels() {
        svg.text((x, y), TextAnchor::Middle, "faint small", &day.to_string());
    }
    if hidden > 0 {
        let more = format!("{hidden} rules with fewer failures are not shown");
        svg.text((MARGIN, y), TextAnchor::Start, "faint small", &more);
    }
    svg.document(WIDTH, y + MARGIN, &title)
}

/// The axis of days.
struct Axis {
    first: Date,
    days: u64,
    days_per_bar: u64,
}

impl Axis {
    fn new(first: Date, last: Date) -> Self {
        let days = u64::try_from((last - first).whole_days()).unwrap_or(0) + 1;
        Self {
            first,
            days,
            days_per_bar: days.div_ceil(MAX_BARS),
        }
    }

    /// Returns the number of the bar with this day.
    fn bar(&self, day: Date) -> u64 {
        u64::try_from((day - self.first).whole_days()).unwrap_or(0) / self.days_per_bar
    }

    fn bars(&self) -> u64 {
        self.days.div_ceil(self.days_per_bar)
    }

    /// Returns the left edge and the width of a bar.
    fn place(&self, bar: u64) -> (u64, u64) {
        let x = |bar: u64| LEFT + bar * (RIGHT - LEFT) / self.bars();
        let (left, right) = (x(bar), x(bar + 1));
        // A bar on a day of its own is not as wide as the picture.
        let width = ((right - left) * 4 / 5).clamp(10, 400);
        (left + (right - left - width.min(right - left)) / 2, width)
    }

    /// Returns the places of the first, the middle and the last bar, with their days.
    fn labels(&self) -> impl Iterator<Item = (u64, Date)> {
        let last = self.bars() - 1;
        let mut bars = vec![0, last / 2, last];
        bars.dedup();
        bars.into_iter().filter_map(|bar| {
            let (left, width) = self.place(bar);
            let days = i64::try_from(bar * self.days_per_bar).unwrap_or(0);
            Some((
                left + width / 2,
                self.first.checked_add(Duration::days(days))?,
            ))
        })
    }
}
