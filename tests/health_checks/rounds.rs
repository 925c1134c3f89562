//! When it is looked, and when not any more.

use crate::script::{Act, Target};
use buttress::health::{Config, Monitor, NotRegistered, Status};
use std::num::NonZeroUsize;
use std::time::Duration;
use support::{Task, settle};
use tokio::time::{advance, sleep};

const INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Looks every ten seconds to the nanosecond.
fn exact() -> Config {
    Config::builder().interval(INTERVAL).timeout(TIMEOUT).jitter(0.0).build().unwrap()
}

/// A monitor that watches a target with this act.
fn watching(act: Act, config: Config) -> (Monitor, Target) {
    let (monitor, target) = (Monitor::new("backends", config), Target::new(act));
    monitor.register(target.check("one")).unwrap();
    (monitor, target)
}

fn secs(seconds: &[u64]) -> Vec<Duration> {
    seconds.iter().copied().map(Duration::from_secs).collect()
}

#[tokio::test(start_paused = true)]
async fn s2_53_the_first_look_is_at_once_and_to_start_again_changes_nothing() {
    let (monitor, target) = watching(Act::Answer, exact());
    settle().await;
    assert!(target.looks().is_empty() && !monitor.is_running());
    monitor.start();
    sleep(INTERVAL / 2).await;
    monitor.start();
    sleep(INTERVAL * 2).await;
    assert_eq!((target.looks(), monitor.is_running()), (secs(&[0, 10, 20]), true));
    monitor.stop();
    monitor.stop();
    sleep(INTERVAL * 5).await;
    assert_eq!((target.looks().len(), monitor.is_running()), (3, false));
}

#[tokio::test(start_paused = true)]
async fn w31_a_monitor_that_was_stopped_starts_again_with_all_its_checks() {
    let (monitor, target) = watching(Act::Answer, exact());
    for round in 1..=5 {
        monitor.start();
        sleep(INTERVAL + Duration::from_secs(1)).await;
        monitor.stop();
        sleep(INTERVAL * 3).await;
        assert_eq!(target.looks().len(), round * 2);
    }
    assert_eq!(monitor.status("one").unwrap().checks, 10, "what is known stays");
}

#[test]
fn w31_a_monitor_outlives_the_runtime_that_it_was_started_in() {
    let (monitor, target) = support::paused(async { watching(Act::Answer, exact()) });
    for round in 1..=3 {
        support::paused(async {
            monitor.start();
            settle().await;
        });
        assert_eq!(target.looks().len(), round);
    }
}

#[tokio::test(start_paused = true)]
async fn w44_s2_54_a_check_that_hangs_times_out_alone() {
    let (monitor, hung) = watching(Act::Hang, exact());
    let well = Target::new(Act::AnswerAfter(Duration::from_secs(1)));
    for name in ["two", "three"] {
        monitor.register(well.check(name)).unwrap();
    }
    monitor.start();
    sleep(Duration::from_millis(1_001)).await;
    assert_eq!(well.looks(), secs(&[0, 0]), "in parallel");
    assert_eq!(monitor.status("two").unwrap().successes, 1, "and nobody waits for who hangs");
    assert_eq!(monitor.status("one").unwrap().checks, 0);
    sleep(TIMEOUT).await;
    let status = monitor.status("one").unwrap();
    assert_eq!((status.timed_out, status.failures, status.duration), (1, 1, Some(TIMEOUT)));
    assert_eq!(status.reason.as_deref(), Some("no answer within 5s"));
    sleep(INTERVAL).await;
    assert_eq!(hung.looks(), secs(&[0, 10]), "and it is looked at on time again");
}

