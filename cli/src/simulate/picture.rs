//! Draws what was simulated, and the delays of the policy's rules.

use super::distribution::{Distribution, per_mille};
use super::execution::Execution;
use super::svg::{Anchor, Svg};
use crate::output::text::{one_line, plural};
use crate::output::worst_case;
use policy_engine::{Action, BackoffTable, Jitter, Policy, Seconds, Verdict, WorstCase};

/// Tenths of a pixel, as all lengths here.
const WIDTH: u64 = 8_800;
const MARGIN: u64 = 240;

/// Most rows of one section; the rest is counted.
const MOST_ROWS: usize = 40;

/// Panels of delays in one row.
const PANELS: u64 = 3;

/// Steps of an axis of time, in seconds, each a whole number of the one before or easy to read beside it.
const STEPS: [u64; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
    86_400, 604_800,
];

pub(crate) struct Picture<'p> {
    policy: &'p Policy,
    title: String,
    svg: Svg,
    /// Where the next section starts.
    y: u64,
}

impl<'p> Picture<'p> {
    /// A picture with its head.
    pub(crate) fn new(name: &str, policy: &'p Policy) -> Self {
        let bound = format!("worst case {}", worst_case::short(&WorstCase::of(policy)));
        let mut svg = Svg::default();
        svg.text((MARGIN, 370), Anchor::Start, "head", &one_line(name, 60));
        svg.text((WIDTH - MARGIN, 370), Anchor::End, "faint", &bound);
        Self {
            policy,
            title: format!("exitwise simulate: {name}"),
            svg,
            y: 420,
        }
    }

    fn heading(&mut self, text: &str) {
        self.svg
            .text((MARGIN, self.y + 300), Anchor::Start, "strong", text);
        self.y += 380;
    }

    fn more(&mut self, rows: usize) {
        if rows > MOST_ROWS {
            self.svg.text(
                (MARGIN, self.y + 160),
                Anchor::Start,
                "faint",
                &format!("and {} more", rows - MOST_ROWS),
            );
            self.y += 240;
        }
    }

    /// A row for each attempt on one axis of time.
    pub(crate) fn draw_execution(&mut self, execution: &Execution<'_>) {
        let (left, right, row) = (2_300, 6_300, 330);
        let (attempts, waited) = (execution.attempts(), Seconds(execution.waited()));
        let how = if execution.succeeded.is_some() {
            "succeeded"
        } else {
            "failed"
        };
        self.heading(&format!(
            "One execution: {how} after {attempts} attempt{}, {waited} of waiting",
            plural(attempts)
        ));
        let total = execution.seconds().max(1);
        let at = |seconds: u64| left + seconds.min(total) * (right - left) / total;
        let rows = u64::try_from(attempts.min(MOST_ROWS)).unwrap_or(0);
        let bottom = self.y + 160 + rows * row;
        for tick in ticks(total) {
            self.svg
                .line((at(tick), self.y + 160), (at(tick), bottom), "grid");
            self.svg.text(
                (at(tick), self.y + 90),
                Anchor::Middle,
                "faint small",
                &Seconds(tick).to_string(),
            );
        }
        self.y += 160;
        for (attempt, number) in execution.failed.iter().zip(1..).take(MOST_ROWS) {
            let kind = attempt.decision.verdict.type_name();
            let wait = u64::from(attempt.decision.verdict.wait_seconds());
            let then = if wait > 0 {
                format!("{kind}, {}", Seconds(wait))
            } else {
                kind.to_owned()
            };
            let rule = match attempt.decision.verdict {
                Verdict::Fatal(_) => one_line(&attempt.decision.error, 32),
                _ => format!("by {}", one_line(&attempt.decision.rule, 30)),
            };
            let run = at(attempt.end) - at(attempt.start);
            if wait > 0 {
                let waited = at(attempt.end + wait) - at(attempt.end);
                self.svg
                    .bar((at(attempt.end), self.y + 110), (waited, 110), "wait");
            }
            self.svg.bar(
                (
                    at(attempt.start).saturating_sub(if run < 80 { 40 } else { 0 }),
                    self.y + 60,
                ),
                (run.max(80), 210),
                kind,
            );
            self.attempt(number, &attempt.failure.name, (kind, &then), &rule);
        }
        if let Some(end) = execution.succeeded.filter(|_| attempts <= MOST_ROWS) {
            let (start, end) = (at(end - execution.run_seconds), at(end));
            self.svg.bar(
                (
                    start.saturating_sub(if end - start < 80 { 40 } else { 0 }),
                    self.y + 60,
                ),
                ((end - start).max(80), 210),
                "succeeded",
            );
            self.attempt(attempts, "", ("succeeded", "succeeds"), "");
        }
        self.more(attempts);
    }

    fn attempt(&mut self, number: usize, failure: &str, (class, then): (&str, &str), rule: &str) {
        self.svg.text(
            (MARGIN + 140, self.y + 205),
            Anchor::End,
            "faint",
            &number.to_string(),
        );
        self.svg.text(
            (MARGIN + 220, self.y + 205),
            Anchor::Start,
            "name small",
            &one_line(failure, 30),
        );
        self.svg.text(
            (6_480, self.y + if rule.is_empty() { 205 } else { 140 }),
            Anchor::Start,
            &format!("strong {class}"),
            then,
        );
        self.svg
            .text((6_480, self.y + 275), Anchor::Start, "faint small", rule);
        self.y += 330;
    }

