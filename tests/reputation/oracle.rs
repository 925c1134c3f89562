//! Random deeds, questions, bans and pardons of a handful of peers in a ledger with little room, against the model.

use crate::model::{Breaker, Model, THRESHOLD, WINDOW};
use crate::secs;
use buttress_reputation::breaker::{self, State};
use buttress_reputation::{Config, FailureKind, Ledger, Outcome, presets};
use proptest::collection::vec;
use proptest::prelude::*;

const CAPACITY: usize = 3;
const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[derive(Clone, Debug)]
enum Step {
    Sync(&'static str, bool),
    Ask(&'static str),
    /// A permit, and what comes of it; nothing at all if it is dropped.
    Call(&'static str, Option<bool>),
    Ban(&'static str, Option<u64>),
    Unban(&'static str),
    Reset(&'static str),
    Forget(&'static str),
    Clear,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Step> {
    use Step::{Ask, Ban, Call, Clear, Forget, Reset, Sync, Unban, Wait};
    // The first ones come so often that their breakers open and their scores fall.
    let id = || prop_oneof![6 => Just("a"), 3 => Just("b"), 4 => prop::sample::select(&IDS[..])];
    let ended = prop_oneof![Just(None), any::<bool>().prop_map(Some)];
    // Together less than the window, or more than all of it.
    let wait = prop::sample::select(vec![0_u64, 1, 11, 31, 31, 2_000, 40_000, 90_000]);
    prop_oneof![
        12 => (id(), prop::bool::weighted(0.25)).prop_map(|(id, ok)| Sync(id, ok)),
        4 => id().prop_map(Ask),
        4 => (id(), ended).prop_map(|(id, ended)| Call(id, ended)),
        1 => (id(), prop_oneof![Just(None), Just(Some(25)), Just(Some(3_000))]).prop_map(|(id, lasts)| Ban(id, lasts)),
        1 => id().prop_map(Unban),
        1 => id().prop_map(Reset),
        1 => id().prop_map(Forget),
        1 => prop::bool::weighted(0.1).prop_map(|clear| if clear { Clear } else { Wait(1) }),
        8 => wait.prop_map(Wait),
    ]
}

fn config() -> Config {
    let presets_own = presets::cyberfly();
    let breaker::Kind::Compact(breaker) = presets_own.breaker() else { panic!("a compact breaker") };
    let breaker = breaker.to_builder().failure_threshold(THRESHOLD as u16).failure_window(secs(WINDOW));
    presets_own.to_builder().capacity(CAPACITY).breaker(breaker.build().unwrap()).build().unwrap()
}

/// The ledger and the model side by side.
struct Pair {
    ledger: Ledger,
    model: Model,
    now: u64,
}

impl Pair {
    async fn take(&mut self, step: &Step) {
        let Self { ledger, model, now } = self;
        let now = *now;
        match *step {
            Step::Sync(id, true) => ledger.record_success(id, None),
            Step::Sync(id, false) => ledger.record_failure(id),
            Step::Ask(id) => {
                let expected = model.peers.get_mut(id).is_none_or(|peer| peer.admit(now));
                assert_eq!(ledger.should_communicate(id), expected);
            }
            Step::Call(id, ended) => {
                let expected = model.peers.get_mut(id).is_none_or(|peer| peer.admit(now));
                let permit = ledger.admit(id);
                assert_eq!(permit.is_ok(), expected);
                let Ok(permit) = permit else { return };
                match ended {
                    Some(true) => permit.record(Outcome::Success, None),
                    Some(false) => permit.failed(FailureKind::Error),
                    None => drop(permit),
                }
                self.follow(Some(id));
                if let Some(peer) = self.known(id) {
                    match ended {
                        Some(ok) => {
                            peer.judge(if ok { 0.5 } else { -1.0 }, now);
                            peer.calls[usize::from(!ok)] += 1;
                        }
                        None => peer.cancel(),
                    }
                }
                return;
            }
            Step::Ban(id, lasts) => {
                let banned = ledger.ban(id, "because", lasts.map(secs));
                assert_eq!(banned, ledger.is_banned(id));
            }
            Step::Unban(id) => {
                let expected = model.peers.get_mut(id).is_some_and(|peer| peer.unban(now));
                assert_eq!(ledger.unban(id), expected);
            }
            Step::Reset(id) => {
                ledger.reset(id);
                model.peers.entry(id).and_modify(|peer| peer.reset(now));
            }
            Step::Forget(id) => {
                let expected = model.peers.get(id).is_some_and(|peer| !peer.is_penalised(now));
                assert_eq!(ledger.forget(id), expected, "{:?}", model.peers.get(id));
                if expected {
                    model.peers.remove(id);
                }
            }
            Step::Clear => {
                ledger.clear();
                model.peers.clear();
            }
            Step::Wait(seconds) => {
                tokio::time::advance(secs(seconds)).await;
                self.now += seconds;
            }
        }
        match *step {
            Step::Sync(id, ok) => {
                self.follow(Some(id));
                if let Some(peer) = self.known(id) {
                    peer.judge(if ok { 2.0 } else { -5.0 }, now);
                    peer.syncs[usize::from(!ok)] += 1;
                }
            }
            Step::Ban(id, lasts) => {
                self.follow(Some(id));
                if let Some(peer) = self.known(id) {
                    peer.ban(lasts.map(|lasts| now + lasts), now);
                }
            }
            _ => self.follow(None),
        }
    }

    /// The model's entry of a peer that has one in the ledger by now.
    fn known(&mut self, id: &'static str) -> Option<&mut crate::model::Peer> {
        let now = self.now;
        self.ledger.peer(id).is_some().then(|| self.model.enter(id, now))
    }

    /// Who has lost his place may have: only to `new`, and only one against whom nothing is held.
    fn follow(&mut self, new: Option<&str>) {
        let Self { ledger, model, now } = self;
        let had_entry = new.is_some_and(|new| model.peers.contains_key(new));
        let gone: Vec<_> = model.peers.keys().copied().filter(|id| ledger.peer(*id).is_none()).collect();
        for id in &gone {
            let peer = model.peers.remove(id).unwrap();
            assert!(!peer.is_penalised(*now), "{id} lost its place: {peer:?}");
        }
        let pushed = new.is_some_and(|new| !had_entry && ledger.peer(new).is_some());
        assert!(gone.len() <= usize::from(pushed), "{gone:?} went without need");
        if let Some(new) = new
            && ledger.peer(new).is_none()
        {
            assert!(model.peers.values().all(|peer| peer.is_penalised(*now)), "{new} found no room");
        }
    }

    fn compare(&mut self) {
        let Self { ledger, model, now } = self;
        assert!(ledger.len() <= CAPACITY);
        for id in IDS {
            let Some(peer) = model.peers.get(id) else {
                assert!(ledger.peer(id).is_none() && ledger.check(id).is_ok() && !ledger.is_banned(id));
                assert_eq!(ledger.breaker(id), State::Closed);
                continue;
            };
            let seen = ledger.peer(id).unwrap();
            assert!((seen.score.get() - peer.score(*now)).abs() < 1e-3, "{id}: {seen:?} {peer:?}");
            assert_eq!(seen.is_banned(), peer.is_banned(*now), "{id}: {seen:?} {peer:?}");
            assert_eq!(ledger.check(id).is_ok(), peer.may(*now), "{id}: {seen:?} {peer:?}");
            let state = match peer.breaker {
                Breaker::Closed(_) => State::Closed,
                Breaker::Open { .. } => State::Open,
                Breaker::HalfOpen { .. } => State::HalfOpen,
            };
            assert_eq!(seen.breaker, state, "{id}: {seen:?} {peer:?}");
            assert_eq!([seen.successful_syncs, seen.failed_syncs], peer.syncs);
            assert_eq!([seen.successful_calls, seen.failed_calls], peer.calls);
            assert_eq!(seen.in_flight, 0);
        }
        let banned = model.peers.values().filter(|peer| peer.is_banned(*now)).count();
        let summary = ledger.summary();
        assert_eq!(
            (summary.reputation.total_peers, summary.reputation.banned_peers),
            (model.peers.len(), banned)
        );
        assert_eq!(ledger.top(IDS.len()).len(), model.peers.len() - banned);
        model.peers.values_mut().for_each(|peer| peer.lift_if_due(*now));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]
    #[test]
    fn g2_w47_a_ledger_does_what_a_plain_map_would(steps in vec(steps(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut pair = Pair { ledger: Ledger::new("oracle", config()), model: Model::default(), now: 0 };
            for step in &steps {
                pair.take(step).await;
                pair.compare();
            }
        });
    }
}
