//! The text that Prometheus scrapes, version 0.0.4.

use super::family::{Labels, Series, Value};
use crate::Durations;
use std::fmt::{self, Display, Write};

/// Writes series, of which those of one family stand together.
pub(super) fn encode(namespace: &str, series: &[Series]) -> String {
    // About what a line of a named breaker takes.
    let mut text = String::with_capacity(series.len() * 96);
    for family in series.chunk_by(|one, next| one.family == next.family) {
        family_text(&mut text, namespace, family).expect("a string takes what is written");
    }
    text
}

fn family_text(text: &mut String, namespace: &str, series: &[Series]) -> fmt::Result {
    let family = series[0].family;
    let name = family.full_name(namespace);
    writeln!(text, "# HELP {name} {}", Help(family.meaning))?;
    writeln!(text, "# TYPE {name} {}", family.kind.as_str())?;
    for Series { labels, value, .. } in series {
        match value {
            Value::Count(count) => writeln!(text, "{name}{} {count}", Braces(labels, None))?,
            Value::Level(level) => writeln!(text, "{name}{} {}", Braces(labels, None), Number(*level))?,
            Value::Durations(durations) => histogram_text(text, &name, labels, durations)?,
        }
    }
    Ok(())
}

fn histogram_text(text: &mut String, name: &str, labels: &Labels, durations: &Durations) -> fmt::Result {
    let bounds = durations.bounds.iter().map(|bound| bound.as_secs_f64()).chain([f64::INFINITY]);
    let mut below = 0;
    for (bound, count) in bounds.zip(&durations.counts) {
        below += count;
        writeln!(text, "{name}_bucket{} {below}", Braces(labels, Some(bound)))?;
    }
    writeln!(text, "{name}_sum{} {}", Braces(labels, None), Number(durations.sum.as_secs_f64()))?;
    // That of the last bucket, and not one read at another time.
    writeln!(text, "{name}_count{} {below}", Braces(labels, None))
}

/// Labels in braces, and the upper bound of a bucket.
struct Braces<'a>(&'a Labels, Option<f64>);

impl Display for Braces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = '{';
        for (label, value) in self.0 {
            write!(f, "{before}{label}=\"{}\"", Quoted(value))?;
            before = ',';
        }
        if let Some(bound) = self.1 {
            write!(f, "{before}le=\"{}\"", Number(bound))?;
            before = ',';
        }
        if before == ',' { f.write_char('}') } else { Ok(()) }
    }
}

/// A label's value: backslash, quote and line feed are written as two characters, everything else is what it is.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(f, self.0, &['\\', '"', '\n'])
    }
}

/// A help text, in which a quote is no end.
struct Help<'a>(&'a str);

impl Display for Help<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(f, self.0, &['\\', '\n'])
    }
}

fn escape(f: &mut fmt::Formatter<'_>, text: &str, special: &[char]) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        let (plain, from) = rest.split_at(at);
        f.write_str(plain)?;
        let escaped = match from.as_bytes()[0] {
            b'\n' => "\\n",
            b'"' => "\\\"",
            _ => "\\\\",
        };
        f.write_str(escaped)?;
        rest = &from[1..];
    }
    f.write_str(rest)
}

/// A number as Go reads it.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == f64::INFINITY { f.write_str("+Inf") } else { self.0.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::family::{Family, Kind};
    use crate::metrics::members::Owner;
    use crate::{Bounds, Histogram, Tick};
    use std::time::Duration;

    static CALLS: Family = Family {
        name: "calls_total",
        prefixed: true,
        kind: Kind::Counter,
        labels: &["name"],
        unit: "calls",
        meaning: "Calls with a \\ and a\nsecond line \"quoted\"",
    };
    static TOOK: Family =
        Family { name: "took_seconds", kind: Kind::Histogram, meaning: "How long", ..CALLS };

    fn series(family: &'static Family, name: Option<&'static str>, value: Value) -> Series {
        let labels = name.map(|name| ("name", name.into())).into_iter().collect();
        Series { family, owner: Owner::All, labels, value }
    }

    #[test]
    fn s2_07_labels_and_help_are_escaped_and_a_family_is_announced_once() {
        let calls = [
            series(&CALLS, Some("a\\b\"c\nd\u{e4}\r"), Value::Count(u64::MAX)),
            series(&CALLS, None, Value::Level(0.25)),
        ];
        assert_eq!(
            encode("ns", &calls),
            "# HELP ns_calls_total Calls with a \\\\ and a\\nsecond line \"quoted\"\n\
             # TYPE ns_calls_total counter\n\
             ns_calls_total{name=\"a\\\\b\\\"c\\nd\u{e4}\r\"} 18446744073709551615\n\
             ns_calls_total 0.25\n"
        );
        assert_eq!(encode("", &[]), "");
    }

    #[test]
    fn s2_33_buckets_of_a_histogram_add_up_and_end_in_infinity() {
        let histogram = Histogram::new(Bounds::new(&[5, 1_000].map(Duration::from_millis)).unwrap());
        for millis in [1, 700, 2_000] {
            histogram.record(Tick::ZERO, Tick::ZERO + Duration::from_millis(millis));
        }
        let took = [series(&TOOK, Some("a"), Value::Durations(histogram.snapshot()))];
        assert_eq!(
            encode("", &took),
            "# HELP took_seconds How long\n\
             # TYPE took_seconds histogram\n\
             took_seconds_bucket{name=\"a\",le=\"0.005\"} 1\n\
             took_seconds_bucket{name=\"a\",le=\"1\"} 2\n\
             took_seconds_bucket{name=\"a\",le=\"+Inf\"} 3\n\
             took_seconds_sum{name=\"a\"} 2.701\n\
             took_seconds_count{name=\"a\"} 3\n"
        );
    }
}
