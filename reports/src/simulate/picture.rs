//! Draws a simulation, and the delays of the policy's rules.

use super::distribution::Distribution;
use super::execution::SimulatedExecution;
use crate::layout::{counted, one_line};
use crate::numbers::{is_tiny, percentage_of};
use crate::svg::{Svg, TextAnchor};
use crate::worst_case;
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use exitwise_engine::policy::{BackoffTable, Jitter, Seconds, Type};

/// Width of the picture, in tenths of a pixel, as all lengths in this file.
const WIDTH: u64 = 8_800;
const MARGIN: u64 = 240;

/// Height of the row for one attempt.
const ROW_HEIGHT: u64 = 330;

/// Minimum width of a bar.
const MIN_BAR_WIDTH: u64 = 80;

/// Number of attempts that are drawn. Of more, the last one is drawn after a break.
const MAX_ROWS: usize = 40;

/// Maximum length of a failure's name that fits beside the bars, in characters.
const MAX_NAME_CHARS: usize = 25;

/// Height of a panel, and of the gap below it.
const PANEL_HEIGHT: u64 = 1_620;
const PANEL_GAP: u64 = 180;

/// Number of panels beside each other.
const PANELS: u64 = 3;

/// Maximum number of delays that are drawn as dots, too.
const MAX_DOTS: usize = 12;

/// Possible steps between the ticks of a time axis, in seconds. All of them are easy to read.
const TICK_STEPS: [u64; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
    86_400, 604_800,
];

/// Maximum number of ticks after the first one.
const MAX_TICKS: u64 = 6;

/// A picture that is drawn section by section.
pub struct Picture<'p> {
    policy: &'p Policy,
    title: String,
    svg: Svg,
    /// The vertical position at which the next section starts.
    y: u64,
}

impl<'p> Picture<'p> {
    /// Creates a picture with only a heading.
    pub fn new(name: &str, policy: &'p Policy) -> Self {
        let worst = format!("worst case {}", worst_case::short(&WorstCase::of(policy)));
        let mut svg = Svg::default();
        svg.text(
            (MARGIN, 370),
            TextAnchor::Start,
            "head",
            &one_line(name, 60),
        );
        svg.text((WIDTH - MARGIN, 370), TextAnchor::End, "faint", &worst);
        Self {
            policy,
            title: format!("exitwise simulate: {name}"),
            svg,
            y: 420,
        }
    }

    /// Finishes the picture, and returns it as a document.
    pub fn svg(mut self) -> String {
        self.draw_delays();
        self.svg.document(WIDTH, self.y + MARGIN, &self.title)
    }

    fn draw_heading(&mut self, text: &str) {
        self.svg
            .text((MARGIN, self.y + 300), TextAnchor::Start, "strong", text);
        self.y += 380;
    }

    /// Writes how many attempts are not shown.
    fn draw_break(&mut self, attempts: usize) {
        let text = format!("⋮ {attempts} more");
        let point = (MARGIN + 220, self.y + 205);
        self.svg.text(point, TextAnchor::Start, "faint", &text);
        self.y += ROW_HEIGHT;
    }

    /// Draws one row for each attempt on a common time axis.
    pub fn draw_execution(&mut self, execution: &SimulatedExecution<'_>) {
        let attempts = execution.attempts();
        let end = if execution.has_succeeded() {
            "succeeded"
        } else {
            "failed"
        };
        let (counted, waited) = (counted(attempts, "attempt"), Seconds(execution.waited()));
        self.draw_heading(&format!(
            "One execution: {end} after {counted}, {waited} of waiting"
        ));
        let axis = TimeAxis {
            left: 2_300,
            right: 6_300,
            seconds: execution.seconds().max(1),
        };
        self.y += 160;
        // Of more attempts, a break takes a row, and the last attempt another one.
        let hidden = (attempts > MAX_ROWS).then(|| MAX_ROWS - 2..attempts - 1);
        let rows = u64::try_from(attempts.min(MAX_ROWS)).unwrap_or(0);
        for tick in axis.ticks() {
            let (x, bottom) = (axis.x(tick), self.y + rows * ROW_HEIGHT);
            self.svg.line((x, self.y), (x, bottom), "grid");
            let label = Seconds(tick).to_string();
            self.svg
                .text((x, self.y - 70), TextAnchor::Middle, "faint small", &label);
        }
        for (number, attempt) in (1..).zip(&execution.failed) {
            if let Some(hidden) = hidden.as_ref().filter(|it| it.contains(&(number - 1))) {
                if hidden.start == number - 1 {
                    self.draw_break(hidden.len());
                }
                continue;
            }
            let decision = &attempt.decision;
            let type_ = decision.verdict.to_type();
            let wait = u64::from(decision.verdict.wait_seconds());
            let next = match wait {
                0 => type_.to_string(),
                wait => format!("{type_}, {}", Seconds(wait)),
            };
            let rule = match type_ {
                Type::Fatal => one_line(&decision.error(), 32),
                Type::Retriable | Type::Temporary | Type::Success => {
                    format!("by {}", one_line(decision.rule_name(), 30))
                }
            };
            if wait > 0 {
                let (start, end) = (axis.x(attempt.end), axis.x(attempt.end + wait));
                self.svg
                    .bar((start, self.y + 110), (end - start, 110), "wait");
            }
            self.draw_run(&axis, (attempt.start, attempt.end), type_.as_str());
            self.draw_attempt(
                number,
                &attempt.failure.name,
                (type_.as_str(), &next),
                &rule,
            );
        }
        if let Some(end) = execution.succeeded {
            self.draw_run(&axis, (end - execution.run_seconds, end), "succeeded");
            self.draw_attempt(attempts, "", ("succeeded", "succeeds"), "");
        }
    }

