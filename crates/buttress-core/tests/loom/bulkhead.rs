//! A bulkhead whose places change hands while some wait, its limit moves, and waiters go.

use super::*;
use buttress_core::Refusal;
use buttress_core::bulkhead::{Bulkhead, Config, Joined, Left, Place, Priority, Ticket, Weight};
use loom::sync::Notify;
use std::task::{Poll, Wake, Waker};

const ONE: Weight = Weight::MIN;

fn bulkhead(limit: u32, queue: u32) -> Arc<Bulkhead> {
    let config = Config::builder().max_concurrent(limit).queue(queue).build().expect("valid");
    Arc::new(Bulkhead::new(config))
}

fn take(bulkhead: &Bulkhead) -> Ticket {
    bulkhead.try_acquire(ONE).expect("there is room")
}

fn join(bulkhead: &Bulkhead, weight: Weight, priority: Priority) -> Place {
    match bulkhead.join(weight, priority) {
        Ok(Joined::Waiting(place)) => place,
        other => panic!("all is taken: {other:?}"),
    }
}

/// Wakes a thread instead of a task.
struct Bell(Notify);

impl Wake for Bell {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.notify();
    }
}

/// Sleeps until it is its turn; the explorer finds those who would sleep for ever.
fn wait(bulkhead: &Bulkhead, mut place: Place) -> Result<Ticket, Refusal> {
    let bell = std::sync::Arc::new(Bell(Notify::new()));
    let waker = Waker::from(bell.clone());
    loop {
        match bulkhead.poll(&mut place, &waker) {
            Poll::Ready(turn) => return turn,
            Poll::Pending => bell.0.wait(),
        }
    }
}

/// Those inside now. No atomic of the explorer's, so it switches threads between the bulkhead's steps only.
#[derive(Clone, Default)]
struct Inside(std::sync::Arc<AtomicUsize>);

impl Inside {
    fn enter(&self, weight: usize, most: usize) {
        let inside = self.0.fetch_add(weight, Ordering::Relaxed) + weight;
        assert!(inside <= most, "{inside} of {most}");
    }

    fn leave(&self, weight: usize) {
        self.0.fetch_sub(weight, Ordering::Relaxed);
    }
}

/// One call, after a wait if there must be one; whether there was.
fn call(bulkhead: &Bulkhead, inside: &Inside, most: usize) -> bool {
    let (ticket, waited) = match bulkhead.join(ONE, Priority::Normal).expect("there is a place to wait") {
        Joined::Admitted(ticket) => (ticket, false),
        Joined::Waiting(place) => (wait(bulkhead, place).expect("its turn comes"), true),
    };
    inside.enter(1, most);
    // Something happens meanwhile.
    assert!(bulkhead.in_flight() >= 1);
    inside.leave(1);
    bulkhead.release(ticket);
    waited
}

/// Nobody is in there and nobody waits, and so many were.
fn assert_at_rest(bulkhead: &Bulkhead, limit: u32, admitted: u64) {
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.limit, snapshot.in_flight, snapshot.queued), (limit, 0, 0), "{snapshot:?}");
    assert_eq!((snapshot.admitted, snapshot.completed), (admitted, admitted), "{snapshot:?}");
    let all = Weight::new(limit).expect("not zero");
    bulkhead.release(bulkhead.try_acquire(all).expect("all is free and nobody waits"));
}

#[test]
fn a7_c1_two_calls_through_one_place_both_come_to_it() {
    explore("two calls, one place", |[mine_waited, others_waited, neither], step_back| {
        let (bulkhead, inside) = (bulkhead(1, 2), Inside::default());
        let other = thread::spawn({
            let (bulkhead, inside) = (bulkhead.clone(), inside.clone());
            move || call(&bulkhead, &inside, 1)
        });
        step_back();
        let mine = call(&bulkhead, &inside, 1);
        let others = other.join().expect("no panic");
        mine_waited.note(mine);
        others_waited.note(others);
        neither.note(!mine && !others);
        assert_at_rest(&bulkhead, 1, 2);
    });
}

#[test]
fn a7_c1_three_calls_through_one_place_all_come_to_it() {
    explore_within(Some(2), "three calls, one place", |[two_waited, none_waited], step_back| {
        let (bulkhead, inside) = (bulkhead(1, 2), Inside::default());
        let calls = [(); 2].map(|()| {
            let (bulkhead, inside) = (bulkhead.clone(), inside.clone());
            thread::spawn(move || call(&bulkhead, &inside, 1))
        });
        step_back();
        let mine = call(&bulkhead, &inside, 1);
        let waited = usize::from(mine)
            + calls.map(|call| usize::from(call.join().expect("no panic"))).iter().sum::<usize>();
        two_waited.note(waited == 2);
        none_waited.note(waited == 0);
        assert_at_rest(&bulkhead, 1, 3);
    });
}

#[test]
fn c1_nobody_enters_a_limit_that_shrank_beneath_what_is_in_flight() {
    explore("acquire, shrink, release", |[before, after, refused], step_back| {
        let (bulkhead, inside) = (bulkhead(2, 0), Inside::default());
        let first = take(&bulkhead);
        inside.enter(1, 2);
        let shrunk = Inside::default();
        let other = thread::spawn({
            let (bulkhead, inside, shrunk) = (bulkhead.clone(), inside.clone(), shrunk.clone());
            move || {
                // What had shrunk before it asked binds it.
                let had_shrunk = shrunk.0.load(Ordering::Relaxed) > 0;
                let ticket = bulkhead.try_acquire(ONE);
                if let Ok(ticket) = ticket {
                    inside.enter(1, if had_shrunk { 1 } else { 2 });
                    inside.leave(1);
                    bulkhead.release(ticket);
                    return Some(had_shrunk);
                }
                None
            }
        });
        step_back();
        bulkhead.resize(1);
        shrunk.enter(1, 1);
        inside.leave(1);
        bulkhead.release(first);
        let entered = other.join().expect("no panic");
        before.note(entered == Some(false));
        after.note(entered == Some(true));
        refused.note(entered.is_none());
        assert_at_rest(&bulkhead, 1, 1 + u64::from(entered.is_some()));
    });
}

