//! The story for people: a legend, a line a second, a summary.

use std::io::{self, Write};

use buttress::circuit_breaker::State;

use super::effort::{Effort, Window};
use super::load::{PATIENCE, RATE};
use super::origins::SLOW;
use super::report::{OriginRow, OriginSummary, Report, RetrySummary, Row, Scene};
use super::report::{StretchSummary, Summary, Transition};
use super::schedule::{Behaviour, NAMES, Phase, Stretch};
use crate::proxy::BUDGET;
use crate::terminal::text::wrap;
use crate::terminal::words::{grouped, percent, seconds};
use crate::terminal::{Ink, Paint};

/// Columns of the widest line.
const WIDTH: usize = 98;
/// Where the lines about transitions begin, below the column that says what happens.
const INDENT: usize = 8;
/// Columns of the bar that shows where the attempts went.
const BAR: u64 = 24;

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
    fn transitions(&mut self, origin: &OriginRow) -> io::Result<()> {
        for line in wrap(steps(&origin.transitions), WIDTH - INDENT - 3) {
            let line = self.paint.with(Ink::Dim, line);
            writeln!(self.out, "{:INDENT$}{}  {line}", "", origin.name)?;
        }
        Ok(())
    }

    /// Where the attempts of a second went: a letter for each part of them, and the share of each origin.
    fn traffic(&mut self, row: &Row) -> io::Result<()> {
        let attempts: Vec<u64> = row.origins.iter().map(|origin| origin.attempts).collect();
        let all: u64 = attempts.iter().sum();
        let mut drawn = 0;
        for ((index, origin), cells) in row.origins.iter().enumerate().zip(parts(&attempts, BAR)) {
            let letters = origin.name.repeat(cells as usize);
            write!(self.out, "{}", self.paint.with(ink_in(row.phase, index), letters))?;
            drawn += cells;
        }
        write!(self.out, "{}", " ".repeat((BAR - drawn) as usize))?;
        for (index, origin) in row.origins.iter().enumerate() {
            let share = format!(" {:>5}", share(origin, all));
            write!(self.out, "{}", self.paint.with(ink_in(row.phase, index), share))?;
        }
        writeln!(self.out)
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

    /// How a stretch went for the clients, and where its attempts went.
    fn stretch(&mut self, summary: &StretchSummary) -> io::Result<()> {
        let StretchSummary { stretch, share, attempts } = summary;
        let good = self.paint.with(Ink::of_share(share.ratio()), format!("{:>7}", percent(share.ratio())));
        let when = match stretch {
            Stretch::Calm => "while all were well",
            Stretch::Trouble => "while a failed, b came and went, c was slow",
            Stretch::Recovery => "when they were well again",
            Stretch::Outage => "while all four failed",
            Stretch::Return => "after that",
        };
        let when = format!("in the {} s {when}", share.seconds);
        write!(self.out, "  {good}  {when:<51}")?;
        let all: u64 = attempts.iter().sum();
        for attempts in attempts {
            write!(self.out, " {:>5}", whole_percent(*attempts, all))?;
        }
        writeln!(self.out)
    }

    fn origin(&mut self, origin: &OriginSummary) -> io::Result<()> {
        let OriginSummary { name, address, opened, half_opened, closed, spared } = origin;
        let (address, spared) = (address.to_string(), grouped(*spared));
        write!(self.out, "  {name}  {address:<21}  {opened:>6}  {half_opened:>11}  {closed:>6}")?;
        writeln!(self.out, "  {spared:>8}")
    }
}

