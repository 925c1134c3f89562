//! What each kind of call and each setting does.

use super::*;
use proptest::prelude::*;

const TIMEOUT: Outcome = Outcome::Failure(FailureKind::Timeout);

/// A limit and the time, which passes with the windows.
struct Rig {
    limit: AdaptiveLimit,
    now: Tick,
}

impl Rig {
    fn new(config: Config) -> Self {
        Self { limit: AdaptiveLimit::new(config, Tick::ZERO), now: Tick::ZERO }
    }

    /// A window of twenty calls, some of which ended that way and the others well, of which so many were in flight at a time.
    fn window(&mut self, (ended, outcome): (u32, Outcome), latency: Duration, in_flight: u32) -> u32 {
        self.now = self.now + S + latency;
        for call in 0..20 {
            let outcome = if call < ended { outcome } else { Outcome::Success };
            self.limit.record(Sample { latency, in_flight, outcome }, self.now);
        }
        self.limit.limit()
    }

    /// One in which all went well, with the limit in use.
    fn calm(&mut self) -> u32 {
        self.window((0, TIMEOUT), MS * 50, self.limit.limit())
    }
}

const S: Duration = Duration::from_secs(1);

#[test]
fn c9_only_use_raises_the_limit() {
    let mut rig = Rig::new(Config::default());
    assert_eq!(rig.limit.limit(), 20);
    for _ in 0..1_000 {
        assert_eq!(rig.window((0, TIMEOUT), MS * 50, 9), 20, "less than half of it is in flight");
    }
    assert_eq!(rig.window((0, TIMEOUT), MS * 50, 10), 24, "by the root of twenty");
    assert_eq!(rig.window((0, TIMEOUT), MS * 50, 11), 24);
}

#[test]
fn c9_it_grows_to_its_most_and_falls_to_its_least_and_stays_there() {
    let mut rig = Rig::new(Config::default());
    (0..100).for_each(|_| _ = rig.calm());
    assert_eq!(rig.calm(), 1_000);
    let falls = [500, 250, 125, 62, 31, 15, 10, 10];
    assert_eq!(falls.map(|_| rig.window((20, TIMEOUT), S, rig.limit.limit())), falls);
}

#[test]
fn c9_what_says_nothing_about_load_teaches_nothing() {
    let silent = [
        Outcome::Ignored,
        Outcome::Cancelled,
        Outcome::Failure(FailureKind::Connection),
        Outcome::Failure(FailureKind::Response),
        Outcome::Failure(FailureKind::Body),
        Outcome::Failure(FailureKind::Error),
    ];
    let mut rig = Rig::new(Config::default());
    rig.calm();
    let before = rig.limit.snapshot();
    for (outcome, latency) in silent.into_iter().zip([Duration::ZERO, S, S * 60].into_iter().cycle()) {
        for _ in 0..100 {
            rig.window((20, outcome), latency, u32::MAX);
        }
        assert_eq!(rig.limit.snapshot(), before, "{outcome:?}");
    }
}

#[test]
fn c9_timeouts_and_throttling_lower_it_by_half_of_their_share() {
    for outcome in [TIMEOUT, Outcome::Throttled] {
        let mut rig = Rig::new(Config::default());
        (0..50).for_each(|_| _ = rig.calm());
        let limit = f64::from(rig.calm());
        let after = rig.window((10, outcome), MS * 50, 1_000);
        assert_eq!(after, (limit * 0.75 + limit.sqrt() * 0.5) as u32, "{outcome:?}");
    }
}

#[test]
fn c9_one_timeout_in_a_hundred_does_not_keep_it_down() {
    let config = Config::default().window(MS * 100, count(100)).expect("valid");
    let mut rig = Rig::new(config);
    for _ in 0..200 {
        rig.now = rig.now + S;
        for call in 0..100 {
            let outcome = if call == 0 { TIMEOUT } else { Outcome::Success };
            rig.limit.record(Sample { latency: MS * 50, in_flight: rig.limit.limit(), outcome }, rig.now);
        }
    }
    assert_eq!(rig.limit.limit(), 1_000);
}

