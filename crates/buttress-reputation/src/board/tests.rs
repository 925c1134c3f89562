//! Who sits where.

use super::*;
use crate::sync::Ordering::Relaxed;
use crate::{Additive, Deed, Score, Scoring};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::atomic::AtomicUsize;

/// Somebody with a seat.
struct Sitter {
    name: &'static str,
    seat: Seat,
}

fn sit(board: &Board<Sitter>, name: &'static str, state: u64) -> Arc<Sitter> {
    let sitter = Arc::new(Sitter { name, seat: board.seat(state) });
    board.sit(sitter.seat.number(), &sitter);
    sitter
}

#[test]
fn a_seat_is_free_again_when_the_last_one_lets_go_of_its_peer() {
    let board = Board::new();
    let first = sit(&board, "first", 1);
    let straggler = Arc::clone(&first);
    drop(first);
    let second = sit(&board, "second", 2);
    straggler.seat.state().store(9, Relaxed);
    assert_eq!((second.seat.number(), second.seat.state().load(Relaxed)), (1, 2), "a seat of its own");
    drop(straggler);
    let third = sit(&board, "third", 3);
    assert_eq!((third.seat.number(), third.seat.state().load(Relaxed)), (0, 3), "where nobody sits any more");
    assert_eq!(board.seats(), 2);
}

#[test]
fn who_is_gone_is_not_found_in_his_seat() {
    let board = Board::new();
    let [first, _second] = [sit(&board, "first", 1), sit(&board, "second", 2)];
    drop(first);
    let found: Vec<_> = board.sitters(0..2).iter().flatten().map(|sitter| sitter.name).collect();
    assert_eq!(found, ["second"]);
}

#[test]
fn f4_a_board_grows_to_as_many_seats_as_there_are_peers_at_a_time() {
    let board = Board::new();
    let mut sitters: Vec<_> = (0..3 * CHUNK).map(|state| sit(&board, "one of many", state as u64)).collect();
    for round in 0..10 {
        sitters.truncate(CHUNK);
        sitters.extend((0..2 * CHUNK).map(|_| sit(&board, "another", round)));
    }
    assert_eq!(board.seats(), 3 * CHUNK);
    let words: u64 = sitters[..CHUNK].iter().map(|sitter| sitter.seat.state().load(Relaxed)).sum();
    assert_eq!(words, (0..CHUNK as u64).sum::<u64>(), "those that stayed have their words");
}

/// A scoring whose states are scores in hundredths, older ones than `at` decayed to half: as rough as a bound may be.
#[derive(Debug)]
struct Halved;

impl Scoring for Halved {
    fn fresh(&self) -> u64 {
        5_000
    }

    fn judged(&self, state: u64, _: &Deed, _: u32) -> u64 {
        state
    }

    fn score(&self, state: u64, at: u32) -> Score {
        Score::new(state as f64 / if at == 0 { 100.0 } else { 200.0 })
    }

    fn set(&self, score: Score, _: u32) -> u64 {
        (score.get() * 100.0) as u64
    }

    fn confidence(&self, _: u64, _: u64) -> f64 {
        1.0
    }
}

proptest! {
    #[test]
    fn w59_the_best_are_those_that_sorting_all_would_find(
        states in vec(prop_oneof![0_u64..=10_000, 4_990_u64..=5_010], 0..1_500),
        leaving in vec(any::<bool>(), 1_500),
        count in prop_oneof![0_usize..20, Just(1_499), Just(usize::MAX)],
        at in 0_u32..2,
        floor in 0.0..=100.0,
    ) {
        let board = Board::new();
        let mut sitters: Vec<_> = states.iter().map(|state| sit(&board, "", *state)).collect();
        let mut leaves = leaving.iter();
        sitters.retain(|_| *leaves.next().expect("one for each"));

        let score = |sitter: &Arc<Sitter>| Halved.score(sitter.seat.state().load(Relaxed), at);
        let mut sorted: Vec<_> = sitters.iter().map(|sitter| (score(sitter), sitter.seat.number())).collect();
        sorted.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let pairs = |places: Vec<Place>| places.iter().map(|place| (place.score, place.seat())).collect::<Vec<_>>();

        let best = pairs(board.best(&Halved, at, count));
        prop_assert_eq!(&best[..], &sorted[..count.min(sorted.len())]);

        let floor = Score::new(floor);
        let mut above = pairs(board.above(&Halved, at, floor));
        above.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let expected: Vec<_> = sorted.into_iter().filter(|(score, _)| *score > floor).collect();
        prop_assert_eq!(above, expected);
    }
}

/// Counts how often it works a score out.
#[derive(Debug, Default)]
struct Counted(Additive, AtomicUsize);

impl Scoring for Counted {
    fn fresh(&self) -> u64 {
        self.0.fresh()
    }

    fn judged(&self, state: u64, deed: &Deed, at: u32) -> u64 {
        self.0.judged(state, deed, at)
    }

    fn score(&self, state: u64, at: u32) -> Score {
        self.1.fetch_add(1, Relaxed);
        self.0.score(state, at)
    }

    fn hopeful(&self, states: &[u64], at: u32, floor: Score) -> u64 {
        self.0.hopeful(states, at, floor)
    }

    fn set(&self, score: Score, at: u32) -> u64 {
        self.0.set(score, at)
    }

    fn confidence(&self, state: u64, samples: u64) -> f64 {
        self.0.confidence(state, samples)
    }
}

#[test]
fn w59_ten_of_ten_thousand_are_found_by_working_out_the_scores_of_few() {
    let scoring = Counted::default();
    // The last one: each was asked later than the one before, so that each is better.
    for (shown, score, apart) in [
        ("spread", None, 90),
        ("all of them new", Some(50.0), 90),
        ("as good as can be", Some(100.0), 10_000),
    ] {
        for later in [0, 100, 3_600, 86_400] {
            let board = Board::new();
            let _sitters: Vec<_> = (0..10_000_u32)
                .map(|number| {
                    let score = score.unwrap_or_else(|| f64::from(number * 7_919 % 10_000) / 100.0);
                    sit(&board, "one of many", scoring.set(Score::new(score), number % apart))
                })
                .collect();
            scoring.1.store(0, Relaxed);
            assert_eq!(board.best(&scoring, apart + later, 10).len(), 10);
            let worked_out = scoring.1.load(Relaxed);
            assert!(worked_out <= 1_000, "{worked_out} of 10,000, {shown}, {later} s later");
        }
    }
}
