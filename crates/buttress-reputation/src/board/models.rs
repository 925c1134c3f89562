//! Every way in which a peer can lose its place while somebody still judges it.

use super::*;
use crate::sync::Ordering::{AcqRel, Acquire, Relaxed};

/// Somebody with a seat.
struct Sitter(Seat);

impl Sitter {
    /// A judgement, as peers do it: from what is read to what is made of it, and again if somebody was faster.
    fn judge(&self, points: u64) {
        let word = self.0.state();
        let mut seen = word.load(Acquire);
        while let Err(now) = word.compare_exchange(seen, seen + points, AcqRel, Acquire) {
            seen = now;
        }
    }
}

fn sit(board: &Board<Sitter>, state: u64) -> Arc<Sitter> {
    let sitter = Arc::new(Sitter(board.seat(state)));
    board.sit(sitter.0.number(), &sitter);
    sitter
}

#[test]
fn g2_a_straggler_never_judges_the_one_who_sits_there_next() {
    loom::model(|| {
        let board = Arc::new(Board::new());
        let first = sit(&board, 100);
        let straggler = Arc::clone(&first);
        let judging = loom::thread::spawn(move || {
            straggler.judge(1);
            straggler.judge(1);
        });
        // The store forgets the first one, and a new one comes.
        drop(first);
        let second = sit(&board, 200);
        second.judge(10);
        judging.join().expect("the thread ends");
        assert_eq!(second.0.state().load(Relaxed), 210, "what it earned itself");
        assert!(board.seats() <= 2);
    });
}

#[test]
fn f4_a_seat_that_two_give_up_is_given_to_one() {
    loom::model(|| {
        let board = Arc::new(Board::new());
        let old = [sit(&board, 1), sit(&board, 2)];
        let coming = Arc::clone(&board);
        let other = loom::thread::spawn(move || sit(&coming, 3));
        drop(old);
        let one = sit(&board, 4);
        let other = other.join().expect("the thread ends");
        assert_ne!(one.0.number(), other.0.number());
        let states = [one.0.state().load(Relaxed), other.0.state().load(Relaxed)];
        assert_eq!(states, [4, 3]);
    });
}
