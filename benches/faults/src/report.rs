//! The results for people and for programs.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::measure::{Bin, Figures, Phase};

/// What the program is called whose bars these are.
pub const OURS: &str = "buttress";

/// Cells of a line: ten seconds.
const CELLS: usize = 100;

/// All results, in the order in which they came.
#[derive(Debug, Default)]
pub struct Report(Vec<Result>);

/// What was seen of one program under one fault.
#[derive(Clone, Debug)]
pub struct Result {
    /// The fault.
    pub fault: Fault,
    /// The program.
    pub subject: &'static str,
    /// What was seen.
    pub figures: Figures,
}

/// What follows from a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A bar of the fault holds.
    Holds,
    /// None does.
    Missed,
    /// Nothing follows.
    Unmeasured,
}

impl Result {
    /// How the figures stand to the bars.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let holds = self.fault.bars.iter().any(|bar| bar.holds(&self.figures));
        match (self.figures.doubt(), holds) {
            (Some(_), _) => Verdict::Unmeasured,
            (None, true) => Verdict::Holds,
            (None, false) => Verdict::Missed,
        }
    }

    fn is_ours(&self) -> bool {
        self.subject == OURS
    }

    /// The course of the run: a cell for each tenth of a second, the fuller the more was good; full when all was.
    #[must_use]
    pub fn course(&self) -> impl fmt::Display {
        let Figures { before, during, after, bins, .. } = &self.figures;
        let mut text = format!("{}: {}\n", self.subject, self.fault.title);
        let parts = [("before", before), ("during", during), ("after", after)];
        for ((name, phase), bins) in parts.into_iter().zip(bins) {
            let mut label = format!("{name:6} {:>7} %", percent(phase));
            for line in bins.chunks(CELLS) {
                text += &format!("  {label:16}  {}\n", line.iter().map(cell).collect::<String>());
                label.clear();
            }
        }
        text
    }

    fn to_json(&self) -> Value {
        let figures = &self.figures;
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        let phase = |phase: &Phase, bins: &[Bin]| {
            json!({
                "offered": phase.offered,
                "good": phase.good,
                "p50_ms": milliseconds(phase.p50),
                "p99_ms": milliseconds(phase.p99),
                "good_by_100_ms": bins.iter().map(|bin| bin.good).collect::<Vec<_>>(),
            })
        };
        let [before, during, after] = &figures.bins;
        json!({
            "fault": self.fault.name,
            "program": self.subject,
            "before": phase(&figures.before, before),
            "during": phase(&figures.during, during),
            "after": phase(&figures.after, after),
            "goodput": figures.goodput,
            "hits": figures.hits,
            "recovery_ms": milliseconds(figures.recovery),
            "duplicates": figures.duplicates,
            "lag_p99_ms": milliseconds(Some(figures.lag)),
            "bars": self.fault.bars.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "verdict": self.verdict().to_string(),
            "doubt": figures.doubt(),
        })
    }
}

impl Report {
    /// Adds a result.
    pub fn push(&mut self, result: Result) {
        self.0.push(result);
    }