#[test]
fn c9_a_peer_that_answers_nobody_is_given_less_than_is_in_flight_though_the_limit_is_higher() {
    let mut rig = Rig::new(Config::default());
    (0..50).for_each(|_| _ = rig.calm());
    assert!(rig.limit.limit() > 400);
    assert_eq!(rig.window((20, TIMEOUT), S, 100), 50);
    // A few that time out while there is room do not lower it.
    assert_eq!(rig.window((9, TIMEOUT), S, 20), 50);
}

#[test]
fn c9_calls_that_began_before_it_fell_do_not_lower_it_again() {
    let mut rig = Rig::new(Config::default());
    (0..50).for_each(|_| _ = rig.calm());
    let fallen = rig.window((20, TIMEOUT), S, rig.limit.limit());
    let at = rig.now;
    for late in 1..=100 {
        rig.now = at + MS * 9 * late;
        let sample = Sample { latency: S, in_flight: 1_000, outcome: TIMEOUT };
        (0..20).for_each(|_| _ = rig.limit.record(sample, rig.now));
        assert_eq!(rig.limit.limit(), fallen, "after {:?}", rig.now.since(at));
    }
    assert!(rig.window((20, TIMEOUT), S, fallen) < fallen, "later ones do");
}

#[test]
fn c9_the_usual_follows_slower_calls_only_where_no_more_are_in_flight_than_the_least_limit() {
    let mut rig = Rig::new(Config::default());
    let usual = |rig: &Rig| rig.limit.snapshot().usual.map(|usual| usual.as_millis());
    rig.window((0, TIMEOUT), MS * 80, 20);
    assert_eq!(usual(&rig), Some(80), "the first window is the first guess");
    (0..4).for_each(|_| _ = rig.window((0, TIMEOUT), MS * 80, 20));
    assert_eq!(usual(&rig), Some(80), "the first windows are all there is");
    for in_flight in [11, 20] {
        rig.window((0, TIMEOUT), MS * 160, in_flight);
        assert_eq!(usual(&rig), Some(80), "a queue may have made it slower");
    }
    rig.window((0, TIMEOUT), MS * 160, 10);
    assert_eq!(usual(&rig), Some(96), "the fifth window of one estimate");
    rig.window((0, TIMEOUT), MS * 70, 20);
    assert_eq!(usual(&rig), Some(96), "that can be chance");
    rig.window((0, TIMEOUT), MS * 16, 20);
    assert_eq!(usual(&rig), Some(86), "by an eighth");
}

#[test]
fn c9_what_the_least_limit_takes_is_the_usual_unless_calls_time_out() {
    let mut rig = Rig::new(Config::default());
    (0..5).for_each(|_| _ = rig.calm());
    while rig.limit.limit() > 10 {
        rig.window((20, TIMEOUT), S, rig.limit.limit());
    }
    (0..5).for_each(|_| _ = rig.window((2, TIMEOUT), MS * 500, 10));
    assert_eq!(rig.limit.snapshot().usual, Some(MS * 50), "one in ten was dropped");
    for _ in 0..3 {
        assert_eq!(rig.window((1, TIMEOUT), MS * 500, 10), 10, "one window can be chance");
    }
    assert_eq!(rig.window((1, TIMEOUT), MS * 500, 10), 12);
    assert_eq!(rig.limit.snapshot().usual, Some(MS * 500));
}

#[test]
fn c9_a_limit_that_stands_above_what_is_tolerated_goes_down_to_find_out() {
    let mut rig = Rig::new(Config::default());
    (0..5).for_each(|_| _ = rig.calm());
    // Twice as slow, whatever the limit: with all of its headroom it would stand at 16.
    let limits: Vec<_> = (0..60).map(|_| rig.window((0, TIMEOUT), MS * 100, rig.limit.limit())).collect();
    assert_eq!(limits.iter().min(), Some(&10));
    assert!(limits[50] > 100, "{limits:?}");
    assert_eq!(rig.limit.snapshot().usual, Some(MS * 100));
}

