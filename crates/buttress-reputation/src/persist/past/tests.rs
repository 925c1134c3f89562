//! What a file says is taken with care.

use super::super::plan::plan;
use super::*;
use crate::Scoring;
use crate::score::Additive;
use proptest::prelude::*;

const HOUR: Duration = Duration::from_secs(3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + 50 * YEAR
}

fn decay(score: Score, age: Duration) -> Score {
    let scoring = Additive::default();
    scoring.score(scoring.set(score, 0), u32::try_from(age.as_secs()).unwrap_or(u32::MAX))
}

fn aged(past: &Past, elapsed: Duration) -> Kept {
    past.clone().aged(elapsed, wall(), decay).0
}

fn scored(score: f64) -> Past {
    Past { score: Some(score), ..Past::default() }
}

fn banned(left: Option<Duration>) -> Past {
    let ban = PastBan { reason: Some("spam".into()), since: At(wall() - HOUR), left: left.map(Span) };
    Past { ban: Some(ban), ..scored(0.0) }
}

fn read(json: &str) -> Result<Past, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn g6_what_is_missing_or_no_score_is_as_of_a_new_peer() {
    for json in
        ["{}", r#"{"score":null}"#, r#"{"score":100.1}"#, r#"{"score":1e300}"#, r#"{"score":50,"later":7}"#]
    {
        let kept = aged(&read(json).unwrap(), Duration::ZERO);
        assert_eq!((kept.score, kept.ban, kept.open_for), (Score::START, None, None), "{json}");
    }
    for nan in [f64::NAN, f64::INFINITY] {
        assert_eq!(aged(&scored(nan), Duration::ZERO).score, Score::START);
    }
    for (score, is) in [(f64::NEG_INFINITY, 0.0), (-1.0, 0.0), (-0.0, 0.0), (100.0, 100.0), (12.5, 12.5)] {
        assert_eq!(aged(&scored(score), Duration::ZERO).score.get(), is, "{score}");
    }
    for latency in [f64::NAN, -1.0, f64::INFINITY, 1e300] {
        let past = Past { latency: Some(latency), ..Past::default() };
        assert_eq!(aged(&past, Duration::ZERO).latency, None, "{latency}");
    }
}

#[test]
fn w60_f1_ten_years_at_once_lift_no_ban_and_do_not_bring_all_to_one_moment() {
    let left =
        |before: Duration, elapsed: Duration| aged(&banned(Some(before)), elapsed).ban.unwrap().left.unwrap();
    let minute = HOUR / 60;
    assert_eq!(left(HOUR, Duration::ZERO), HOUR, "a clock that went back");
    assert_eq!(left(HOUR, 10 * minute), 50 * minute, "the truth");
    assert_eq!(left(HOUR, 10 * YEAR), 30 * minute);
    assert_eq!(left(24 * HOUR, 10 * YEAR), 12 * HOUR);
    assert_eq!(aged(&banned(None), 10 * YEAR).ban.unwrap().left, None, "it has no end");
    // Scores go back to where they began, and breakers are due for a probe.
    for (score, is) in [(0.0, 50.0), (100.0, 50.0)] {
        assert!((aged(&scored(score), 10 * YEAR).score.get() - is).abs() < 0.1, "{score}");
    }
    let open = Past { open_for: Some(Span(HOUR)), open_level: 3, ..Past::default() };
    assert_eq!(aged(&open, 10 * YEAR).open_for, Some(Duration::ZERO));
    assert_eq!((aged(&open, HOUR / 2).open_for, aged(&open, HOUR).open_level), (Some(HOUR / 2), 3));
}

#[test]
fn f1_what_was_seen_in_the_future_was_seen_now_and_never_last_before_first() {
    let seen = |first: SystemTime, last: SystemTime| {
        let past = Past { first_seen: At(first), last_seen: At(last), ..Past::default() };
        let kept = aged(&past, Duration::ZERO);
        (kept.first_seen, kept.last_seen)
    };
    assert_eq!(seen(wall() - HOUR, wall() - HOUR / 2), (HOUR, HOUR / 2));
    assert_eq!(seen(wall() + YEAR, wall() + YEAR), (Duration::ZERO, Duration::ZERO));
    assert_eq!(seen(wall(), wall() - HOUR), (HOUR, HOUR));
}

#[test]
fn g6_a_peer_that_is_there_twice_is_what_is_worse_of_both() {
    let (good, bad) = (scored(90.0), scored(10.0));
    let open = Past { open_for: Some(Span(HOUR)), open_level: 3, ..scored(90.0) };
    let [short, long, endless] = [Some(HOUR), Some(2 * HOUR), None].map(banned);
    let often = Past { bans: 7, ..scored(90.0) };
    let all = |left| Past { open_for: Some(Span(HOUR)), open_level: 3, bans: 7, ..banned(left) };
    for (said, worse) in [
        (vec![good.clone(), bad.clone()], bad.clone()),
        (vec![good.clone(), open.clone()], open.clone()),
        (vec![bad.clone(), open.clone()], Past { score: Some(10.0), ..open.clone() }),
        (vec![short.clone(), good.clone()], short.clone()),
        (vec![short.clone(), long.clone()], long.clone()),
        (vec![endless.clone(), long.clone()], endless.clone()),
        (vec![good, bad, open.clone(), short.clone(), often.clone()], all(Some(HOUR))),
        (vec![open, short, long, endless, often], all(None)),
    ] {
        let backwards = said.iter().rev().cloned().collect();
        for said in [said, backwards] {
            let planned = plan(said.into_iter().map(|past| ("peer", past)), 10);
            assert_eq!(planned, [("peer", worse.clone())]);
        }
    }
    // When it was heard of, and what it did then.
    let [old, new] = [2, 1].map(|hours| Past {
        calls: [hours, 0],
        first_seen: At(wall() - HOUR * hours),
        last_seen: At(wall() - HOUR * hours),
        ..scored(50.0)
    });
    let both = Past { first_seen: old.first_seen, ..new.clone() };
    for pair in [[&old, &new], [&new, &old]] {
        assert_eq!(plan(pair.map(|past| ("peer", past.clone())), 10), [("peer", both.clone())]);
    }
}

#[test]
fn g2_of_more_peers_than_there_is_room_for_those_stay_that_something_is_held_against() {
    let at = |past: Past, hours: u32| Past { last_seen: At(wall() - HOUR * hours), ..past };
    let peers = [
        ("old", at(scored(99.0), 9)),
        ("banned", at(banned(None), 100)),
        ("new", at(scored(60.0), 1)),
        ("poor", at(scored(49.0), 50)),
        ("once banned", at(Past { bans: 1, ..scored(50.0) }, 70)),
    ];
    let names = |room| plan(peers.clone(), room).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(3), ["poor", "once banned", "banned"]);
    assert_eq!(names(4).last(), Some(&"new"));
    assert_eq!(names(0), [] as [&str; 0]);
}

