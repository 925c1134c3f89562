//! All that is known about one failure.

use super::evidence::{Evidence, total};
use super::review::wrapped;
use super::unit::place;
use super::{Category, Common, Fingerprint, Flags, Pattern, Priority, Record, wall};
use crate::FailureKind;
use crate::text::escaped;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::SystemTime;

/// How many similar failures are named, and how similar they are at least.
const SIMILAR: usize = 5;
const ALIKE: f64 = 0.5;

/// A failure that resembles another.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Similar {
    /// From 0 to 1: 0.6 for the words, 0.2 for the component, 0.1 for the operation and 0.1 for the type.
    pub score: f64,
    /// The failure, the newest of its fault.
    pub record: Record,
}

/// What to do about one failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Suggestion {
    /// How urgent it is.
    pub priority: Priority,
    /// What to do.
    pub text: String,
}

/// How often the fault of a [`Report`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Occurrences {
    /// In all, as far as is known.
    pub failures: u64,
    /// In the last hour before the report.
    pub last_hour: u64,
    /// The first that is known.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub first: SystemTime,
    /// The last.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub last: SystemTime,
}

/// One failure with all that is known about it. For people: see its [`Display`](fmt::Display).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Report {
    /// The failure.
    pub record: Record,
    /// How often its fault came.
    pub occurrences: Occurrences,
    /// At most five others like it, of other faults as well, the most similar first.
    pub similar: Vec<Similar>,
    /// The patterns it belongs to.
    pub patterns: Vec<Pattern>,
    /// What to do.
    pub suggestion: Suggestion,
    /// How the circuit breaker in front of what failed stands, if whoever shows the report knows.
    pub breaker: Option<String>,
}

impl Report {
    /// About `record`, among everything the log has.
    pub(super) fn of(record: Record, evidence: &Evidence, flags: Flags, patterns: Vec<Pattern>) -> Self {
        let points = evidence
            .faults
            .iter()
            .find(|fault| fault.fingerprint == record.fingerprint)
            .map_or(&[][..], |fault| fault.points.as_slice());
        let hour = evidence.until.saturating_sub(3_600_000);
        let own = wall::millis(record.at);
        let occurrences = Occurrences {
            failures: total(points).max(1),
            last_hour: total(&points[points.partition_point(|&(at, _)| at < hour)..]),
            first: wall::from_millis(points.first().map_or(own, |at| at.0.min(own))),
            last: wall::from_millis(points.last().map_or(own, |at| at.0.max(own))),
        };
        let suggestion = suggest(&record, &occurrences, flags);
        Self {
            similar: similar(&record, &evidence.records),
            patterns: patterns.into_iter().filter(|pattern| has(&pattern.common, &record)).collect(),
            occurrences,
            suggestion,
            record,
            breaker: None,
        }
    }

    /// The same with a sentence about the circuit breaker in front of what failed.
    #[must_use]
    pub fn with_breaker(self, standing: impl fmt::Display) -> Self {
        Self { breaker: Some(standing.to_string()), ..self }
    }
}

/// Whether a record belongs to a pattern.
fn has(common: &Common, record: &Record) -> bool {
    let begins = |words: &str| record.template.split_whitespace().take(5).eq(words.split(' '));
    match common {
        Common::Message { words, component, operation } => {
            *component == record.component && *operation == record.operation && begins(words)
        }
        Common::TypeInComponent { error_type, component } => {
            *component == record.component && *error_type == record.error_type
        }
        Common::TypeInOperation { error_type, operation } => {
            *operation == record.operation && *error_type == record.error_type
        }
        Common::Operation { component, operation } => {
            *component == record.component && *operation == record.operation
        }
        Common::Words { words } => begins(words),
    }
}

/// The words of a message, without what changes and without regard to case.
fn words(template: &str) -> HashSet<String> {
    let words = template.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// How much two failures resemble each other: 0.6 for the share of words they have in common (Jaccard), 0.2 for the component,
/// 0.1 for the operation and 0.1 for the type of the error.
fn likeness(one: &Record, words_of_one: &HashSet<String>, other: &Record) -> f64 {
    let words = words(&other.template);
    let both = words_of_one.intersection(&words).count();
    let any = words_of_one.len() + words.len() - both;
    let jaccard = if any == 0 { 1.0 } else { both as f64 / any as f64 };
    let same = |same: bool, weight: f64| if same { weight } else { 0.0 };
    0.6 * jaccard
        + same(one.component == other.component, 0.2)
        + same(one.operation == other.operation, 0.1)
        + same(one.error_type == other.error_type, 0.1)
}

/// The newest record of each fault that is like it: five copies of one would say nothing.
fn similar(record: &Record, records: &[Record]) -> Vec<Similar> {
    let mut newest: HashMap<Fingerprint, &Record> = HashMap::new();
    for other in records.iter().filter(|other| other.id != record.id) {
        let entry = newest.entry(other.fingerprint).or_insert(other);
        if other.id > entry.id {
            *entry = other;
        }
    }
    let own = words(&record.template);
    let scored = newest.into_values().map(|other| (likeness(record, &own, other), other));
    let mut alike: Vec<_> = scored.filter(|(score, _)| *score > ALIKE).collect();
    alike.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| other.1.id.cmp(&one.1.id)));
    alike.truncate(SIMILAR);
    alike
        .into_iter()
        .map(|(score, other)| Similar { score: wall::rounded(score, 3), record: other.clone() })
        .collect()
}