#[tokio::test(start_paused = true)]
async fn s2_55_to_look_now_needs_no_start_and_looks_at_all_in_parallel() {
    let (monitor, hung) = watching(Act::Hang, exact());
    let well = Target::new(Act::AnswerAfter(Duration::from_secs(4)));
    for name in ["two", "three"] {
        monitor.register(well.check(name)).unwrap();
    }
    let before = buttress::clock::precise();
    let statuses = monitor.check_now().await;
    assert_eq!(buttress::clock::precise().since(before), TIMEOUT, "as long as the slowest of them");
    let checked: Vec<_> = statuses.iter().map(|(name, status)| (name.as_str(), status.successes)).collect();
    assert_eq!(checked, [("one", 0), ("three", 1), ("two", 1)]);
    assert_eq!(hung.looks().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn g8_no_check_overlaps_with_itself_whoever_asks() {
    let (monitor, target) = watching(Act::AnswerAfter(Duration::from_secs(4)), exact());
    monitor.start();
    settle().await;
    // A hundred ask while the first look is under way: they have one more, together.
    let mut asking: Vec<_> = (0..100).map(|_| Task::new(monitor.check_now())).collect();
    for asks in &mut asking {
        assert!(asks.poll().is_pending());
    }
    sleep(Duration::from_secs(9)).await;
    for asks in &mut asking {
        assert!(asks.poll().is_ready());
    }
    assert_eq!((target.looks(), target.most_at_once()), (secs(&[0, 4]), 1));
    // One that gives up takes its look along, and the next has its own.
    let mut gives_up = Task::new(monitor.check_now());
    assert!(gives_up.poll().is_pending());
    settle().await;
    drop(gives_up);
    settle().await;
    assert_eq!(monitor.check_now().await["one"].checks, 3);
    assert_eq!(target.most_at_once(), 1);
}

#[tokio::test(start_paused = true)]
async fn g8_looks_are_spread_around_the_interval_and_end_before_the_next() {
    let (monitor, target) = watching(Act::Hang, Config::default());
    let second = Target::new(Act::Answer);
    monitor.register(second.check("two")).unwrap();
    monitor.start();
    sleep(Duration::from_secs(3_600)).await;
    let gaps =
        |target: &Target| -> Vec<Duration> { target.looks().windows(2).map(|two| two[1] - two[0]).collect() };
    let (one, two) = (gaps(&target), gaps(&second));
    let within = Duration::from_secs(9)..=Duration::from_millis(11_001);
    assert!(one.iter().chain(&two).all(|gap| within.contains(gap)), "{one:?} {two:?}");
    assert!(one.len() > 320 && one[0] != one[1] && one[0] != two[0]);
    assert_eq!(target.most_at_once(), 1);
    let mean = one.iter().sum::<Duration>() / u32::try_from(one.len()).unwrap();
    assert!(mean.abs_diff(INTERVAL) < Duration::from_millis(200), "{mean:?}");
}

#[tokio::test(start_paused = true)]
async fn g8_s2_49_who_is_taken_out_is_looked_at_no_more_and_let_go_of() {
    let (monitor, target) = watching(Act::Hang, exact());
    monitor.start();
    settle().await;
    assert!(target.is_held());
    assert!(monitor.unregister("one"));
    settle().await;
    assert!(!target.is_held(), "its task has ended in the middle of a look");
    assert!(!monitor.unregister("one"));
    advance(INTERVAL * 3).await;
    assert_eq!((target.looks().len(), monitor.status("one")), (1, None));
    // One that comes while the others are looked at is looked at, at once.
    let late = Target::new(Act::Answer);
    monitor.register(late.check("one")).unwrap();
    settle().await;
    assert_eq!(late.looks(), secs(&[0]));
}

#[tokio::test(start_paused = true)]
async fn g8_the_last_clone_of_a_monitor_takes_its_tasks_along() {
    let (monitor, target) = watching(Act::Hang, exact());
    let clone = monitor.clone();
    clone.start();
    settle().await;
    drop(monitor);
    settle().await;
    assert!(target.is_held());
    drop(clone);
    settle().await;
    assert!(!target.is_held());
}

#[test]
fn s2_49_a_name_is_taken_once_and_there_are_so_many() {
    let two = NonZeroUsize::new(2).unwrap();
    let monitor = Monitor::with_capacity("backends", Config::default(), two);
    let target = Target::new(Act::Answer);
    assert_eq!(monitor.register(target.check("")).unwrap_err(), NotRegistered::EmptyName);
    let one = monitor.register(target.check("one")).unwrap();
    assert_eq!((one.name(), one.status(), one.is_usable()), ("one", Status::Unknown, true));
    let taken = NotRegistered::Taken { name: "one".to_owned() };
    assert_eq!(monitor.register(target.check("one")).unwrap_err(), taken);
    assert_eq!(taken.to_string(), r#"there is another health check "one" already"#);
    monitor.register(target.check("two")).unwrap();
    let full = NotRegistered::Full { capacity: two };
    assert_eq!(monitor.register(target.check("three")).unwrap_err(), full);
    assert!(monitor.unregister("two"));
    monitor.register(target.check("three")).unwrap();
}