proptest! {
    /// Whatever is written, and however long ago: finite, no better than it was and than a new one, and banned if it was.
    #[test]
    fn g2_g1_nobody_is_better_for_a_restart_than_before_or_than_a_new_peer(
        score in prop_oneof![Just(None), any::<f64>().prop_map(Some), (0.0..=100.0).prop_map(Some)],
        left in prop_oneof![Just(None), any::<u64>().prop_map(Some)],
        is_banned in any::<bool>(),
        age in any::<u64>(),
        numbers in any::<[u64; 4]>(),
    ) {
        let ban = is_banned.then(|| PastBan {
            since: At(SystemTime::UNIX_EPOCH + Duration::from_millis(numbers[0] >> 20)),
            left: left.map(|left| Span(Duration::from_millis(left))),
            reason: None,
        });
        let past = Past { score, ban, bytes: [numbers[1], numbers[2]], open_for: Some(Span(Duration::from_millis(numbers[3]))), ..Past::default() };
        let was = past.known_score().max(Score::START);
        let (kept, bytes) = past.clone().aged(Duration::from_secs(age), wall(), decay);
        prop_assert!(kept.score <= was && kept.score.get().is_finite());
        prop_assert_eq!(kept.ban.is_some(), is_banned);
        if let Some(KeptBan { left: Some(now_left), .. }) = kept.ban {
            let before = Duration::from_millis(left.unwrap()).min(LONGEST);
            prop_assert!(now_left >= before / 2 && now_left <= before);
        }
        prop_assert!(bytes.iter().all(|bytes| *bytes <= MOST_BYTES));
        // What is written of it is read again as it was.
        let written = serde_json::to_string(&Past::new(kept.clone(), bytes, wall())).unwrap();
        let again = read(&written).unwrap();
        prop_assert!((again.known_score().get() - kept.score.get()).abs() < 1e-9);
    }
}
