//! Every interleaving of two threads on one peer.

use super::*;
use crate::breaker::Kind;
use crate::{BanRules, Config, FailureKind, Score};
use loom::sync::Arc;
use loom::thread;
use std::time::SystemTime;

/// Runs a model in all its interleavings. It calls what it is given when it has started the other thread.
///
/// The explorer forgets a load by one thread when another loads the same word before it writes it, and so misses orders that
/// begin with the other one. In a second run the model's own thread steps back there, which begins with those.
pub(crate) fn explore(model: impl Fn(&dyn Fn()) + Copy + Send + Sync + 'static) {
    explore_within(None, model);
}

/// The same with so many preemptions: a judgement touches too many words for all of them.
fn explore_within(preemptions: Option<usize>, model: impl Fn(&dyn Fn()) + Copy + Send + Sync + 'static) {
    for other_first in [false, true] {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = preemptions;
        builder.check(move || {
            model(&|| {
                if other_first {
                    thread::yield_now();
                }
            });
        });
    }
}

const START: Tick = Tick::from_nanos(1_024_000_000_000);
/// A first ban from the start is over.
const OVER: Tick = Tick::from_nanos(1_624_000_000_000);
const FAILURE: Outcome = Outcome::Failure(FailureKind::Response);

struct Rig {
    peer: Peer,
    rules: Rules,
}

impl Rig {
    /// A peer that needs one more failure to be banned.
    fn on_the_brink() -> Arc<Self> {
        let config = Config::builder().ban(BanRules::default()).breaker(Kind::Off).build().expect("it works");
        let rules = Rules::new(&config, 1, START, SystemTime::UNIX_EPOCH);
        let peer = Peer::new(Seat::apart(rules.scoring.set(Score::new(1.0), 0)), &rules, START);
        Arc::new(Self { peer, rules })
    }

    fn judge(&self, deed: Deed, now: Tick) -> Vec<Change> {
        self.peer.judge(&self.rules, &deed, now).told().collect()
    }

    fn ask(&self, now: Tick) -> (bool, Vec<Change>) {
        let mut changes = Changes::default();
        let asked = self.peer.ask(&self.rules, now, &mut changes).is_ok();
        (asked, changes.told().collect())
    }
}

fn bans(told: &[Change]) -> usize {
    told.iter().filter(|change| matches!(change, Change::Banned { .. })).count()
}

#[test]
fn c31_w53_two_failures_at_once_ban_once_and_one_of_them_says_so() {
    explore_within(Some(2), |other_first| {
        let rig = Rig::on_the_brink();
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.judge(Deed::sync(false), START));
        other_first();
        let mut told = rig.judge(Deed::sync(false), START);
        told.extend(thread.join().expect("it ends"));
        assert_eq!(bans(&told), 1);
        assert_eq!(rig.peer.banned(START).map(|ban| (ban.times, ban.until)), Some((1, Some(OVER))));
        assert_eq!(rig.peer.counts().syncs.failed, 2, "no count is lost");
    });
}

#[test]
fn s3_69_w53_of_two_that_ask_when_the_ban_is_over_one_says_so_and_both_may() {
    explore_within(Some(2), |other_first| {
        let rig = Rig::on_the_brink();
        rig.judge(Deed::sync(false), START);
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.ask(OVER));
        other_first();
        let (one, mut told) = rig.ask(OVER);
        let (other, told_beside) = thread.join().expect("it ends");
        told.extend(told_beside);
        assert_eq!((one, other, told), (true, true, vec![Change::Unbanned]));
        assert_eq!(rig.peer.score(&rig.rules, OVER).get(), 25.0);
    });
}

#[test]
fn w53_a_failure_beside_the_end_of_a_ban_counts_from_probation_on_and_bans_nobody_again() {
    explore_within(Some(2), |other_first| {
        let rig = Rig::on_the_brink();
        rig.judge(Deed::sync(false), START);
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.judge(Deed::sync(false), OVER));
        other_first();
        let (_, mut told) = rig.ask(OVER);
        told.extend(thread.join().expect("it ends"));
        assert_eq!(bans(&told), 0);
        assert_eq!(told.iter().filter(|change| **change == Change::Unbanned).count(), 1);
        assert_eq!(rig.peer.score(&rig.rules, OVER).get(), 20.0);
    });
}

#[test]
fn s3_29_an_operator_who_lifts_a_ban_and_its_end_lift_it_once() {
    explore_within(Some(2), |other_first| {
        let rig = Rig::on_the_brink();
        rig.judge(Deed::sync(false), START);
        let beside = Arc::clone(&rig);
        let thread =
            thread::spawn(move || -> Vec<_> { beside.peer.unban(&beside.rules, OVER).told().collect() });
        other_first();
        let (asked, mut told) = rig.ask(OVER);
        told.extend(thread.join().expect("it ends"));
        assert_eq!((asked, told), (true, vec![Change::Unbanned]));
        assert!([25.0, 50.0].contains(&rig.peer.score(&rig.rules, OVER).get()));
    });
}

#[test]
fn f7_d6_nothing_is_in_flight_when_two_calls_have_ended() {
    explore_within(Some(2), |other_first| {
        let rig = Rig::on_the_brink();
        let beside = Arc::clone(&rig);
        let call = |rig: &Rig, outcome| {
            let ticket = rig.peer.admit(&rig.rules, START, &mut Changes::default()).expect("not banned");
            rig.peer.settle(&rig.rules, ticket, outcome, None, START);
        };
        let thread = thread::spawn(move || call(&beside, Outcome::Cancelled));
        other_first();
        call(&rig, Outcome::Success);
        thread.join().expect("it ends");
        assert_eq!((rig.peer.in_flight(), rig.peer.samples()), (0, 1));
    });
}

#[test]
fn a_failure_beside_a_success_is_not_forgotten_in_the_cost() {
    explore_within(Some(3), |other_first| {
        let rig = Rig::on_the_brink();
        let beside = Arc::clone(&rig);
        let quick = Deed::call(Outcome::Success).taking(Duration::from_millis(1));
        let thread = thread::spawn(move || beside.judge(Deed::call(FAILURE), START));
        other_first();
        rig.judge(quick, START);
        thread.join().expect("it ends");
        assert_eq!(rig.peer.cost(&rig.rules, START), Some(5e9));
    });
}
