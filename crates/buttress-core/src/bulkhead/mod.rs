//! The bulkhead: a limit on how many calls are under way at a time, and a queue of limited length for those beyond it.
//!
//! ```text
//!            room                          release
//!   call ───────────▶ in flight ─────────────────────▶ done
//!     │                  ▲                     │
//!     │ full             │ the next turn       │ hands on while somebody waits
//!     ├──────▶ queue ────┴─────────────────────┘
//!     │ queue full
//!     └──────▶ refused
//! ```
//!
//! What is free is one word: the way in is a load and a compare-and-swap, the way out one addition. Only while somebody waits
//! is there a lock, and a flag in the word says so: with it set, who comes joins the queue instead of overtaking it, and who
//! leaves hands on what it held. The flag is set by a compare-and-swap on a word without enough room, so a release either came
//! before, and the waiter saw the room, or comes after, and sees the flag.
//!
//! # Whose turn is next
//! Within a priority, who came first. A higher priority goes first, but after seven turns in a row that passed over who has
//! waited longest, that one is next: what is unimportant is slow and not starved. Who is next and finds too little room for its
//! weight is waited for, and nobody lighter slips past it. When the queue is full, a call of a higher priority that
//! has to wait takes the place of the last one of the lowest priority, which is refused.
//!
//! # Change of the limit
//! The limit can change at any time. When it shrinks beneath what is in flight nobody is admitted until that has fallen below
//! it; when it grows, those who wait get the room first. Who waits for more than the new limit is refused, as its turn
//! would never come.
//!
//! ```
//! use buttress_core::Reason;
//! use buttress_core::bulkhead::{Bulkhead, Config, Joined, Priority, Weight};
//!
//! let bulkhead = Bulkhead::new(Config::builder().max_concurrent(1).queue(1).build()?);
//! let ticket = bulkhead.try_acquire(Weight::MIN).expect("nobody is in there");
//! let Ok(Joined::Waiting(mut place)) = bulkhead.join(Weight::MIN, Priority::Normal) else {
//!     unreachable!("there is one place, and it is taken");
//! };
//! let refusal = bulkhead.join(Weight::MIN, Priority::Normal).expect_err("the queue is full too");
//! assert_eq!(refusal.reason(), Reason::Full);
//!
//! let waker = std::task::Waker::noop();
//! assert!(bulkhead.poll(&mut place, waker).is_pending());
//! bulkhead.release(ticket);
//! assert!(bulkhead.poll(&mut place, waker).is_ready());
//! # Ok::<(), buttress_core::InvalidConfig>(())
//! ```

mod builder;
mod config;
mod difference;
pub mod presets;
mod queue;
mod snapshot;
mod wait;
mod wake;
mod word;
mod words;
mod worth;

pub use crate::config::Difference;
pub use builder::Builder;
pub use config::Config;
pub use snapshot::Snapshot;
pub use words::{Joined, Left, Place, Priority, Ticket, Weight};

use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering};
use crate::{Reason, Refusal};
use wait::Waiting;
use word::{ADMITTED_FULL, CARRY, CLOSED, MOST, RELEASED, RELEASED_FULL, WAITING, Word, place, room};

/// The machine. Shared by reference or `Arc`; has no name and no clock, and wakes those who wait by their wakers.
///
/// In this order, as what refusals write then lies on another line than what they read: many that are refused do not hold up
/// those who are done.
#[derive(Debug)]
#[repr(C)]
pub struct Bulkhead {
    word: AtomicU64,
    /// Written under the lock, together with the word.
    limit: AtomicU32,
    /// How many priorities, from the lowest, find no place to wait. Written under the lock.
    turned_away: AtomicU32,
    config: Config,
    waiting: Mutex<Waiting>,
    rejected: AtomicU64,
    too_large: AtomicU64,
}

impl Bulkhead {
    /// The highest limit there can be: 67,108,863.
    pub const MOST: u32 = MOST;

