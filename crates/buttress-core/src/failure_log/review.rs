//! Everything about a span in one value, and how people read it.

use super::unit::place;
use super::wall;
use super::{Analysis, Class, Count, Fingerprint, Flags, Rates, Statistics, TopError};
use super::{Category, Severity};
use crate::text::escaped;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How wide lines are.
const WIDTH: usize = 80;
/// How many sorts each list of the text names.
const LISTED: usize = 5;
/// How long the bar of everything is.
const BAR: usize = 16;

/// A [`Class`] without the times of its failures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ClassSummary {
    /// Which fault it is.
    pub fingerprint: Fingerprint,
    /// What it says, with what changes masked.
    pub template: Arc<str>,
    /// The operation that failed.
    pub operation: Arc<str>,
    /// The component that failed.
    pub component: Arc<str>,
    /// How bad the last one was.
    pub severity: Severity,
    /// Of what sort the last one was.
    pub category: Category,
    /// How many in all.
    pub count: u64,
    /// By how many `count` may be too large.
    pub error: u64,
    /// When the first one came.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub first: SystemTime,
    /// When the last one came.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub last: SystemTime,
    /// What is remarkable about it now.
    pub flags: Flags,
}

impl ClassSummary {
    pub(super) fn of(class: &Class) -> Self {
        Self {
            fingerprint: class.fingerprint,
            template: Arc::clone(&class.template),
            operation: Arc::clone(&class.operation),
            component: Arc::clone(&class.component),
            severity: class.severity,
            category: class.category,
            count: class.count,
            error: class.error,
            first: class.first,
            last: class.last,
            flags: class.flags,
        }
    }
}

/// Everything a filter leaves of a log: counts, rates, findings and what to do. For people: see its
/// [`Display`](fmt::Display), which is plain text of 80 columns.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Review {
    /// The beginning of the span.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub since: SystemTime,
    /// Its end.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub until: SystemTime,
    /// How many failures of what, and when.
    pub statistics: Statistics,
    /// How many of the calls.
    pub rates: Rates,
    /// What stands out, and what to do.
    pub analysis: Analysis,
    /// The most frequent faults, at most twenty.
    pub classes: Vec<ClassSummary>,
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { since, until, statistics, rates, analysis, .. } = self;
        let span = until.duration_since(*since).unwrap_or_default();
        let span = wall::length(Duration::from_secs(span.as_secs()));
        writeln!(f, "Failures from {} to {} UTC ({span})", wall::minute(*since), wall::minute(*until))?;
        if statistics.total == 0 {
            return write!(f, "\n  none{}", Among(rates));
        }
        let failures = if statistics.total == 1 { "failure" } else { "failures" };
        writeln!(f, "\n  {} {failures}{}", wall::number(statistics.total), Among(rates))?;
        writeln!(f, "  {}", statistics.trend)?;

        let distribution = &statistics.time_distribution;
        writeln!(f, "\nFailures by {}", named_pitch(distribution.pitch))?;
        writeln!(f, "{}", distribution.chart())?;

        self.fmt_sorts(f)?;
        self.fmt_errors(f)?;

        writeln!(f, "\nWhat stands out")?;
        if analysis.findings() == 0 {
            writeln!(f, "  nothing that chance does not explain")?;
        }
        for regression in &analysis.regressions {
            listed(f, "regression", regression)?;
        }
        for periodic in &analysis.periodic {
            listed(f, "periodic", periodic)?;
        }
        for correlation in &analysis.correlations {
            listed(f, "together", correlation)?;
        }

        if !analysis.recommendations.is_empty() {
            writeln!(f, "\nWhat to do")?;
        }
        for (at, recommendation) in analysis.recommendations.iter().enumerate() {
            let text = format!("{}: {}", escaped(&recommendation.about), escaped(&recommendation.text));
            listed(f, recommendation.priority.as_str(), &text)?;
            if at + 1 == LISTED {
                break;
            }
        }
        Ok(())
    }
}

impl Review {
    fn fmt_sorts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statistics { total, by_category, by_severity, by_component, .. } = &self.statistics;
        bars(
            f,
            "By category",
            *total,
            by_category.iter().map(|Count { of, failures }| (of.as_str(), *failures, None)),
        )?;
        if by_severity.len() > 1 {
            bars(
                f,
                "By severity",
                *total,
                by_severity.iter().map(|Count { of, failures }| (of.as_str(), *failures, None)),
            )?;
        }
        let rate = |component: &str| {
            let found = self.rates.by_component.iter().find(|rate| &*rate.component == component)?;
            found.rate.percent
        };
        bars(
            f,
            "By component",
            *total,
            by_component.iter().map(|Count { of, failures }| (&**of, *failures, rate(of))),
        )
    }

    fn fmt_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nMost frequent")?;
        let width = self.statistics.top_errors.first().map_or(1, |top| top.failures.to_string().len());
        for TopError { message, operation, component, failures, last, fingerprint } in
            self.statistics.top_errors.iter().take(LISTED)
        {
            let place = place(component, operation);
            let flags = self.classes.iter().find(|class| class.fingerprint == *fingerprint);
            let flags = flags.map_or(String::new(), |class| class.flags.to_string());
            let flags = if flags.is_empty() { flags } else { format!(" [{flags}]") };
            let last = wall::minute(*last);
            writeln!(f, "  {failures:>width$} x {place}, last {last}{flags}")?;
            let indent = " ".repeat(width + 5);
            wrapped(f, &indent, &message.escape_debug().to_string())?;
            writeln!(f)?;
        }
        Ok(())
    }
}

/// What the failures are among.
struct Among<'a>(&'a Rates);

impl fmt::Display for Among<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.overall.percent {
            Some(_) => write!(f, "; {} failed", self.0.overall),
            None => Ok(()),
        }
    }
}

fn named_pitch(pitch: Duration) -> &'static str {
    match pitch.as_secs() {
        ..=60 => "minute",
        61..=3_600 => "hour",
        _ => "day",
    }
}

/// A list with a bar for the share of each.
fn bars<'a>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    total: u64,
    each: impl Iterator<Item = (&'a str, u64, Option<f64>)>,
) -> fmt::Result {
    writeln!(f, "\n{title}")?;
    for (name, failures, percent) in each.take(LISTED) {
        let share = failures as f64 / total as f64;
        let name = super::statistics::cut(&name.escape_debug().to_string(), 20);
        // The parts may be more than the whole: it was read from somewhere.
        let bar = "#".repeat(((share * BAR as f64).round() as usize).min(BAR));
        let of_calls = percent.map_or(String::new(), |percent| format!("  {percent:.1} % of its calls"));
        let failures = wall::number(failures);
        let line = format!("  {name:<20} {failures:>10} {:>3.0} %  {bar:<BAR$}{of_calls}", share * 100.0);
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A name and a text beside it.
fn listed(f: &mut fmt::Formatter<'_>, name: &str, text: &dyn fmt::Display) -> fmt::Result {
    let text = wrap(&text.to_string(), WIDTH - 14);
    for (at, line) in text.iter().enumerate() {
        writeln!(f, "  {:<11} {line}", if at == 0 { name } else { "" })?;
    }
    Ok(())
}

/// A text in lines of 80 columns, each after `indent`, without an end of the last.
pub(super) fn wrapped(f: &mut fmt::Formatter<'_>, indent: &str, text: &str) -> fmt::Result {
    for (at, line) in wrap(text, WIDTH - indent.len()).iter().enumerate() {
        write!(f, "{}{indent}{line}", if at == 0 { "" } else { "\n" })?;
    }
    Ok(())
}

/// Broken between words; a word that is too long has a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