    /// How executions end, and after how many attempts.
    pub(crate) fn draw_distribution(&mut self, distribution: &Distribution) {
        let runs = distribution.runs();
        self.heading(&format!("{runs} executions by chance"));
        let outcomes = distribution.outcomes();
        for (name, count) in outcomes.iter().take(MOST_ROWS) {
            let class = if *name == "succeeded" {
                "succeeded"
            } else {
                "FATAL"
            };
            self.share(&one_line(name, 40), *count, runs, class);
        }
        self.more(outcomes.len());
        self.heading("Attempts");
        let attempts = distribution.attempts();
        for (attempts, count) in attempts.iter().take(MOST_ROWS) {
            self.share(&attempts.to_string(), *count, runs, "count");
        }
        self.more(attempts.len());
        let wait = |percent| Seconds(distribution.wait_percentile(percent));
        self.heading(&format!(
            "Waited: half no more than {}, 99 % no more than {}, the longest {}",
            wait(50),
            wait(99),
            wait(100)
        ));
    }

    fn share(&mut self, name: &str, count: usize, runs: usize, class: &str) {
        let (left, right) = (3_400, 7_700);
        let part = |whole: u64| {
            whole * u64::try_from(count).unwrap_or(0) / u64::try_from(runs.max(1)).unwrap_or(1)
        };
        self.svg
            .text((left - 120, self.y + 150), Anchor::End, "name small", name);
        self.svg.bar(
            (left, self.y + 40),
            (part(right - left).max(20), 140),
            class,
        );
        let percent = format!("{} %", per_mille(count, runs));
        self.svg.text(
            (left + part(right - left) + 100, self.y + 150),
            Anchor::Start,
            "faint small",
            &percent,
        );
        self.y += 230;
    }

    /// A panel for each table of delays: the curve, and the band that jitter makes of it.
    fn draw_delays(&mut self) {
        let mut tables: Vec<(&BackoffTable, Vec<&str>)> = Vec::new();
        for rule in self
            .policy
            .rules()
            .iter()
            .chain([self.policy.default_rule()])
        {
            let Action::Temporary { backoff, .. } = rule.action() else {
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
        self.heading("Delay before each retry, by rule");
        let (panel, height) = ((WIDTH - 2 * MARGIN) / PANELS, 1_800);
        for row in tables.chunks(usize::try_from(PANELS).unwrap_or(1)) {
            for ((table, rules), column) in row.iter().zip(0..) {
                self.panel(
                    (MARGIN + column * panel, self.y),
                    (panel - 300, height - 360),
                    table,
                    rules,
                );
            }
            self.y += height;
        }
    }

    fn panel(
        &mut self,
        (x, y): (u64, u64),
        (width, height): (u64, u64),
        table: &BackoffTable,
        rules: &[&str],
    ) {
        let others = if rules.len() > 1 {
            format!(" and {} more", rules.len() - 1)
        } else {
            String::new()
        };
        let name = one_line(
            rules.first().copied().unwrap_or_default(),
            32 - others.len(),
        );
        let jitter = match table.jitter() {
            Jitter::None => "no jitter",
            Jitter::Full => "full jitter",
            Jitter::Equal => "equal jitter",
        };
        self.svg.text(
            (x, y + 130),
            Anchor::Start,
            "name small",
            &format!("{name}{others}"),
        );
        let (left, top, bottom) = (x + 40, y + 370, y + height);
        let delays = table.delays();
        let longest = delays.iter().copied().max().unwrap_or(0).max(1);
        let steps = u64::try_from(delays.len().saturating_sub(1)).unwrap_or(0);
        let place = |n: u64, seconds: u32| {
            let across = (width - 200) * n / steps.max(1);
            (
                left + 60 + across,
                bottom - (bottom - top) * u64::from(seconds) / u64::from(longest),
            )
        };
        self.svg.line((left, bottom), (x + width, bottom), "axis");
        self.svg.text(
            (x + width / 2, bottom + 140),
            Anchor::Middle,
            "faint small",
            jitter,
        );
        let shortest: Vec<_> = (0..)
            .zip(delays)
            .map(|(n, delay)| place(n, table.jitter().shortest(*delay)))
            .collect();
        let curve: Vec<_> = (0..)
            .zip(delays)
            .map(|(n, delay)| place(n, *delay))
            .collect();
        if table.jitter() != Jitter::None {
            self.svg.curve(
                curve.iter().chain(shortest.iter().rev()).copied(),
                true,
                "band",
            );
            if let ([from], [to]) = (&*curve, &*shortest) {
                self.svg.line(*from, *to, "axis");
            }
        }
        self.svg.curve(curve.iter().copied(), false, "curve");
        if delays.len() <= 12 {
            for point in &curve {
                self.svg.dot(*point, "TEMPORARY");
            }
        }
        // The first and the last delay, and the last retry's number, are enough to read the rest.
        let ends = [
            curve.first().zip(delays.first()),
            curve.last().zip(delays.last()).filter(|_| delays.len() > 1),
        ];
        for ((point, delay), n) in ends.into_iter().flatten().zip([1, delays.len()]) {
            self.svg.text(
                (point.0, point.1 - 70),
                Anchor::Middle,
                "small",
                &Seconds((*delay).into()).to_string(),
            );
            self.svg.text(
                (point.0, bottom + 140),
                Anchor::Middle,
                "faint small",
                &n.to_string(),
            );
        }
    }

    /// The whole picture.
    pub(crate) fn svg(mut self) -> String {
        self.draw_delays();
        self.svg.document(WIDTH, self.y + MARGIN, &self.title)
    }
}

/// Round times on an axis of so many seconds, at most seven.
fn ticks(total: u64) -> impl Iterator<Item = u64> {
    let step = STEPS
        .into_iter()
        .find(|step| total / step <= 6)
        .unwrap_or(total.div_ceil(6))
        .max(1);
    (0..=total / step).map(move |n| n * step)
}