#[test]
fn c9_the_change_is_told_once_and_only_when_there_is_one() {
    let rig = Rig::new(Config::default());
    let told: Vec<_> = (0..100)
        .filter_map(|call| {
            let sample = Sample { latency: MS, in_flight: 20, outcome: Outcome::Success };
            rig.limit.record(sample, Tick::ZERO + MS * 4 * call)
        })
        .collect();
    let snapshot = rig.limit.snapshot();
    assert_eq!(told.last(), Some(&snapshot.limit));
    assert_eq!(told.len() as u64, snapshot.raised);
    assert!(told.is_sorted() && snapshot.lowered == 0, "{told:?}");
}

#[test]
fn c9_a_limit_that_was_set_is_where_it_goes_on_from() {
    let mut rig = Rig::new(Config::default());
    (0..50).for_each(|_| _ = rig.calm());
    rig.limit.set(30, rig.now);
    assert_eq!(rig.limit.limit(), 30);
    let began_before = Sample { latency: S, in_flight: 400, outcome: TIMEOUT };
    (0..100).for_each(|_| _ = rig.limit.record(began_before, rig.now + MS * 900));
    assert_eq!(rig.limit.limit(), 30, "they say again that it was too much");
    assert_eq!(rig.calm(), 35);
    for (set, is) in [(0, 10), (u32::MAX, 1_000)] {
        rig.limit.set(set, rig.now);
        assert_eq!(rig.limit.limit(), is);
    }
}

#[test]
fn additive_increase_adds_one_and_knows_calls_that_are_too_slow() {
    let mut rig = Rig::new(Config::default().algorithm(Algorithm::Aimd { slow: Some(S) }).expect("valid"));
    assert_eq!([(); 3].map(|()| rig.calm()), [21, 22, 23]);
    assert_eq!(rig.window((0, TIMEOUT), S, 23), 24);
    assert_eq!(rig.window((0, TIMEOUT), S + MS, 24), 12);
    assert_eq!(rig.limit.snapshot().dropped, 20);
}

#[test]
fn vegas_keeps_a_few_waiting() {
    let mut rig =
        Rig::new(Config::default().algorithm(Algorithm::Vegas).expect("valid").slack(Duration::ZERO));
    // By the logarithm of the limit, which is one and a bit.
    assert_eq!([(); 5].map(|()| rig.calm()), [21, 22, 23, 25, 26]);
    // A fifth of them waits, which is between 3 and 6 times as many.
    assert_eq!(rig.window((0, TIMEOUT), MS * 62, 26), 26);
    assert_eq!(rig.window((0, TIMEOUT), MS * 100, 26), 25);
}

#[test]
fn c10_settings_that_do_not_work_are_refused_by_name() {
    let config = Config::default();
    let knob = |result: Result<Config, crate::InvalidConfig>| result.expect_err("it does not work").knob();
    assert_eq!(knob(config.between(count(3), count(3), count(2))), "min");
    assert_eq!(knob(config.between(count(3), count(3), count(crate::Bulkhead::MOST + 1))), "max");
    assert!(config.between(count(3), count(3), count(crate::Bulkhead::MOST)).is_ok());
    assert_eq!(knob(config.between(count(3), count(2), count(4))), "start");
    assert_eq!(knob(config.between(count(3), count(5), count(4))), "start");
    assert_eq!(knob(config.window(Duration::ZERO, count(1))), "window");
    assert_eq!(knob(config.window(Duration::MAX, count(1))), "window");
    assert_eq!(knob(config.window(S, count(u32::MAX))), "minimum_calls");
    for wrong in [f64::NAN, f64::INFINITY, 0.9, 10.1, -1.0] {
        assert_eq!(knob(config.algorithm(Algorithm::Gradient2 { tolerance: wrong })), "tolerance");
    }
}

