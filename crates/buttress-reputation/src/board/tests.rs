//! Who sits where.

use super::*;
use crate::sync::Ordering::Relaxed;

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
    assert_eq!(words, (0..CHUNK as u64).sum(), "those that stayed have their words");
}
