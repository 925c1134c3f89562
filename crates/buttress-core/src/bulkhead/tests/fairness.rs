//! Nobody waits much longer than the others.

use super::*;
use std::collections::VecDeque;

/// Waits of `tasks` that ask again as soon as they are done, counted in turns that others got meanwhile. Every tenth wait is
/// given up and begun again.
fn waits(tasks: usize, limit: u32, waits: usize) -> Vec<usize> {
    let bulkhead = bulkhead(limit, tasks as u32);
    let mut running = VecDeque::new();
    let mut waiting = Vec::new();
    for task in 0..tasks {
        match bulkhead.join(ONE, Priority::Normal).unwrap() {
            Joined::Admitted(ticket) => running.push_back((task, ticket)),
            Joined::Waiting(place) => waiting.push((task, place, 0)),
        }
    }
    let (mut turns, mut lengths) = (0, Vec::new());
    while lengths.len() < waits {
        let (task, ticket) = running.pop_front().expect("somebody runs");
        // The task asks again before it lets the others in: it does not overtake them.
        waiting.push((task, wait(&bulkhead, ONE, Priority::Normal), turns));
        bulkhead.release(ticket);
        let next = waiting
            .iter_mut()
            .enumerate()
            .find_map(|(at, (_, place, _))| Some((at, turn(&bulkhead, place)?)));
        let (at, ticket) = next.expect("somebody is next");
        let (task, _, since) = waiting.swap_remove(at);
        lengths.push(turns - since);
        turns += 1;
        running.push_back((task, ticket));
        if turns % 10 == 0 {
            let (task, place, _) = waiting.swap_remove(turns % waiting.len());
            bulkhead.leave(place, Left::Cancelled);
            waiting.push((task, wait(&bulkhead, ONE, Priority::Normal), turns));
        }
    }
    lengths
}

#[test]
fn c6_none_of_a_hundred_equal_tasks_waits_three_times_as_long_as_most_do() {
    for limit in [1, 7, 50] {
        let mut lengths = waits(100, limit, 10_000);
        lengths.sort_unstable();
        let (median, longest) = (lengths[lengths.len() / 2], lengths[lengths.len() - 1]);
        assert!(median > 0 && longest <= 3 * median, "{longest} turns, half of them {median}");
    }
}