    /// Draws the bar of one run.
    fn draw_run(&mut self, axis: &TimeAxis, (start, end): (u64, u64), class: &str) {
        let (start, width) = (axis.x(start), axis.x(end) - axis.x(start));
        let start = if width < MIN_BAR_WIDTH {
            start - MIN_BAR_WIDTH / 2
        } else {
            start
        };
        self.svg
            .bar((start, self.y + 60), (width.max(MIN_BAR_WIDTH), 210), class);
    }

    /// Draws the texts next to the bar of one run.
    fn draw_attempt(
        &mut self,
        number: usize,
        failure: &str,
        (class, next): (&str, &str),
        rule: &str,
    ) {
        let y = self.y + 205;
        self.svg.text(
            (MARGIN + 140, y),
            TextAnchor::End,
            "faint",
            &number.to_string(),
        );
        let failure = one_line(failure, MAX_NAME_CHARS);
        self.svg
            .text((MARGIN + 220, y), TextAnchor::Start, "name small", &failure);
        let (x, y) = (6_480, if rule.is_empty() { y } else { self.y + 140 });
        self.svg
            .text((x, y), TextAnchor::Start, &format!("strong {class}"), next);
        self.svg
            .text((x, self.y + 275), TextAnchor::Start, "faint small", rule);
        self.y += ROW_HEIGHT;
    }

    /// Draws the outcomes of the executions, and the numbers of attempts.
    pub fn draw_distribution(&mut self, distribution: &Distribution) {
        let runs = distribution.runs();
        self.draw_heading(&format!("{runs} executions with random failures"));
        for (name, count) in distribution.outcomes() {
            let class = match name.split_once(' ') {
                _ if name == "succeeded" => "succeeded",
                Some(("SUCCESS", _)) => "SUCCESS",
                _ => "FATAL",
            };
            self.draw_share(&one_line(&name, 40), count, runs, class);
        }
        self.draw_heading("Attempts");
        for (attempts, count) in distribution.attempts() {
            self.draw_share(&attempts, count, runs, "count");
        }
        let [half, most, longest] =
            [50, 99, 100].map(|percent| Seconds(distribution.wait_percentile(percent)));
        self.draw_heading(&format!(
            "Waited: half no more than {half}, 99 % no more than {most}, the longest {longest}"
        ));
    }

    fn draw_share(&mut self, name: &str, count: usize, runs: usize, class: &str) {
        let (left, right) = (3_400, 7_700);
        let [count_, runs_] = [count, runs.max(1)].map(|it| u64::try_from(it).unwrap_or(1));
        let width = (right - left) * count_ / runs_;
        let y = self.y + 150;
        self.svg
            .text((left - 120, y), TextAnchor::End, "name small", name);
        if !is_tiny(count, runs) {
            self.svg.bar((left, self.y + 40), (width, 140), class);
        }
        let percent = format!("{} %", percentage_of(count, runs));
        self.svg.text(
            (left + width + 100, y),
            TextAnchor::Start,
            "faint small",
            &percent,
        );
        self.y += 230;
    }

    /// Draws one panel for each distinct backoff table.
    fn draw_delays(&mut self) {
        let mut tables: Vec<(&BackoffTable, Vec<&str>)> = Vec::new();
        for rule in self.policy.all_rules() {
            let Some(backoff) = rule.backoff() else {
                continue;
            };
            match tables.iter_mut().find(|(table, _)| *table == backoff) {
                Some((_, rules)) => rules.push(rule.name()),
                None => tables.push((backoff, vec![rule.name()])),
            }
        }
        if tables.is_empty() {
            return;
        }
        self.draw_heading("Delay before each retry, by rule, all on one logarithmic scale");
        // All panels have the same scale, so that heights can be compared.
        let delays = tables.iter().flat_map(|(table, _)| table.delays());
        let longest = u64::from(delays.copied().max().unwrap_or(0).max(1));
        let width = (WIDTH - 2 * MARGIN) / PANELS;
        for row in tables.chunks(usize::try_from(PANELS).unwrap_or(1)) {
            for (column, (table, rules)) in (0..).zip(row) {
                let corner = (MARGIN + column * width, self.y);
                let size = (width - 300, PANEL_HEIGHT - PANEL_GAP);
                self.draw_panel(corner, size, longest, (table, rules));
            }
            self.y += PANEL_HEIGHT + PANEL_GAP;
        }
        self.y -= PANEL_GAP;
    }

