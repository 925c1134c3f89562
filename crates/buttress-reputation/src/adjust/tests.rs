//! Where limits go, on lines whose capacity is known.

mod simulation;

use super::*;
use buttress_core::bandwidth::{self, Bandwidth};

const SECOND: Duration = Duration::from_secs(1);

fn config(floor: u64, ceiling: u64) -> Config {
    Config::new(Direction::Upload, floor, ceiling).expect("they are valid")
}

/// How a line with this limit stands after so many bytes passed.
fn lane(limit: u64, passed: u64) -> Lane {
    let line = Bandwidth::new(&bandwidth::Config::builder().upload(limit).build().expect("it is valid"));
    line.consume(Direction::Upload, passed, None, || Tick::ZERO);
    line.lane(Direction::Upload, Tick::ZERO)
}

/// One that looks once a second.
struct Seconds {
    adjuster: Adjuster,
    now: Tick,
    passed: u64,
}

impl Seconds {
    fn of(floor: u64, ceiling: u64) -> Self {
        Self { adjuster: Adjuster::new(config(floor, ceiling)), now: Tick::ZERO, passed: 0 }
    }

    fn look(&mut self, limit: u64) -> Option<Adjusted> {
        self.adjuster.adjust(&lane(limit, self.passed), self.now)
    }

    /// What a second of these transfers makes of a limit that was used to this share.
    fn after(&mut self, limit: u64, used: f64, took: &[u64], failed: u32) -> Option<Adjusted> {
        if self.now == Tick::ZERO {
            assert_eq!(self.look(limit), None);
        }
        let bytes = (limit as f64 * used) as u64;
        let each = bytes / (took.len() as u64 + u64::from(failed));
        took.iter().for_each(|millis| self.adjuster.succeeded(each, Duration::from_millis(*millis)));
        (0..failed).for_each(|_| self.adjuster.failed());
        self.now = self.now + SECOND;
        self.passed += bytes;
        self.look(limit)
    }
}

#[test]
fn s3_67_wrong_settings_are_refused_by_name() {
    let refused = |config: Result<Config, InvalidConfig>| config.unwrap_err().to_string();
    let up = Direction::Upload;
    assert_eq!(refused(Config::new(up, 0, 5)), "floor is 0, allowed is at least 1 byte per second");
    assert_eq!(refused(Config::new(up, 6, 5)), "ceiling is 5, allowed is at least the floor");
    let fine = config(1, 1);
    for delay in [Duration::ZERO, Duration::MAX] {
        assert!(refused(fine.delay(delay)).ends_with("allowed is 1ms to 10s"));
        assert!(refused(fine.interval(delay, 1)).ends_with("allowed is 10ms to 1h"));
    }
    assert!(refused(fine.interval(SECOND, 0)).starts_with("minimum_transfers is 0"));
}

#[test]
fn s3_67_it_begins_at_the_limit_there_is_or_at_the_ceiling_where_there_is_none() {
    let start = |limit| Adjuster::new(config(100, 1_000)).adjust(&lane(limit, 0), Tick::ZERO);
    assert_eq!(start(0), Some(Adjusted { from: 0, to: 1_000, why: Why::Start }));
    assert_eq!(start(7).unwrap().to, 100);
    assert_eq!(start(500), None);
    // Who sets another one by hand while it runs is followed too.
    let mut line = Seconds::of(100, 1_000);
    assert_eq!(line.after(500, 1.0, &[10; 5], 0).unwrap().to, 550);
    assert_eq!(line.look(5_000), Some(Adjusted { from: 5_000, to: 1_000, why: Why::Start }));
}

#[test]
fn s3_67_a_limit_nobody_used_does_not_grow_and_one_in_use_does() {
    assert_eq!(Seconds::of(1, 1_000).after(500, 0.7, &[10; 5], 0), None);
    let grown = Seconds::of(1, 1_000).after(500, 0.8, &[10; 5], 0);
    assert_eq!(grown, Some(Adjusted { from: 500, to: 550, why: Why::Room }));
    assert_eq!(Seconds::of(1, 510).after(500, 1.0, &[10; 5], 0).unwrap().to, 510);
    assert_eq!(Seconds::of(1, 1_000).after(5, 1.0, &[10; 5], 0).unwrap().to, 6, "not stuck by rounding");
    assert_eq!(Seconds::of(1, 1_000).after(500, 1.0, &[10; 4], 0), None, "four are too few");
}

#[test]
fn s3_67_a_queue_is_what_delays_the_quickest_and_not_what_delays_some() {
    let mut line = Seconds::of(10, 1_000);
    assert!(line.after(500, 1.0, &[10; 5], 0).is_some());
    assert_eq!(line.adjuster.usual(), Some(Duration::from_millis(10)));
    assert_eq!(line.after(500, 1.0, &[900, 900, 900, 900, 12], 0).unwrap().why, Why::Room);
    let fell = line.after(500, 0.9, &[860; 5], 0).unwrap();
    assert_eq!((fell.why, fell.to), (Why::Queue, 271), "450 arrive, 800 ms too long are gone in 2 s");
    assert_eq!(line.after(500, 0.9, &[9_000; 5], 0).unwrap().to, 250, "not below half at a time");
    assert_eq!(line.after(500, 0.5, &[40; 5], 0), None, "somebody else's, and short");
    assert_eq!(line.after(500, 0.5, &[100; 5], 0).unwrap().to, 250, "somebody else's, and too long");
    assert_eq!(line.after(500, 0.9, &[60; 5], 0).unwrap().to, 450, "as long as is aimed at");
}

#[test]
fn s3_67_failures_take_away_half_of_their_share_and_a_few_nothing() {
    assert_eq!(Seconds::of(10, 1_000).after(500, 1.0, &[10; 9], 1).unwrap().why, Why::Room);
    let fell = Seconds::of(10, 1_000).after(500, 1.0, &[10; 8], 2).unwrap();
    assert_eq!((fell.why, fell.to), (Why::Failures, 360), "400 arrive, less a tenth");
    assert_eq!(Seconds::of(10, 1_000).after(500, 1.0, &[], 10).unwrap().to, 250);
    assert_eq!(Seconds::of(400, 1_000).after(500, 1.0, &[], 10).unwrap().to, 400, "the floor");
}

#[test]
fn s3_67_a_longer_route_is_learnt_at_the_floor_and_a_standing_queue_nowhere_else() {
    let mut line = Seconds::of(100, 1_000);
    assert_eq!(line.after(1_000, 1.0, &[10; 5], 0), None);
    for _ in 0..100 {
        assert!(line.after(1_000, 1.0, &[200; 5], 0).is_some());
    }
    assert_eq!(line.adjuster.usual(), Some(Duration::from_millis(10)), "however long it stands");
    let looks = (1..100).find(|_| line.after(100, 1.0, &[200; 5], 0).is_some_and(|to| to.why == Why::Room));
    assert_eq!(looks, Some(9), "until less than 25 ms of 190 are left");
}

#[test]
fn f1_a_clock_that_stands_still_or_goes_back_moves_nothing() {
    let mut line = Seconds::of(1, 1_000);
    line.now = Tick::ZERO + SECOND;
    assert_eq!(line.look(500), None);
    (0..10).for_each(|_| line.adjuster.succeeded(u64::MAX, Duration::MAX));
    line.passed = u64::MAX / 2;
    for now in [Tick::ZERO + SECOND, Tick::ZERO] {
        line.now = now;
        assert_eq!(line.look(500), None);
    }
    line.now = Tick::MAX;
    assert!(line.look(500).is_none_or(|to| (1..=1_000).contains(&to.to)));
}