    /// All results as one JSON document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.0.iter().map(Result::to_json).collect()
    }

    /// 1 when a bar of the proxy is missed, else 2 when nothing follows from a run. What a peer misses is its own affair.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_status())
    }

    fn exit_status(&self) -> u8 {
        let has = |verdict| self.0.iter().any(|result| result.is_ours() && result.verdict() == verdict);
        if has(Verdict::Missed) { 1 } else { u8::from(has(Verdict::Unmeasured)) * 2 }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Missed => "MISSED",
            Self::Unmeasured => "not measured",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {:34} | {:8} | {:>6} | {:>8} | {:>5} | {:>17} | {:>17} | {:>8} | {:>5} | {:12} | bar |",
            "fault",
            "program",
            "good %",
            "capacity",
            "hits",
            "p50, p99 before",
            "p50, p99 during",
            "recovery",
            "twice",
            ""
        )?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|--:|---|---|")?;
        for result in &self.0 {
            let figures = &result.figures;
            let bars: Vec<_> = result.fault.bars.iter().map(ToString::to_string).collect();
            let cells = match figures.doubt() {
                None => [
                    percent(&figures.during),
                    figures.goodput.map(|share| format!("{:.1} %", share * 100.0)).unwrap_or_default(),
                    format!("{:.2}", figures.hits),
                    latencies(&figures.before),
                    latencies(&figures.during),
                    recovery(figures),
                    figures.duplicates.to_string(),
                ],
                Some(_) => [const { String::new() }; 7],
            };
            let [good, capacity, hits, before, during, recovery, twice] = cells;
            writeln!(
                f,
                "| {:34} | {:8} | {good:>6} | {capacity:>8} | {hits:>5} | {before:>17} | {during:>17} | {recovery:>8} | {twice:>5} | {:12} | {} |",
                result.fault.title,
                result.subject,
                result.verdict().to_string(),
                bars.join("; or "),
            )?;
        }
        let lag = self.0.iter().map(|result| result.figures.lag).max().unwrap_or_default();
        writeln!(f, "\none request in a hundred started {} late at most", milliseconds(lag))?;
        for (result, doubt) in self.0.iter().filter_map(|result| Some((result, result.figures.doubt()?))) {
            writeln!(f, "not measured: {} under \"{}\": {doubt}", result.subject, result.fault.title)?;
        }
        Ok(())
    }
}

/// Rounded down, so that 100 is said of nothing less.
fn percent(phase: &Phase) -> String {
    format!("{:.2}", (phase.good_share() * 10_000.0).floor() / 100.0)
}

fn latencies(phase: &Phase) -> String {
    match phase.p50.zip(phase.p99) {
        Some((p50, p99)) => format!("{}, {}", milliseconds(p50), milliseconds(p99)),
        None => "–".to_owned(),
    }
}

fn recovery(figures: &Figures) -> String {
    figures.recovery.map_or_else(|| "none".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
}

/// As many digits as say something.
fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    if milliseconds < 100.0 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}

/// In eighths; full when all was good, empty when nothing was.
fn cell(bin: &Bin) -> char {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let eighths = (bin.good * 8).checked_div(bin.offered).unwrap_or(8);
    LEVELS[if bin.good > 0 { eighths.max(1) } else { eighths } as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault;

    fn result(name: &str, good: u64) -> Result {
        let well = Phase { offered: 100, good: 100, ..Phase::default() };
        let figures =
            Figures { before: well, during: Phase { good, ..well }, hits: 1.0, ..Figures::default() };
        Result { fault: fault::named(name).expect("there is one"), subject: OURS, figures }
    }

    fn status(results: impl IntoIterator<Item = Result>) -> u8 {
        Report(results.into_iter().collect()).exit_status()
    }

    #[test]
    fn only_a_bar_that_the_proxy_misses_fails_the_run() {
        assert_eq!(result("one-503", 100).verdict(), Verdict::Holds);
        assert_eq!(result("one-503", 99).verdict(), Verdict::Missed);
        assert_eq!(status([result("one-503", 100)]), 0);
        assert_eq!(status([result("one-503", 99), result("one-503", 100)]), 1);
        let peer = Result { subject: "nginx", ..result("one-503", 0) };
        assert_eq!((peer.verdict(), status([peer])), (Verdict::Missed, 0));
    }

    #[test]
    fn nothing_follows_from_what_is_in_doubt() {
        let mut doubtful = result("one-503", 0);
        doubtful.figures.lag = Duration::from_secs(1);
        assert_eq!(doubtful.verdict(), Verdict::Unmeasured);
        assert_eq!(status([doubtful.clone()]), 2);
        let report = Report(vec![doubtful]);
        assert!(report.to_string().contains("not measured: buttress"), "{report}");
        assert!(!report.to_string().contains("1.00"), "{report}");
        assert_eq!(report.to_json()[0]["verdict"], "not measured");
    }

    #[test]
    fn shares_are_never_rounded_up_to_all_nor_down_to_nothing() {
        let cells = [(0, 40), (1, 40), (20, 40), (39, 40), (40, 40), (0, 0)];
        let drawn: String = cells.map(|(good, offered)| cell(&Bin { offered, good })).iter().collect();
        assert_eq!(drawn, " ▁▄▇██");
        assert_eq!(percent(&Phase { offered: 100_000, good: 99_999, ..Phase::default() }), "99.99");
    }
}
