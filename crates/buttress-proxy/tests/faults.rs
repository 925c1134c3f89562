//! The rig of `benches/faults.rs` in small: that it measures, not what.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::time::Duration;

use buttress_faults::fault::{self, Fault};
use buttress_faults::measure::{Figures, Plan};
use buttress_faults::report::{OURS, Report, Result as Measured};
use buttress_faults::run::run;
use buttress_faults::subject::Subject;

const SMALL: Plan = Plan {
    rate: 100,
    surge: 1,
    capacity: None,
    before: Duration::from_millis(400),
    during: Duration::from_millis(1000),
    after: Duration::from_millis(600),
};

fn measured(name: &str) -> (Fault, Figures, u64) {
    let subject = Subject::Buttress(Path::new(env!("CARGO_BIN_EXE_buttress")).to_owned());
    let (fault, mut told) = (fault::named(name).unwrap(), 0);
    let figures = run(&subject, fault, SMALL, |_| told += 1).unwrap();
    (fault, figures, told)
}

#[test]
fn the_rig_sees_a_fault_begin_and_end() {
    let mut report = Report::default();
    // Of one origin that fails the others make up for most, however busy this machine is; of an outage nobody does.
    for (name, most_is_good) in [("one-503", true), ("outage", false)] {
        let (fault, figures, told) = measured(name);
        let offered = [&figures.before, &figures.during, &figures.after].map(|phase| phase.offered);
        assert_eq!((offered, told), ([40, 100, 60], 200), "{name}");
        assert!(figures.before.good > 20 && figures.after.good > 0, "{name}: {figures:?}");
        assert_eq!(figures.during.good > 50, most_is_good, "{name}: {figures:?}");
        assert!(figures.hits > 0.0 && figures.during.p99 > Some(Duration::ZERO), "{name}: {figures:?}");
        report.push(Measured { fault, subject: OURS, figures });
    }
    let (text, json) = (report.to_string(), report.to_json());
    for (row, name) in ["one-503", "outage"].into_iter().enumerate() {
        assert!(text.contains(fault::named(name).unwrap().title), "{text}");
        assert_eq!((&json[row]["fault"], &json[row]["before"]["offered"]), (&name.into(), &40.into()));
    }
}

#[test]
fn e6_the_rig_finds_no_post_twice() {
    let (_, figures, told) = measured("posts");
    assert_eq!((figures.during.offered, told, figures.duplicates), (200, 300, 0));
    // The resets were real: one in five, give or take, and none is made up for.
    assert!((120..195).contains(&figures.during.good), "{figures:?}");
}

#[test]
fn h18_origins_that_are_asked_three_times_what_they_can_still_do_it_and_nothing_is_left_of_it_afterwards() {
    for name in ["overload-fast", "overload-slow"] {
        // How close it comes is for a machine that has nothing else to do, and this one may be at a standstill for once.
        let holds = |figures: &Figures| figures.goodput > Some(0.8) && figures.after.good_share() > 0.9;
        let figures = (0..3).map(|_| measured(name).1).inspect(|figures| {
            let offered = [&figures.before, &figures.during, &figures.after].map(|phase| phase.offered);
            assert_eq!(offered, [80, 1200, 120], "{name}");
            assert!(figures.hits < 0.5, "{name}: what is too much is not sent: {figures:?}");
        });
        let mut missed = Vec::new();
        let held = figures.into_iter().any(|figures| {
            let held = holds(&figures);
            missed.push(figures);
            held
        });
        assert!(held, "{name}: {missed:?}");
    }
}