    /// A bulkhead that nobody has entered.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let zero = || AtomicU64::new(0);
        let waiting = Waiting::default();
        Self {
            word: AtomicU64::new(Word::new(config.max_concurrent).0),
            limit: AtomicU32::new(config.max_concurrent),
            turned_away: AtomicU32::new(waiting.queue.turned_away(config.queue)),
            config,
            waiting: Mutex::new(waiting),
            rejected: zero(),
            too_large: zero(),
        }
    }

    /// The settings it was made with. [`Bulkhead::limit`] tells what the limit is by now.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The limit now.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed)
    }

    /// What is taken of the limit now, by weight, at the cost of two loads. At the moment in which the limit changes it may be
    /// off by the change; [`Bulkhead::snapshot`] is exact.
    #[inline]
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        taken(self.limit(), self.word())
    }

    /// How many wait now.
    #[must_use]
    pub fn queued(&self) -> u32 {
        if self.word().is_waiting() { self.waiting().queue.len() } else { 0 }
    }

    /// May I call, without a wait? Yes if there is room, nobody waits for it and it is not closed. The ticket goes back with
    /// [`Bulkhead::release`].
    ///
    /// # Errors
    /// [`Reason::Full`]; or [`Reason::TooLarge`] when `weight` is above the limit.
    #[inline]
    pub fn try_acquire(&self, weight: Weight) -> Result<Ticket, Refusal> {
        self.acquire_uncounted(weight).inspect_err(|refusal| self.count_rejected(*refusal))
    }

    /// As [`Bulkhead::try_acquire`], for those who ask before there is a call: a refusal is not counted.
    ///
    /// # Errors
    /// [`Reason::Full`]; or [`Reason::TooLarge`] when `weight` is above the limit.
    #[inline]
    pub fn acquire_uncounted(&self, weight: Weight) -> Result<Ticket, Refusal> {
        let mut word = self.word();
        loop {
            if !word.admits_as_it_is(weight) {
                if !word.admits(weight) {
                    return Err(self.refusal(weight));
                }
                word = self.carry_over();
                continue;
            }
            let next = word.admit(weight).0;
            match self.word.compare_exchange_weak(word.0, next, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Ticket { weight }),
                Err(other) => word = Word(other),
            }
        }
    }

    /// Counts a call that was refused on the word of [`Bulkhead::acquire_uncounted`].
    #[inline]
    pub fn count_rejected(&self, refusal: Refusal) {
        let counter = if refusal.reason() == Reason::TooLarge { &self.too_large } else { &self.rejected };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The call is done.
    #[inline]
    pub fn release(&self, ticket: Ticket) {
        let done = place(ticket.weight) + RELEASED;
        let word = self.word.fetch_add(done, Ordering::Release);
        if word & (WAITING | RELEASED_FULL) != 0 {
            self.hand_on();
        }
    }

    /// There was no call after all.
    pub fn give_back(&self, ticket: Ticket) {
        let mut waiting = self.waiting();
        waiting.given_back += 1;
        self.word.fetch_add(place(ticket.weight), Ordering::Release);
        self.serve(waiting);
    }

    /// Changes the limit, from 1 to [`Bulkhead::MOST`]; what is beyond is taken for the nearest of the two.
    pub fn resize(&self, max_concurrent: u32) {
        let limit = max_concurrent.clamp(1, MOST);
        let mut waiting = self.waiting();
        let change = i64::from(limit) - i64::from(self.limit());
        self.limit.store(limit, Ordering::Relaxed);
        self.word.fetch_add(room(change), Ordering::Relaxed);
        if change < 0 {
            for slot in waiting.queue.heavier_than(limit) {
                self.count_rejected(Refusal::new(Reason::TooLarge));
                waiting.refuse(slot, Reason::TooLarge);
            }
        }
        self.serve(waiting);
    }

    /// Refuses as full whoever comes from now on, while what is in flight goes on and those who wait have their turn.
    pub fn close(&self) {
        self.word.fetch_or(CLOSED, Ordering::Relaxed);
    }

    /// Lets calls in again after [`Bulkhead::close`].
    pub fn reopen(&self) {
        self.word.fetch_and(!CLOSED, Ordering::Relaxed);
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.word().is_closed()
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let waiting = self.waiting();
        let (limit, word) = (self.limit(), self.word());
        Snapshot {
            limit,
            in_flight: taken(limit, word),
            queue: self.config.queue,
            queued: waiting.queue.len(),
            admitted: waiting.admitted + word.admitted(),
            completed: waiting.completed + word.released(),
            given_back: waiting.given_back,
            waited: waiting.joined,
            rejected: self.rejected.load(Ordering::Relaxed),
            too_large: self.too_large.load(Ordering::Relaxed),
            timed_out: waiting.timed_out,
            expired: waiting.expired,
            cancelled: waiting.cancelled,
        }
    }

    #[inline]
    fn word(&self) -> Word {
        Word(self.word.load(Ordering::Relaxed))
    }

    #[inline]
    fn refusal(&self, weight: Weight) -> Refusal {
        let too_large = weight > Weight::MIN && weight.get() > self.limit();
        Refusal::new(if too_large { Reason::TooLarge } else { Reason::Full })
    }

    /// Carries counts that are full over to the totals; the word after that.
    #[cold]
    fn carry_over(&self) -> Word {
        self.carry(&mut self.waiting());
        self.word()
    }

    /// The same under the lock, under which alone the bits that ask for it are cleared.
    fn carry(&self, waiting: &mut Waiting) {
        for (full, total) in [(ADMITTED_FULL, &mut waiting.admitted), (RELEASED_FULL, &mut waiting.completed)]
        {
            if self.word().0 & full != 0 {
                *total += CARRY;
                self.word.fetch_and(!full, Ordering::Relaxed);
            }
        }
    }

    /// What was released goes to those who wait, if there are any.
    #[cold]
    #[inline(never)]
    fn hand_on(&self) {
        let mut waiting = self.waiting();
        self.carry(&mut waiting);
        self.serve(waiting);
    }
}

fn taken(limit: u32, word: Word) -> u32 {
    u32::try_from(i64::from(limit) - word.free()).unwrap_or(0)
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
