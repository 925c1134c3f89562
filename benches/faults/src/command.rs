//! The command line.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::fault::{self, Fault};
use crate::load::Ended;
use crate::measure::Plan;
use crate::report::{Report, Result as Measured};
use crate::run::{self, planned};
use crate::subject::Subject;

/// Shows what clients of the proxy see while its origins fail.
#[derive(Debug, Parser)]
#[command(name = "faults")]
struct Cli {
    /// Only this fault; repeat it for more.
    #[arg(long, value_name = "NAME", value_parser = fault_named)]
    only: Vec<Fault>,
    /// How long a fault lasts.
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Another program to measure beside the proxy.
    #[arg(long, value_name = "PROGRAM")]
    beside: Option<Peer>,
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Peer {
    Nginx,
}

/// Measures the proxy at `program` as the command line asks for, and says how that ended: 1 when a bar is missed, 2 when nothing
/// follows from a run or it could not be made.
#[must_use]
pub fn main(program: &Path) -> ExitCode {
    let cli = Cli::parse();
    if !cli.bench {
        println!("This measures an optimised program: cargo bench -p buttress-proxy --bench faults");
        return ExitCode::SUCCESS;
    }
    let faults = if cli.only.is_empty() { fault::ALL.to_vec() } else { cli.only };
    let mut subjects = vec![Subject::Buttress(program.to_owned())];
    subjects.extend(cli.beside.map(|Peer::Nginx| Subject::Nginx));
    let plan = Plan { during: Duration::from_secs(cli.seconds), ..Plan::default() };
    let report = match measured(&faults, &subjects, plan, cli.json) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("faults: {error}");
            return ExitCode::from(2);
        }
    };
    if cli.json {
        println!("{:#}", report.to_json());
    } else {
        println!("{report}");
    }
    report.exit_code()
}

fn measured(faults: &[Fault], subjects: &[Subject], plan: Plan, json: bool) -> io::Result<Report> {
    let mut report = Report::default();
    for fault in faults {
        for subject in subjects {
            let mut progress = Progress::new(subject, fault, planned(plan, *fault));
            let figures = run::run(subject, *fault, plan, |ended| progress.ended(ended))?;
            progress.done();
            let result = Measured { fault: *fault, subject: subject.name(), figures };
            if !json {
                println!("{}", result.course());
            }
            report.push(result);
        }
    }
    Ok(report)
}

/// One line on standard error that says how far a run is, where somebody watches.
#[derive(Debug)]
struct Progress {
    title: String,
    plan: Plan,
    ended: u64,
    good: u64,
    watched: bool,
}

impl Progress {
    fn new(subject: &Subject, fault: &Fault, plan: Plan) -> Self {
        let title = format!("{}: {}", subject.name(), fault.title);
        Self { title, plan, ended: 0, good: 0, watched: io::stderr().is_terminal() }
    }

    fn ended(&mut self, ended: &Ended) {
        self.ended += 1;
        self.good += u64::from(ended.good);
        if self.watched && self.ended.is_multiple_of(u64::from(self.plan.rate / 4).max(1)) {
            let part = self.plan.part(ended.index);
            let (title, good, total) = (&self.title, self.good, self.plan.total());
            eprint!("\r\x1b[K{title}, {part}: {good} good of {} ended, {total} in all", self.ended);
            let _ = io::stderr().flush();
        }
    }

    fn done(&self) {
        if self.watched {
            eprint!("\r\x1b[K");
        }
    }
}

fn fault_named(name: &str) -> Result<Fault, String> {
    fault::named(name).ok_or_else(|| {
        let names: Vec<_> = fault::ALL.iter().map(|fault| fault.name).collect();
        format!("there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_knows_the_faults() {
        Cli::command().debug_assert();
        assert!(fault_named("outage").is_ok());
        assert!(fault_named("nonsense").unwrap_err().contains("outage"));
    }
}