impl<W: Write> Report for Screen<W> {
    fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        let length = humantime::format_duration(scene.length);
        let title =
            format!("Four origins, the proxy in front of them, {RATE} requests a second, for {length}");
        writeln!(self.out, "\n  {}\n", self.paint.with(Ink::Bold, title))?;
        let origins: Vec<_> =
            scene.origins.iter().map(|(name, address)| format!("{name} {address}")).collect();
        writeln!(self.out, "  proxy    http://{}", scene.proxy)?;
        writeln!(self.out, "  origins  {}", origins.join("   "))?;
        writeln!(
            self.out,
            "\n  At first all are well. Then a answers 503 at once, b comes and goes, and c takes {slow}: what they\n  \
             fail with another answers, and the requests find their way to d. When they are well again they get\n  \
             their part back. At last all four fail, and a budget keeps the retries from making that worse.\n\n  \
             Each line is one second of arrivals. Good means 200 with the whole body within {patience}. The letters\n  \
             show where the attempts went, and the numbers how many of a hundred; where none went because a\n  \
             breaker is open, or only probes, it says so. Ctrl-C ends it early.\n",
            slow = humantime::format_duration(SLOW),
            patience = humantime::format_duration(PATIENCE)
        )?;
        let [a, b, c, d] = NAMES;
        let head = format!(
            "{:>4}  {:<21}  {:>7} {:>7}  {:<24} {a:>5} {b:>5} {c:>5} {d:>5}",
            "time", "what happens", "good", "p99", "where the attempts went"
        );
        writeln!(self.out, "  {}", self.paint.with(Ink::Bold, head))?;
        self.out.flush()
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let share = row.share().ratio();
        let what = format!("{:<21}", row.phase.to_string());
        let calm = matches!(row.phase, Phase::Calm | Phase::Recovery);
        let what = if calm { what } else { self.paint.with(Ink::Bold, what) };
        let share = self.paint.with(Ink::of_share(share), format_args!("{:>7}", percent(share)));
        let p99 = row.p99_ms.and_then(|latency| seconds(latency / 1e3)).unwrap_or_default();
        let time = format!("{}s", row.second);
        write!(self.out, "  {time:>4}  {what}  {share} {p99:>7}  ")?;
        self.traffic(row)?;
        for origin in &row.origins {
            self.transitions(origin)?;
        }
        self.effort(row)?;
        self.out.flush()
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let Summary { all, stretches, origins, .. } = summary;
        let title = format!("{} requests, {} good", grouped(all.requests), percent(all.ratio()));
        let [a, b, c, d] = NAMES;
        let head = format!("{title:<60}  {a:>5} {b:>5} {c:>5} {d:>5}");
        writeln!(self.out, "\n  {}", self.paint.with(Ink::Bold, head))?;
        for stretch in stretches {
            self.stretch(stretch)?;
        }
        self.retries(summary)?;
        let head = format!("{:<24}  opened  half-opened  closed    spared", "origin");
        writeln!(self.out, "\n  {}", self.paint.with(Ink::Bold, head))?;
        for origin in origins {
            self.origin(origin)?;
        }
        let notes = "spared: attempts that its breaker refused before anything was sent";
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

/// How an origin is to be looked at while it behaves so.
fn ink_in(phase: Phase, origin: usize) -> Ink {
    match phase.behaviour_of(origin) {
        Behaviour::Well => Ink::Green,
        Behaviour::Slow => Ink::Yellow,
        Behaviour::Answers503 | Behaviour::Refuses => Ink::Red,
    }
}

/// So many whole cells for each of several numbers, in their proportion: what is left of cells goes to those that lost
/// the most of one.
fn parts(numbers: &[u64], cells: u64) -> Vec<u64> {
    let all = numbers.iter().sum::<u64>();
    if all == 0 {
        return vec![0; numbers.len()];
    }
    let mut parts: Vec<u64> = numbers.iter().map(|number| number * cells / all).collect();
    let mut by_loss: Vec<usize> = (0..numbers.len()).collect();
    by_loss.sort_by_key(|&index| std::cmp::Reverse(numbers[index] * cells % all));
    let left = cells - parts.iter().sum::<u64>();
    for index in by_loss.into_iter().take(left as usize) {
        parts[index] += 1;
    }
    parts
}

/// The share of an origin, or why it has hardly any.
fn share(origin: &OriginRow, all: u64) -> String {
    // A few attempts of the time before it opened, or a probe.
    if origin.attempts * 50 > all {
        return whole_percent(origin.attempts, all);
    }
    match origin.state {
        State::Closed => whole_percent(origin.attempts, all),
        State::HalfOpen => "probe".to_owned(),
        _ => "open".to_owned(),
    }
}

fn whole_percent(part: u64, all: u64) -> String {
    match (part * 100 + all / 2).checked_div(all) {
        Some(percent) => format!("{percent} %"),
        None => "–".to_owned(),
    }
}

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
    use super::*;

    fn row(transitions: Vec<Transition>) -> Row {
        let origin =
            |name, attempts, transitions| OriginRow { name, state: State::HalfOpen, attempts, transitions };
        Row {
            second: 600,
            stretch: Stretch::Trouble,
            phase: Phase::Trouble { flapper_is_up: false },
            requests: 300,
            good: 280,
            p99_ms: Some(1000.0),
            effort: Effort { attempts: 312, retries: 21, budget: 589 },
            origins: vec![
                origin("a", 1, transitions),
                origin("b", 0, Vec::new()),
                origin("c", 11, Vec::new()),
                origin("d", 300, Vec::new()),
            ],
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
    fn the_letters_fill_the_bar_and_who_is_asked_for_proof_alone_is_said_to_be() {
        assert_eq!(parts(&[1, 0, 11, 300], BAR), [0, 0, 1, 23]);
        assert_eq!(parts(&[75, 75, 75, 75], BAR), [6, 6, 6, 6]);
        assert_eq!(parts(&[1, 1, 1, 0], 10), [4, 3, 3, 0]);
        assert_eq!(parts(&[0; 4], BAR), [0; 4]);
        let told = drawn(Paint::Plain, |screen| screen.row(&row(Vec::new())));
        assert!(told.contains("cddddddddddddddddddddddd probe probe   4 %  96 %"), "{told}");
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
