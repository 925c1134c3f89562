//! A line with a queue, and the limit in front of it.

use super::*;
use std::collections::VecDeque;

const STEP: Duration = Duration::from_millis(1);
/// Bytes of one transfer.
const BYTES: u64 = 1_000;
/// There and back on an empty line.
const ROUND_TRIP: Duration = Duration::from_millis(40);
const FLOOR: u64 = 50_000;
const CEILING: u64 = 10_000_000;

/// First come, first served, at so many bytes a second.
struct Link {
    capacity: f64,
    /// What is left of the transfer in front, and when each was let through.
    left: f64,
    waiting: VecDeque<Tick>,
    /// When each left, when it ends, and whether well.
    under_way: VecDeque<(Tick, Tick, bool)>,
}

struct World {
    line: Bandwidth,
    settings: bandwidth::Config,
    adjuster: Adjuster,
    link: Link,
    now: Tick,
    /// The limit at each tenth of a second.
    limits: Vec<u64>,
    /// How many transfers want to pass in a step.
    demand: u64,
    /// One in so many is slow for reasons of its own, or fails; none if zero.
    slow_each: u64,
    fails_each: u64,
    transfers: u64,
}

impl World {
    fn new(capacity: u64, start: u64) -> Self {
        let settings = bandwidth::Config::builder().upload(start).burst(2).build().expect("it is valid");
        Self {
            line: Bandwidth::new(&settings),
            settings,
            adjuster: Adjuster::new(config(FLOOR, CEILING)),
            link: Link {
                capacity: capacity as f64,
                left: BYTES as f64,
                waiting: VecDeque::new(),
                under_way: VecDeque::new(),
            },
            now: Tick::from_nanos(1),
            limits: Vec::new(),
            demand: 100,
            slow_each: 0,
            fails_each: 0,
            transfers: 0,
        }
    }

    fn run(&mut self, seconds: u64) -> &mut Self {
        for step in 0..seconds * 1_000 {
            self.now = self.now + STEP;
            self.send();
            self.deliver();
            let lane = self.line.lane(Direction::Upload, self.now);
            if let Some(to) = self.adjuster.adjust(&lane, self.now) {
                self.settings = self.settings.to_builder().upload(to.to).build().expect("it is valid");
                self.line.set(&self.settings, self.now);
            }
            if step % 100 == 0 {
                self.limits.push(self.settings.limit(Direction::Upload));
            }
        }
        self
    }

    fn send(&mut self) {
        for _ in 0..self.demand {
            if self.line.try_consume(Direction::Upload, BYTES, None, || self.now).is_err() {
                break;
            }
            self.link.waiting.push_back(self.now);
        }
    }

    fn deliver(&mut self) {
        let link = &mut self.link;
        let mut can = link.capacity * STEP.as_secs_f64();
        while can > 0.0 && !link.waiting.is_empty() {
            let now = can.min(link.left);
            can -= now;
            link.left -= now;
            if link.left <= 0.0 {
                link.left = BYTES as f64;
                let sent = link.waiting.pop_front().expect("it is not empty");
                self.transfers += 1;
                let slow = self.slow_each > 0 && self.transfers.is_multiple_of(self.slow_each);
                let own = if slow { SECOND } else { Duration::ZERO };
                let fails = self.fails_each > 0 && self.transfers.is_multiple_of(self.fails_each);
                link.under_way.push_back((sent, self.now + ROUND_TRIP + own, !fails));
            }
        }
        let now = self.now;
        link.under_way.retain(|(sent, ends, well)| {
            if *ends > now {
                return true;
            }
            match well {
                true => self.adjuster.succeeded(BYTES, ends.since(*sent)),
                false => self.adjuster.failed(),
            }
            false
        });
    }

    fn limit(&self) -> u64 {
        self.settings.limit(Direction::Upload)
    }

    /// How long what is sent now waits.
    fn waits(&self) -> Duration {
        let bytes = self.link.waiting.len() as f64 * BYTES as f64;
        Duration::from_secs_f64(bytes / self.link.capacity)
    }

    /// The least and the greatest limit of the last seconds.
    fn range(&self, seconds: usize) -> (u64, u64) {
        let last = &self.limits[self.limits.len() - seconds * 10..];
        (*last.iter().min().expect("some"), *last.iter().max().expect("some"))
    }
}

fn within(range: (u64, u64), least: f64, most: f64) -> bool {
    range.0 as f64 >= least && range.1 as f64 <= most
}

#[test]
fn s3_67_a_line_that_falls_to_a_third_and_comes_back_is_followed() {
    let mut world = World::new(3_000_000, 1_000_000);
    world.run(10);
    assert!(within(world.range(1), 2_700_000.0, 3_300_000.0), "found within 9 s: {:?}", world.limits);
    world.link.capacity = 1_000_000.0;
    world.run(2);
    assert!(world.limit() <= 1_000_000, "no more than it bears after 2 s: {:?}", world.limits);
    world.run(3);
    assert!(world.waits() <= Duration::from_millis(50), "its queue is gone after 5 s: {:?}", world.waits());
    world.run(4);
    assert!(
        within(world.range(2), 850_000.0, 1_150_000.0),
        "all of it is used after 7 s: {:?}",
        world.limits
    );
    world.link.capacity = 3_000_000.0;
    world.run(8);
    assert!(within(world.range(1), 2_700_000.0, 3_300_000.0), "back after 7 s: {:?}", world.limits);
}

#[test]
fn s3_67_on_a_steady_line_the_limit_stands_still_and_the_queue_is_short() {
    let mut world = World::new(2_000_000, 2_000_000);
    world.run(10);
    let mut longest = Duration::ZERO;
    for _ in 0..60 {
        longest = longest.max(world.run(1).waits());
    }
    let (least, most) = world.range(60);
    assert!((most - least) as f64 <= 0.05 * 2_000_000.0, "{least} to {most}");
    assert!(within((least, most), 1_950_000.0, 2_050_000.0), "{least} to {most}");
    assert!(longest <= Duration::from_millis(75), "{longest:?}");
}

#[test]
fn s3_67_it_stays_between_its_limits_whatever_the_line_does() {
    let mut world = World::new(1_000, 1_000_000);
    world.run(60);
    assert_eq!(world.limit(), FLOOR, "a line that bears almost nothing");
    world.link.capacity = 1e9;
    world.link.waiting.clear();
    world.run(60);
    assert_eq!(world.limit(), CEILING, "one that bears everything");
    assert!(within(world.range(120), FLOOR as f64, CEILING as f64));
}

#[test]
fn s3_67_what_a_few_peers_do_is_not_taken_for_the_line() {
    let mut world = World::new(2_000_000, 1_000_000);
    (world.slow_each, world.fails_each) = (3, 20);
    world.run(15);
    assert!(within(world.range(5), 1_900_000.0, 2_100_000.0), "{:?}", world.range(5));
    // With every second one failing it yields, down to the floor and no further.
    world.fails_each = 2;
    world.run(10);
    assert_eq!(world.limit(), FLOOR);
}

#[test]
fn s3_67_an_idle_night_neither_raises_the_limit_nor_wears_it() {
    let mut world = World::new(2_000_000, 1_000_000);
    world.demand = 0;
    world.run(600);
    assert_eq!(world.limit(), 1_000_000);
    // Nor do a few transfers, of which it is in nobody's way.
    world.settings = world.settings.to_builder().refill_interval(SECOND).build().unwrap();
    for _ in 0..600 {
        world.demand = 1;
        world.run(1);
        world.demand = 0;
        world.run(1);
    }
    let (least, _) = world.range(1_000);
    assert!(least >= 1_000_000);
}
