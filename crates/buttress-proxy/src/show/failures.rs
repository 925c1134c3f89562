//! What failed, how often, and what to do about it.

use std::io::{self, Write};
use std::time::SystemTime;

use buttress::clock;
use buttress::failure_log::{
    ClassSummary, Direction, Recommendation, Review, Severity, Statistics, TopError,
};

use crate::terminal::words::{ago, count, grouped, percent};
use crate::terminal::{Cell, Ink, Screen};

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// As much as one takes in at a glance.
    Minimal,
    /// Where to look first.
    Usual,
    /// All there is.
    Detailed,
}

/// How many components are told of.
const COMPONENTS: usize = 5;

/// How much advice is told at first.
const ADVICE: usize = 3;

/// How many failures are told in detail.
const CLASSES: usize = 10;

/// Cells of a bar.
const BAR: usize = 30;

/// Tells of `review`, which looks back over so many days.
pub(crate) fn show(
    review: &Review,
    extent: Extent,
    days: u32,
    screen: &mut Screen<impl Write>,
) -> io::Result<()> {
    let page = Page { review, days, now: clock::system_time(clock::now()) };
    match extent {
        Extent::Minimal => page.glance(screen),
        Extent::Usual => page.usual(screen, ADVICE),
        Extent::Detailed => {
            page.usual(screen, usize::MAX)?;
            page.findings(screen)?;
            page.classes(screen)?;
            page.latest(screen)
        }
    }
}

/// Tells of `review` beside other things: how often something failed, and if more is wanted what stands out most and what to do.
pub(crate) fn summarize(
    review: &Review,
    days: u32,
    detailed: bool,
    screen: &mut Screen<impl Write>,
) -> io::Result<()> {
    let page = Page { review, days, now: clock::system_time(clock::now()) };
    let analysis = &review.analysis;
    let patterns = count(analysis.pattern_count as u64, "pattern");
    let headline = page.headline();
    if page.statistics().total == 0 || !detailed {
        return screen.paragraph("Failures: ", &format!("{headline}; {patterns}."));
    }
    screen.paragraph("Failures: ", &format!("{headline}; {patterns}:"))?;
    for pattern in analysis.patterns.iter().take(ADVICE) {
        screen.paragraph("  - ", &pattern.to_string())?;
    }
    page.recommendations(screen, ADVICE)
}

struct Page<'a> {
    review: &'a Review,
    days: u32,
    now: SystemTime,
}