#[test]
fn settings_that_differ_name_the_knob() {
    let config = Config::default();
    let other = config.between(count(10), count(20), count(30)).expect("valid");
    assert_eq!(config.difference(&config), None);
    let difference = config.difference(&other).expect("they differ");
    assert_eq!((difference.knob, &*difference.one, &*difference.other), ("max", "1000", "30"));
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![
        (1.0..=10.0).prop_map(|tolerance| Algorithm::Gradient2 { tolerance }),
        Just(Algorithm::Vegas),
        any::<Option<Duration>>().prop_map(|slow| Algorithm::Aimd { slow }),
    ]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Success),
        2 => Just(TIMEOUT),
        1 => Just(Outcome::Throttled),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Cancelled),
        1 => Just(Outcome::Failure(FailureKind::Response)),
    ]
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        any::<Duration>(),
        (0_u64..2_000_000_000).prop_map(Duration::from_nanos),
        Just(Duration::ZERO),
        Just(Duration::MAX),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn c9_whatever_happens_the_limit_is_between_its_least_and_its_most(
        algorithm in algorithms(),
        mut ends in [1..=crate::Bulkhead::MOST, 1..=crate::Bulkhead::MOST, 1..=crate::Bulkhead::MOST],
        minimum_calls in 1_u32..4,
        slack in durations(),
        calls in proptest::collection::vec((durations(), any::<u32>(), outcomes(), durations()), 1..200),
    ) {
        ends.sort();
        let [min, start, max] = ends.map(count);
        let config = Config::default().between(min, start, max).unwrap().algorithm(algorithm).unwrap();
        let config = config.window(MS, count(minimum_calls)).unwrap().slack(slack);
        let (limit, mut now) = (AdaptiveLimit::new(config, Tick::ZERO), Tick::ZERO);
        let mut before = start.get();
        for (latency, in_flight, outcome, later) in calls {
            now = if later == Duration::MAX { Tick::ZERO } else { now + later };
            let told = limit.record(Sample { latency, in_flight, outcome }, now);
            let after = limit.limit();
            prop_assert_eq!(told, (after != before).then_some(after));
            prop_assert!((min.get()..=max.get()).contains(&after), "{} after {:?}", after, outcome);
            before = after;
        }
        let snapshot = limit.snapshot();
        prop_assert!(snapshot.usual.is_none_or(|usual| usual <= Duration::from_nanos(super::super::LONGEST)));
        prop_assert!(snapshot.dropped <= snapshot.calls);
    }
}

#[test]
fn c9_threads_that_record_at_the_same_time_lose_no_call() {
    let limit = AdaptiveLimit::new(Config::default(), Tick::ZERO);
    let (threads, each) = (8, 20_000);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let limit = &limit;
            scope.spawn(move || {
                for call in 0..each {
                    let outcome = if call % 7 == 0 { TIMEOUT } else { Outcome::Success };
                    let sample = Sample { latency: Duration::ZERO, in_flight: 1 + thread, outcome };
                    limit.record(sample, Tick::ZERO + MS * call);
                    assert!((10..=1_000).contains(&limit.limit()));
                }
            });
        }
    });
    // One more, so late that it closes the window.
    let last = Sample { latency: Duration::ZERO, in_flight: 1, outcome: Outcome::Success };
    for call in 0..20 {
        limit.record(last, Tick::ZERO + S * (1_000 + call));
    }
    let snapshot = limit.snapshot();
    let recorded = u64::from(threads * each);
    assert!(snapshot.calls <= recorded + 20, "{snapshot:?}");
    assert!(snapshot.calls >= recorded / 2, "calls that begin after a fall count: {snapshot:?}");
}
