//! The story for people: a legend, a line a second, a summary.

use std::io::{self, Write};

use super::effort::{Effort, Window};
use super::load::{PATIENCE, RATE};
use super::report::{Breaker, OriginSummary, Report, RetrySummary, Row, Scene, Summary, Transition};
use super::schedule::NAMES;
use crate::proxy::BUDGET;
use crate::terminal::text::{bar, wrap};
use crate::terminal::words::{grouped, percent, seconds};
use crate::terminal::{Ink, Paint};

/// Columns of the widest line.
const WIDTH: usize = 98;
/// Where the lines about transitions begin, below the column that says what happens.
const INDENT: usize = 8;
/// Columns of a breaker's state; the longest is `half_open`.
const STATE: usize = 9;

/// Draws the rows in columns, coloured or not.
#[derive(Debug)]
pub(super) struct Screen<W> {
    out: W,
    paint: Paint,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(out: W, paint: Paint) -> Self {
        Self { out, paint }
    }

    /// What a breaker did in a second, one step after the other.
    fn transitions(&mut self, breaker: &Breaker) -> io::Result<()> {
        for line in wrap(steps(&breaker.transitions), WIDTH - INDENT - 3) {
            let line = self.paint.with(Ink::Dim, line);
            writeln!(self.out, "{:INDENT$}{}  {line}", "", breaker.name)?;
        }
        Ok(())
    }

    /// What the proxy had to do for the requests of a second, unless that was one attempt each.
    fn effort(&mut self, row: &Row) -> io::Result<()> {
        let Effort { attempts, retries, budget } = row.effort;
        if retries == 0 && attempts * 10 >= row.requests * 9 {
            return Ok(());
        }
        let each = attempts as f64 / row.requests.max(1) as f64;
        let told = format!("{each:.2} attempts a request, retries: {retries}, left in the budget: {budget}");
        writeln!(self.out, "{:INDENT$}{}", "", self.paint.with(Ink::Dim, told))
    }

    fn retries(&mut self, summary: &Summary) -> io::Result<()> {
        let RetrySummary { attempts, retries, refused, fullest, budget_held } = summary.retries;
        let (attempts, retries, refused) = (grouped(attempts), grouped(retries), grouped(refused));
        writeln!(
            self.out,
            "\n  {attempts} attempts at origins, {retries} of them retries; {refused} more refused by the budget"
        )?;
        let (held, ink) = if budget_held { ("held", Ink::Green) } else { ("overspent", Ink::Red) };
        let Window { spent, allowed } = fullest;
        let window = humantime::format_duration(BUDGET.window);
        writeln!(
            self.out,
            "  budget {}: at its fullest {} retries within {window}, and {} allowed",
            self.paint.with(ink, held),
            grouped(spent),
            grouped(allowed)
        )
    }

    fn origin(&mut self, origin: &OriginSummary) -> io::Result<()> {
        let OriginSummary { name, address, opened, half_opened, closed, lost, spared } = origin;
        let (address, lost, spared) = (address.to_string(), grouped(*lost), grouped(*spared));
        write!(self.out, "  {name}  {address:<21}  {opened:>6}  {half_opened:>11}  {closed:>6}")?;
        writeln!(self.out, "  {lost:>8}  {spared:>8}")
    }
}

impl<W: Write> Report for Screen<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        let length = humantime::format_duration(scene.length);
        let title =
            format!("Three origins, the proxy in front of them, {RATE} requests a second, for {length}");
        writeln!(self.out, "\n  {}\n", self.paint.with(Ink::Bold, title))?;
        let origins: Vec<_> =
            scene.origins.iter().map(|(name, address)| format!("{name} {address}")).collect();
        writeln!(self.out, "  proxy    http://{}", scene.proxy)?;
        writeln!(self.out, "  origins  {}", origins.join("   "))?;
        writeln!(
            self.out,
            "\n  One origin at a time fails. What it fails with another answers, its circuit breaker opens, the\n  \
             other two take its share, and now and then a probe asks whether it is well again. At last all\n  \
             three fail, and a budget keeps the retries from making that worse. Each line is one second of\n  \
             arrivals, good means 200 with the whole body within {patience}, and the states are the breakers' at\n  \
             the end of the second. Ctrl-C ends it early.\n",
            patience = humantime::format_duration(PATIENCE)
        )?;
        let [a, b, c] = NAMES;
        let head = format!(
            "{:>4}  {:<21}  {:>4}  {:<18} {:>7}   {a:<STATE$}  {b:<STATE$}  {c}",
            "time", "what happens", "sent", "good", "p99"
        );
        writeln!(self.out, "  {}", self.paint.with(Ink::Bold, head))?;
        self.out.flush()
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let share = row.share().ratio();
        let ink = Ink::of_share(share);
        let what = format!("{:<21}", row.fault.as_deref().unwrap_or("all well"));
        let what = if row.fault.is_some() { self.paint.with(Ink::Bold, what) } else { what };
        let bar = self.paint.with(ink, bar(share));
        let share = self.paint.with(ink, format_args!("{:>7}", percent(share)));
        let p99 = row.p99_ms.and_then(|latency| seconds(latency / 1e3)).unwrap_or_default();
        let time = format!("{}s", row.second);
        write!(self.out, "  {time:>4}  {what}  {sent:>4}  {bar} {share} {p99:>7} ", sent = row.requests)?;
        for (index, Breaker { state, .. }) in row.breakers.iter().enumerate() {
            let width = if index + 1 < row.breakers.len() { STATE } else { 0 };
            let text = format!("{:<width$}", state.to_string());
            write!(self.out, "  {}", self.paint.with(Ink::of_state(*state), text))?;
        }
        writeln!(self.out)?;
        for breaker in &row.breakers {
            self.transitions(breaker)?;
        }
        self.effort(row)?;
        self.out.flush()
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let Summary { all, faulty, outage, healthy, origins, .. } = summary;
        let title = format!("{} requests, {} good", grouped(all.requests), percent(all.ratio()));
        writeln!(self.out, "\n  {}", self.paint.with(Ink::Bold, title))?;
        let parts = [
            (faulty, "with one origin down"),
            (outage, "with all three down"),
            (healthy, "with all three well"),
        ];
        for (share, when) in parts {
            if share.seconds > 0 {
                let good = format!("{:>7}", percent(share.ratio()));
                let good = self.paint.with(Ink::of_share(share.ratio()), good);
                writeln!(
                    self.out,
                    "  {good}  in the {} s {when}, {} bad",
                    share.seconds,
                    grouped(share.bad())
                )?;
            }
        }
        self.retries(summary)?;
        let head = format!("{:<24}  opened  half-opened  closed      lost    spared", "origin");
        writeln!(self.out, "\n  {}", self.paint.with(Ink::Bold, head))?;
        for origin in origins {
            self.origin(origin)?;
        }
        let notes = "lost: requests not answered well while it alone was down; spared: attempts that its breaker\n  \
                     refused before anything was sent";
        writeln!(self.out, "  {}", self.paint.with(Ink::Dim, notes))?;
        writeln!(self.out, "\n  {}", self.paint.with(Ink::Bold, "Try next"))?;
        for (command, why) in NEXT {
            writeln!(self.out, "    {}\n      {}", command, self.paint.with(Ink::Dim, why))?;
        }
        writeln!(self.out)?;
        self.out.flush()
    }
}