impl Page<'_> {
    fn statistics(&self) -> &Statistics {
        &self.review.statistics
    }

    /// Whether all that failed is among the calls that were counted. Failures outlive a restart, the count of calls does not.
    fn is_all_counted(&self) -> bool {
        self.statistics().total == self.review.rates.overall.failures
    }

    /// `12 of 3,456 calls failed, 0.3 %, in the last 7 days`; `12 failures in the last 7 days; 2 of 40 counted calls failed`.
    fn headline(&self) -> String {
        let days = match self.days {
            1 => "day".to_owned(),
            days => format!("{days} days"),
        };
        let (total, rate) = (self.statistics().total, &self.review.rates.overall);
        match rate.ratio() {
            _ if total == 0 => format!("no failures in the last {days}"),
            Some(share) if self.is_all_counted() => {
                let (failures, calls) = (grouped(rate.failures), grouped(rate.calls));
                format!("{failures} of {calls} calls failed, {}, in the last {days}", percent(share.get()))
            }
            Some(_) => {
                let (failures, calls) = (grouped(rate.failures), count(rate.calls, "counted call"));
                let total = count(total, "failure");
                format!("{total} in the last {days}; {failures} of {calls} failed")
            }
            None => format!("{} in the last {days}", count(total, "failure")),
        }
    }

    fn trend(&self) -> (String, Option<Ink>) {
        let trend = &self.statistics().trend;
        let ink = match trend.direction {
            Direction::Increasing => Some(Ink::Red),
            Direction::Decreasing => Some(Ink::Green),
            Direction::Stable => None,
        };
        let by = match trend.percent {
            Some(percent) if trend.direction != Direction::Stable => format!(" by {:.0} %", percent.abs()),
            _ => String::new(),
        };
        (format!("{}{by}", trend.direction.as_str()), ink)
    }

    fn advice(&self) -> &[Recommendation] {
        &self.review.analysis.recommendations
    }

    fn glance(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let statistics = self.statistics();
        screen.paragraph("failures  ", &self.headline())?;
        if statistics.total == 0 {
            return Ok(());
        }
        let (trend, ink) = self.trend();
        let trend = ink.map_or(trend.clone(), |ink| screen.paint.with(ink, &trend));
        screen.line(format_args!("trend     {trend}"))?;
        let worst = statistics.by_component.iter().take(COMPONENTS);
        let worst: Vec<String> =
            worst.map(|count| format!("{} ({})", count.of, grouped(count.failures))).collect();
        screen.paragraph("where     ", &worst.join(", "))?;
        if let Some(TopError { message, failures, last, .. }) = statistics.top_errors.first() {
            let last = ago(*last, self.now);
            screen.paragraph("what      ", &format!("{message} ({}, last {last})", grouped(*failures)))?;
        }
        if let Some(first) = self.advice().first() {
            screen.paragraph("advice    ", &format!("{}: {}", first.about, first.text))?;
        }
        Ok(())
    }

    fn usual(&self, screen: &mut Screen<impl Write>, advice: usize) -> io::Result<()> {
        let statistics = self.statistics();
        screen.line(screen.paint.with(Ink::Bold, self.headline()))?;
        if statistics.total == 0 {
            return Ok(());
        }
        if !self.is_all_counted() {
            let why = "Calls are counted since the proxy started, its own refusals are not among them; failures are kept for \
                       longer.";
            screen.paragraph("", why)?;
        }
        let (trend, ink) = self.trend();
        screen.heading(&format!("Over time: {trend}"))?;
        let chart = statistics.time_distribution.chart().height(10).to_string();
        for line in chart.lines() {
            match ink {
                Some(ink) if line.contains('|') => screen.line(screen.paint.with(ink, line))?,
                _ => screen.line(line)?,
            }
        }
        self.categories(screen)?;
        self.components(screen)?;
        self.top_errors(screen)?;
        self.recommendations(screen, advice)
    }

    fn categories(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let total = self.statistics().total;
        screen.heading("By category")?;
        for found in self.statistics().by_category.iter().filter(|found| found.failures > 0) {
            let share = found.failures as f64 / total as f64;
            // What is not nothing is seen.
            let cells = ((share * BAR as f64).round() as usize).clamp(1, BAR);
            let bar = screen.paint.with(Ink::Yellow, "█".repeat(cells));
            let (space, category) = (" ".repeat(BAR - cells), found.of.as_str());
            let (percent, failures) = (percent(share), grouped(found.failures));
            screen.line(format_args!("  {category:<14}  {bar}{space}  {percent:>7}  {failures:>9}"))?;
        }
        Ok(())
    }

    /// Those with the most failures.
    fn components(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        screen.heading("By component")?;
        let rates = &self.review.rates.by_component;
        let rows = self.statistics().by_component.iter().take(COMPONENTS).map(|count| {
            let rate = rates.iter().find(|rate| rate.component == count.of).map(|rate| &rate.rate);
            let share = rate.and_then(|rate| rate.ratio()).map(|share| percent(share.get()));
            let calls = rate.filter(|rate| rate.calls > 0).map(|rate| grouped(rate.calls));
            let none = || "–".to_owned();
            [
                Cell::text(&count.of),
                Cell::number(grouped(count.failures)),
                Cell::number(calls.unwrap_or_else(none)),
                Cell::number(share.unwrap_or_else(none)),
            ]
        });
        screen.table(["component", "failures", "calls", "failing"], rows.collect())?;
        let more = self.statistics().by_component.len().saturating_sub(COMPONENTS);
        if more > 0 {
            screen.line(format_args!("  and {more} more"))?;
        }
        Ok(())
    }

    fn top_errors(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        screen.heading("Most frequent")?;
        let rows = self.statistics().top_errors.iter().take(COMPONENTS).map(|error| {
            [
                Cell::number(grouped(error.failures)),
                Cell::text(format_args!("{} of {}", error.operation, error.component)),
                Cell::text(&error.message),
                Cell::text(ago(error.last, self.now)),
            ]
        });
        screen.table(["failures", "where", "what", "last"], rows.collect())
    }

    fn recommendations(&self, screen: &mut Screen<impl Write>, most: usize) -> io::Result<()> {
        if self.advice().is_empty() {
            return Ok(());
        }
        screen.heading("What to do")?;
        advise(self.advice(), most, screen)
    }

    /// What stands out, and what the failures have in common.
    fn findings(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let analysis = &self.review.analysis;
        screen.heading("What stands out")?;
        screen.paragraph("  ", &analysis.summary)?;
        let regressions = analysis.regressions.iter().map(ToString::to_string);
        let periodic = analysis.periodic.iter().map(ToString::to_string);
        let correlations = analysis.correlations.iter().map(ToString::to_string);
        for finding in regressions.chain(periodic).chain(correlations) {
            screen.paragraph("  - ", &finding)?;
        }
        if !analysis.patterns.is_empty() {
            screen.heading("What they have in common")?;
            for pattern in &analysis.patterns {
                screen.paragraph("  - ", &pattern.to_string())?;
            }
        }
        Ok(())
    }

    fn classes(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        if self.review.classes.is_empty() {
            return Ok(());
        }
        screen.heading("Kinds of failures")?;
        let rows = self.review.classes.iter().take(CLASSES).map(|class| {
            let ClassSummary { fingerprint, template, operation, component, severity, count, .. } = class;
            [
                Cell::text(fingerprint),
                Cell::number(grouped(*count)),
                Cell::text(severity).ink(severity_ink(*severity)),
                Cell::text(format_args!("{operation} of {component}")),
                Cell::text(template),
                Cell::text(class.flags).ink(Ink::Red),
            ]
        });
        screen.table(["kind", "at most", "severity", "where", "what", ""], rows.collect())
    }

    fn latest(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let recent = &self.review.analysis.recent;
        if recent.is_empty() {
            return Ok(());
        }
        screen.heading("Latest")?;
        let rows = recent.iter().map(|record| {
            let attempt = record.attempt.map_or_else(String::new, |attempt| format!(" (attempt {attempt})"));
            [
                Cell::number(record.id),
                Cell::text(ago(record.at, self.now)),
                Cell::text(record.severity).ink(severity_ink(record.severity)),
                Cell::text(format_args!("{} of {}{attempt}", record.operation, record.component)),
                Cell::text(&record.message),
            ]
        });
        screen.table(["number", "when", "severity", "where", "what"], rows.collect())?;
        screen.line("\nbuttress failures NUMBER tells all that is known about one of them.")
    }
}

/// Tells the most urgent of the advice.
pub(crate) fn advise(
    advice: &[Recommendation],
    most: usize,
    screen: &mut Screen<impl Write>,
) -> io::Result<()> {
    for Recommendation { priority, about, text, .. } in advice.iter().take(most) {
        screen.paragraph(&format!("  {priority:<8}  "), &format!("{about}: {text}"))?;
    }
    match advice.len().saturating_sub(most) {
        0 => Ok(()),
        more => screen.line(format_args!("  and {more} more with --detailed")),
    }
}

fn severity_ink(severity: Severity) -> Option<Ink> {
    match severity {
        Severity::Critical | Severity::Error => Some(Ink::Red),
        Severity::Warning => Some(Ink::Yellow),
        _ => None,
    }
}