    /// Draws the curve of a table's delays, and the band of delays that jitter can draw.
    fn draw_panel(
        &mut self,
        (x, y): (u64, u64),
        (width, height): (u64, u64),
        longest: u64,
        (table, rules): (&BackoffTable, &[&str]),
    ) {
        let others = match rules.len() {
            0 | 1 => String::new(),
            rules => format!(" and {} more", rules - 1),
        };
        let name = one_line(
            rules.first().copied().unwrap_or_default(),
            32 - others.len(),
        );
        let title = format!("{name}{others}");
        self.svg
            .text((x, y + 130), TextAnchor::Start, "name small", &title);
        let (left, top, bottom) = (x + 40, y + 370, y + height);
        self.svg.line((left, bottom), (x + width, bottom), "axis");
        let jitter = match table.jitter() {
            Jitter::None => "no jitter",
            Jitter::Full => "full jitter",
            Jitter::Equal => "equal jitter",
        };
        let below = |x: u64| (x, bottom + 140);
        self.svg.text(
            below(x + width / 2),
            TextAnchor::Middle,
            "faint small",
            jitter,
        );

        let delays = table.delays();
        let steps = u64::try_from(delays.len())
            .unwrap_or(0)
            .saturating_sub(1)
            .max(1);
        let point = |n: u64, seconds: u32| {
            let above = (bottom - top) * logarithm(seconds.into()) / logarithm(longest);
            (left + 60 + (width - 200) * n / steps, bottom - above)
        };
        let curve: Vec<_> = (0..)
            .zip(delays)
            .map(|(n, delay)| point(n, *delay))
            .collect();
        if table.jitter() != Jitter::None {
            let shortest = delays.iter().map(|delay| table.jitter().shortest(*delay));
            let shortest: Vec<_> = (0..)
                .zip(shortest)
                .map(|(n, delay)| point(n, delay))
                .collect();
            let outline = curve.iter().chain(shortest.iter().rev());
            self.svg.curve(outline.copied(), true, "band");
            // The band of a single delay has no area, so a line is drawn instead.
            if let ([from], [to]) = (&*curve, &*shortest) {
                self.svg.line(*from, *to, "axis");
            }
        }
        self.svg.curve(curve.iter().copied(), false, "curve");
        if delays.len() <= MAX_DOTS {
            for point in &curve {
                self.svg.dot(*point, "TEMPORARY");
            }
        }
        // With labels at the first and the last delay, the others can be estimated.
        let labeled = (1..).zip(curve.iter().zip(delays));
        let labeled = labeled.filter(|(number, _)| [1, delays.len()].contains(number));
        for (number, (&(x, y), &delay)) in labeled {
            let delay = Seconds(delay.into()).to_string();
            self.svg
                .text((x, y - 70), TextAnchor::Middle, "small", &delay);
            self.svg.text(
                below(x),
                TextAnchor::Middle,
                "faint small",
                &number.to_string(),
            );
        }
    }
}

/// 256 times the binary logarithm of `seconds + 1`: 0 at 0 seconds.
fn logarithm(seconds: u64) -> u64 {
    let number = seconds.saturating_add(1);
    let whole = number.ilog2();
    // A fixed-point number from 1 to 2. Each squaring yields one more bit of its logarithm.
    let mut rest = (u128::from(number) << 32) >> whole;
    let mut result = u64::from(whole) << 8;
    for bit in (0..8).rev() {
        rest = (rest * rest) >> 32;
        if rest >> 33 > 0 {
            rest >>= 1;
            result |= 1 << bit;
        }
    }
    result
}

/// A horizontal axis of time.
struct TimeAxis {
    left: u64,
    right: u64,
    /// The time at the right end, in seconds.
    seconds: u64,
}

impl TimeAxis {
    /// Returns the horizontal position of a time. Times after the end are at the right end.
    fn x(&self, seconds: u64) -> u64 {
        self.left + seconds.min(self.seconds) * (self.right - self.left) / self.seconds
    }

    /// Returns evenly spaced round times, starting at 0.
    fn ticks(&self) -> impl Iterator<Item = u64> {
        let step = TICK_STEPS
            .into_iter()
            .find(|step| self.seconds / step <= MAX_TICKS);
        let step = step.unwrap_or(self.seconds.div_ceil(MAX_TICKS)).max(1);
        (0..=self.seconds / step).map(move |n| n * step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_have_eight_binary_places() {
        for (seconds, expected) in [(0, 0), (1, 256), (2, 405), (59, 1_512), (3_599, 3_024)] {
            assert_eq!(logarithm(seconds), expected, "{seconds}");
        }
        assert!(logarithm(u64::MAX) < 64 * 256);
    }
}