const NEXT: [(&str, &str); 3] = [
    (
        "buttress proxy --listen 127.0.0.1:8080 --to http://127.0.0.1:9001 --to http://127.0.0.1:9002",
        "the same proxy before origins of your own",
    ),
    ("curl -i http://127.0.0.1:8080/", "ask it; stop an origin and ask again"),
    ("buttress demo --for 2m --json", "a longer demo for a program to read, one JSON object a second"),
];

/// The states a breaker went through, the first one where it came from. A cause is told once and
/// left out when the same step happens again for the same reason.
fn steps(transitions: &[Transition]) -> Vec<String> {
    let came_from = transitions.first().map(|transition| transition.from.to_string());
    let entered = transitions.iter().enumerate().map(|(index, Transition { from, to, cause })| {
        let same = |earlier: &Transition| (earlier.from, earlier.to, &earlier.cause) == (*from, *to, cause);
        if transitions[..index].iter().any(same) {
            format!("→ {to}")
        } else {
            format!("→ {to} ({cause})")
        }
    });
    came_from.into_iter().chain(entered).collect()
}

#[cfg(test)]
mod tests {
    use buttress::circuit_breaker::State;

    use super::*;

    fn row(transitions: Vec<Transition>) -> Row {
        let breaker = |name, transitions| Breaker { name, state: State::HalfOpen, transitions };
        Row {
            second: 600,
            fault: Some("b refuses connections".into()),
            requests: 300,
            good: 280,
            p99_ms: Some(1000.0),
            effort: Effort { attempts: 312, retries: 21, budget: 589 },
            breakers: vec![breaker("a", transitions), breaker("b", Vec::new()), breaker("c", Vec::new())],
        }
    }

    fn transitions() -> Vec<Transition> {
        let transition = |from, to, cause: &str| Transition { from, to, cause: cause.into() };
        let mut transitions = vec![transition(State::Closed, State::Open, "20 failures in a row, limit 20")];
        for _ in 0..5 {
            transitions.push(transition(State::Open, State::HalfOpen, "open time over"));
            transitions.push(transition(State::HalfOpen, State::Open, "failed probes: 1"));
        }
        transitions
    }

    fn drawn(paint: Paint, tell: impl FnOnce(&mut Screen<Vec<u8>>) -> io::Result<()>) -> String {
        let mut screen = Screen::new(Vec::new(), paint);
        tell(&mut screen).unwrap();
        String::from_utf8(screen.out).unwrap()
    }

    #[test]
    fn the_widest_row_fits_and_colour_changes_nothing_but_colour() {
        let row = row(transitions());
        let plain = drawn(Paint::Plain, |screen| screen.row(&row));
        let coloured = drawn(Paint::Colour, |screen| screen.row(&row));
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH), "{plain}");
        assert!(!plain.contains('\x1b') && coloured.contains("\x1b[31m"));

        let mut without = String::new();
        for (index, piece) in coloured.split('\x1b').enumerate() {
            without.push_str(if index == 0 { piece } else { piece.split_once('m').unwrap().1 });
        }
        assert_eq!(without, plain);
    }

    #[test]
    fn each_step_is_told_and_each_cause_once() {
        let mut expected = vec![
            "closed",
            "→ open (20 failures in a row, limit 20)",
            "→ half_open (open time over)",
            "→ open (failed probes: 1)",
        ];
        expected.extend(["→ half_open", "→ open"].repeat(4));
        assert_eq!(steps(&transitions()), expected);
        assert!(steps(&[]).is_empty());
    }
}
