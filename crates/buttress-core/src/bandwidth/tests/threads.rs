//! Several threads at one line.

use super::*;
use crate::ManualClock;
use std::thread::scope;

#[test]
fn w57_threads_together_let_pass_what_is_due_and_not_a_byte_more() {
    const RATE: u64 = 1_000_000;
    let line = bandwidth(|to| to.upload(RATE).per_peer_upload(RATE / 2));
    let clock = ManualClock::new(Tick::ZERO);
    let peers = [Peer::new(), Peer::new()];
    let steps = 2_000;
    let step = Duration::from_micros(500);
    scope(|threads| {
        let asking: Vec<_> = (0..4)
            .map(|thread| {
                let (line, clock, peer) = (&line, &clock, &peers[thread % 2]);
                threads.spawn(move || {
                    let mut passed = 0;
                    while clock.now() < Tick::ZERO + step * steps {
                        passed += line.take(UP, 137, Some(peer), || clock.now()).unwrap_or(0);
                    }
                    passed
                })
            })
            .collect();
        for _ in 0..steps {
            clock.advance(step);
            std::thread::yield_now();
        }
        let passed: u64 = asking.into_iter().map(|thread| thread.join().unwrap()).sum();
        let due = RATE + RATE * (step * steps).as_millis() as u64 / 1_000;
        assert!(passed <= due, "{passed} of {due}");
        assert_eq!(line.lane(UP, clock.now()).bytes, passed, "counted");
    });
}