fn suggest(record: &Record, occurrences: &Occurrences, flags: Flags) -> Suggestion {
    use super::Severity::{Critical, Error, Info, Warning};
    let often = occurrences.last_hour >= 10;
    let priority = match record.severity {
        Critical => Priority::Critical,
        Error if often || !flags.is_empty() => Priority::High,
        Error => Priority::Medium,
        Warning if often => Priority::Medium,
        Warning | Info => Priority::Low,
    };
    let place = place(&record.component, &record.operation);
    let mut text = match (record.category, record.kind) {
        (_, Some(FailureKind::Timeout)) => match record.duration {
            Some(waited) => format!(
                "it waited {} without an answer; see whether {place} is slow or away, and let an adaptive timeout \
                 follow what its answers take",
                wall::length(waited)
            ),
            None => format!("no answer in time; see whether {place} is slow or away"),
        },
        (Category::Network, _) => {
            format!(
                "see whether {place} can be reached; a circuit breaker spares it and its callers while it is away"
            )
        }
        (Category::Storage, _) => {
            format!(
                "check space, load and locks where {place} keeps its data; a replica or a fallback bridges it"
            )
        }
        (Category::Transaction, _) => {
            format!(
                "check the parameters of {place}; a conflict is worth a retry with full jitter, a refusal is not"
            )
        }
        (Category::Authentication, _) => {
            format!("renew what {place} is called with; do not retry it with the same")
        }
        (Category::Validation, _) => {
            format!("mend what is sent to {place}; a retry fails alike, and the peer is well")
        }
        (Category::Unknown, _) => {
            format!("see what {place} logged at {}", wall::instant(record.at))
        }
    };
    if flags.regressed {
        text.push_str("; it was gone and is back, so see what was changed");
    } else if flags.new {
        text.push_str("; it is new, so see what was changed");
    } else if flags.spiking {
        text.push_str("; it comes far more often than usual");
    }
    Suggestion { priority, text }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, occurrences, similar, patterns, suggestion, breaker } = self;
        writeln!(f, "Failure #{}, {}", record.id, wall::instant(record.at))?;
        writeln!(f)?;
        let mut line = |name: &str, value: &dyn fmt::Display| writeln!(f, "  {name:<11}{value}");
        line("where", &place(&record.component, &record.operation))?;
        line("what", &record.message.escape_debug())?;
        for cause in &record.chain {
            line("because", &cause.escape_debug())?;
        }
        let kind = if record.error_type.is_empty() { "" } else { ", " };
        line(
            "kind",
            &format_args!(
                "{}, {}{kind}{}",
                record.severity,
                record.category,
                record.error_type.escape_debug()
            ),
        )?;
        if let Some(key) = &record.key {
            line("key", &key.escape_debug())?;
        }
        if let Some(attempt) = record.attempt {
            line("attempt", &attempt)?;
        }
        if let Some(took) = record.duration {
            line("took", &format_args!("{took:.1?}"))?;
        }
        if let Some(bytes) = record.bytes {
            line("bytes", &bytes)?;
        }
        for (name, value) in &record.metadata {
            line(&name.escape_debug().to_string(), &value.escape_debug())?;
        }
        let Occurrences { failures, last_hour, first, last } = occurrences;
        line(
            "how often",
            &format_args!(
                "{failures} in all from {} to {}, {last_hour} in the last hour",
                wall::minute(*first),
                wall::minute(*last)
            ),
        )?;
        line("fault", &record.fingerprint)?;
        if !record.flags.is_empty() {
            line("flags", &record.flags)?;
        }
        if let Some(breaker) = breaker {
            line("breaker", &escaped(breaker))?;
        }
        if !patterns.is_empty() {
            writeln!(f, "\nIt belongs to")?;
            for pattern in patterns {
                writeln!(f, "  {pattern}")?;
            }
        }
        if !similar.is_empty() {
            writeln!(f, "\nLike it")?;
            for Similar { score, record } in similar {
                let at = wall::minute(record.at);
                writeln!(
                    f,
                    "  {:>3.0} %  #{} {}, {at}",
                    score * 100.0,
                    record.id,
                    place(&record.component, &record.operation)
                )?;
                wrapped(f, "         ", &record.message.escape_debug().to_string())?;
                writeln!(f)?;
            }
        }
        writeln!(f, "\nWhat to do [{}]", suggestion.priority)?;
        wrapped(f, "  ", &escaped(&suggestion.text).to_string())
    }
}