#[test]
fn a7_a_waiter_that_goes_when_it_has_got_its_turn_passes_it_on() {
    explore_within(Some(2), "release, leave, wait", |[passed_on, left_first], step_back| {
        let bulkhead = bulkhead(1, 2);
        let held = take(&bulkhead);
        let mut goes = join(&bulkhead, ONE, Priority::Normal);
        let stays = join(&bulkhead, ONE, Priority::Normal);
        assert!(bulkhead.poll(&mut goes, Waker::noop()).is_pending());
        let waiter = thread::spawn({
            let bulkhead = bulkhead.clone();
            move || bulkhead.release(wait(&bulkhead, stays).expect("its turn comes"))
        });
        let leaver = thread::spawn({
            let bulkhead = bulkhead.clone();
            move || {
                let had_turn = bulkhead.queued() < 2;
                bulkhead.leave(goes, Left::Cancelled);
                had_turn
            }
        });
        step_back();
        bulkhead.release(held);
        let had_turn = leaver.join().expect("no panic");
        passed_on.note(had_turn);
        left_first.note(!had_turn);
        waiter.join().expect("no panic");
        assert_eq!(bulkhead.snapshot().cancelled, 1);
        assert_at_rest(&bulkhead, 1, 2);
    });
}

#[test]
fn a7_c1_a_heavy_waiter_gets_what_two_others_release() {
    explore_within(Some(2), "release, release, heavy", |[waited, slipped_in], step_back| {
        let (bulkhead, inside) = (bulkhead(2, 1), Inside::default());
        let held = [take(&bulkhead), take(&bulkhead)];
        inside.enter(2, 2);
        let releasing = held.map(|ticket| {
            let (bulkhead, inside) = (bulkhead.clone(), inside.clone());
            thread::spawn(move || {
                inside.leave(1);
                bulkhead.release(ticket);
            })
        });
        step_back();
        let two = Weight::new(2).expect("not zero");
        let ticket = match bulkhead.join(two, Priority::Normal).expect("there is a place to wait") {
            Joined::Admitted(ticket) => {
                slipped_in.note(true);
                ticket
            }
            Joined::Waiting(place) => {
                waited.note(true);
                // However much is free by now, it is not for those who come later.
                assert!(bulkhead.acquire_uncounted(ONE).is_err() || bulkhead.queued() == 0);
                wait(&bulkhead, place).expect("its turn comes")
            }
        };
        inside.enter(2, 2);
        releasing.into_iter().for_each(|thread| thread.join().expect("no panic"));
        bulkhead.release(ticket);
        assert_at_rest(&bulkhead, 2, 3);
    });
}

#[test]
fn a7_a_limit_that_grows_lets_those_in_who_wait() {
    explore("grow, wait", |[waited, admitted], step_back| {
        let bulkhead = bulkhead(1, 1);
        let held = take(&bulkhead);
        let other = thread::spawn({
            let bulkhead = bulkhead.clone();
            move || call(&bulkhead, &Inside::default(), 1)
        });
        step_back();
        bulkhead.resize(2);
        let others = other.join().expect("no panic");
        waited.note(others);
        admitted.note(!others);
        bulkhead.release(held);
        assert_at_rest(&bulkhead, 2, 2);
    });
}

#[test]
fn a7_c7_who_gives_way_is_told_and_its_place_is_used_once() {
    explore_within(Some(2), "displace, release", |[gave_way, was_first], step_back| {
        let bulkhead = bulkhead(1, 1);
        let held = take(&bulkhead);
        let low = join(&bulkhead, ONE, Priority::Low);
        let waiter = thread::spawn({
            let bulkhead = bulkhead.clone();
            move || wait(&bulkhead, low).map(|ticket| bulkhead.release(ticket)).is_ok()
        });
        let releaser = thread::spawn({
            let bulkhead = bulkhead.clone();
            move || bulkhead.release(held)
        });
        step_back();
        match bulkhead.join(ONE, Priority::High).expect("somebody gives way") {
            Joined::Admitted(ticket) => bulkhead.release(ticket),
            Joined::Waiting(place) => bulkhead.release(wait(&bulkhead, place).expect("its turn comes")),
        }
        releaser.join().expect("no panic");
        let ran = waiter.join().expect("no panic");
        gave_way.note(!ran);
        was_first.note(ran);
        assert_eq!(bulkhead.snapshot().rejected, u64::from(!ran));
        assert_at_rest(&bulkhead, 1, 2 + u64::from(ran));
    });
}

#[test]
fn c1_counts_that_are_carried_over_stay_exact() {
    explore_within(Some(3), "carry", |[done], step_back| {
        let bulkhead = bulkhead(2, 0);
        // The model checker's word carries over at four.
        for _ in 0..3 {
            bulkhead.release(take(&bulkhead));
        }
        let other = thread::spawn({
            let bulkhead = bulkhead.clone();
            move || {
                bulkhead.release(take(&bulkhead));
                bulkhead.release(take(&bulkhead));
            }
        });
        step_back();
        bulkhead.release(take(&bulkhead));
        let during = bulkhead.snapshot();
        assert!(
            during.admitted >= 4 && during.completed >= 4 && during.completed <= during.admitted,
            "{during:?}"
        );
        other.join().expect("no panic");
        done.note(true);
        assert_at_rest(&bulkhead, 2, 6);
    });
}
