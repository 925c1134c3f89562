//! Results for people and for programs.

use crate::paths::Path;
use serde_json::{Value, json};
use std::fmt;

/// What a path is measured against.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The way the call takes.
    pub path: Path,
    /// Nanoseconds it may take on one thread and on two, where that is settled.
    pub bar: Bar,
    /// For a peer: the way through buttress that it is compared with.
    pub beside: Option<Path>,
    /// Calls in each round, fewer where they are slow or fill a window.
    pub calls: u64,
    /// Threads that it can be measured on at once.
    pub threads: usize,
}

/// Nanoseconds on one thread and on two.
pub type Bar = (Option<f64>, Option<f64>);

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Nanoseconds per call on one thread and on two, the latter where that could be measured.
    pub nanos: (f64, Option<f64>),
    /// Allocations per call.
    pub allocations: f64,
}

/// All rows with their figures.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<(Row, Figures)>,
}

impl Table {
    /// Adds a row, below those that it refers to.
    pub fn push(&mut self, row: Row, figures: Figures) {
        self.rows.push((row, figures));
    }

    /// The table as one JSON document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|(row, figures)| {
            json!({
                "path": row.path.name,
                "ns_1_thread": figures.nanos.0,
                "ns_2_threads": figures.nanos.1,
                "allocations": figures.allocations,
                "bar_1_thread": row.bar.0,
                "bar_2_threads": row.bar.1,
                "pass": pass(row.bar, figures),
                "beside": row.beside.map(|path| path.name),
                "ratio": self.ratio(row, figures),
            })
        });
        rows.collect()
    }

    /// How many times as long as the path beside it a call takes, on one thread.
    fn ratio(&self, row: &Row, figures: &Figures) -> Option<f64> {
        let beside = row.beside?.name;
        let (_, other) = self.rows.iter().find(|(row, _)| row.path.name == beside)?;
        Some(figures.nanos.0 / other.nanos.0)
    }
}

/// Whether the bar is met, where there is one.
fn pass(bar: Bar, figures: &Figures) -> Option<bool> {
    if bar == (None, None) {
        return None;
    }
    let (one, two) = figures.nanos;
    let within =
        |nanos: Option<f64>, bar: Option<f64>| bar.is_none_or(|bar| nanos.is_some_and(|nanos| nanos <= bar));
    Some(within(Some(one), bar.0) && within(two, bar.1))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {:54} | {:>11} | {:>12} | {:>6} | {:>8} | {:4} | {:>8} |",
            "path", "ns 1 thread", "ns 2 threads", "allocs", "bar", "", "× ours"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|---|--:|")?;
        for (row, figures) in &self.rows {
            let Figures { nanos: (one, two), allocations } = figures;
            let bar = match row.bar {
                (None, None) => String::new(),
                (Some(one), Some(two)) => format!("{one} / {two}"),
                (one, two) => one.or(two).map(|bar| bar.to_string()).unwrap_or_default(),
            };
            let verdict = pass(row.bar, figures).map_or("", |pass| if pass { "pass" } else { "miss" });
            let ratio = self.ratio(row, figures).map(|ratio| format!("{ratio:.1}")).unwrap_or_default();
            let two = two.map_or_else(|| "–".to_owned(), |two| format!("{two:.1}"));
            let name = row.path.name;
            writeln!(
                f,
                "| {name:54} | {one:11.1} | {two:>12} | {allocations:6.2} | {bar:>8} | {verdict:4} | {ratio:>8} |"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    fn table() -> Table {
        let ours = Row {
            path: paths::BREAKER_CLOSED,
            bar: (Some(24.0), Some(60.0)),
            beside: None,
            calls: 1,
            threads: 2,
        };
        let peer =
            Row { path: paths::BARE, bar: (None, None), beside: Some(ours.path), calls: 1, threads: 1 };
        let mut table = Table::default();
        table.push(ours, Figures { nanos: (20.0, Some(61.0)), allocations: 0.0 });
        table.push(peer, Figures { nanos: (50.0, None), allocations: 1.5 });
        table
    }

    #[test]
    fn a_bar_is_missed_on_either_side_and_a_peer_has_a_ratio() {
        let json = table().to_json();
        assert_eq!((&json[0]["pass"], &json[0]["ratio"]), (&json!(false), &Value::Null));
        assert_eq!((&json[1]["pass"], &json[1]["ratio"]), (&Value::Null, &json!(2.5)));
        let text = table().to_string();
        assert!(text.contains("miss") && !text.contains("pass"), "{text}");
    }
}
