//! The bucket: one word that all calls exchange, and beside it numbers that hardly ever change.
//!
//! The word is `generation 8 | full 56`: when the bucket will be full, in the units of [`Gcra`] since `base`. Numbers and base
//! are only changed under the lock, while the word says so:
//!
//! 1. the word is exchanged for *frozen*, from which nothing else goes on;
//! 2. the numbers are replaced;
//! 3. the word is set to what the old one is in the new numbers, in the next generation.
//!
//! Who read numbers of which some are old and some new has read the word before step 1, and its exchange fails. Who begins
//! after step 3 sees all of them. Eight bits of generation tell a straggler apart unless there were 256 changes, or a multiple
//! of that, between its reading and its exchange, and the word says the very same again.
//!
//! The same change, with numbers as they were, moves the base on before 54 bits of units have passed: after months at rates
//! such as 100 a second, after seconds at ones that need fractions of a nanosecond. So the age of a bucket has no end.

use super::gcra::{Gcra, No};
use super::{Config, Snapshot};
use crate::clock::nanos;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, lock};
use crate::{Reason, Refusal, Tick};
use std::convert::Infallible;
use std::time::Duration;

const FULL_BITS: u32 = 56;
const FROZEN: u64 = (1 << FULL_BITS) - 1;
/// Units after which the base moves on.
const HORIZON: u64 = 1 << 54;

/// The machine. Shared by reference or `Arc`; has no name and no clock, and takes no lock to decide.
///
/// In the order in which it is written down, so that a decision reads one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct TokenBucket {
    word: AtomicU64,
    /// In nanoseconds; nothing is admitted before.
    paused_until: AtomicU64,
    base: AtomicU64,
    token: AtomicU64,
    per_nano: AtomicU64,
    /// The bits of the burst; `token` times that is the capacity.
    burst: AtomicU64,
    /// In nanoseconds since the base.
    horizon: AtomicU64,
    config: Mutex<Config>,
}

/// The numbers, and the word that they are about.
struct Read {
    word: u64,
    gcra: Gcra,
    /// Units from the base to now.
    now: u64,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        let zero = || AtomicU64::new(0);
        let bucket = Self {
            word: zero(),
            paused_until: zero(),
            base: zero(),
            token: zero(),
            per_nano: zero(),
            burst: zero(),
            horizon: zero(),
            config: Mutex::new(config),
        };
        bucket.write(&numbers(&config), now.as_nanos());
        bucket
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> Config {
        *lock(&self.config)
    }

    /// Takes `cost` tokens, or none and tells why: [`Reason::RateLimited`] with the time after which they are there, if nobody
    /// else takes them; [`Reason::TooLarge`] for more than the bucket ever holds.
    ///
    /// # Errors
    /// There are not so many tokens, now or ever.
    #[inline]
    pub fn try_acquire(&self, cost: u32, now: Tick) -> Result<(), Refusal> {
        // Once where it is called, as almost always nobody is in the way and the rest would cost its registers.
        if let Some(read) = self.look(now) {
            match read.gcra.take(read.full(), cost, read.now) {
                Ok(after) if self.is_running(now) && self.exchange(&read, after) => return Ok(()),
                taken @ Err(No::After(_)) if self.stands(&read) => {
                    return Err(self.refusal(&read, taken, now));
                }
                _ => {}
            }
        }
        self.try_acquire_again(cost, now)
    }

    #[cold]
    #[inline(never)]
    fn try_acquire_again(&self, cost: u32, now: Tick) -> Result<(), Refusal> {
        self.change(now, |read| match read.gcra.take(read.full(), cost, read.now) {
            Ok(after) if self.is_running(now) => Ok((after, ())),
            taken => Err(self.refusal(read, taken, now)),
        })
    }

    /// Takes `cost` tokens, also from the future, and tells how long to wait before they are used: zero if they are there. Or
    /// takes none and tells why, with the time after which it would be possible without a wait. Who gives the wait up can
    /// [refund](Self::refund) them, if nobody has reserved since.
    ///
    /// What is reserved comes before whoever asks later: in the order of asking, tokens come to those who wait.
    ///
    /// # Errors
    /// They would come later than after `max_wait`, or than [debt](Self::debit) ends, or never.
    pub fn reserve(&self, cost: u32, max_wait: Duration, now: Tick) -> Result<Duration, Refusal> {
        self.change(now, |read| {
            let (after, wait) = match read.gcra.take(read.full(), cost, read.now) {
                Ok(after) => (after, 0),
                Err(No::After(units)) => {
                    let most = read.now.wrapping_add(read.gcra.capacity);
                    (most.wrapping_add(units), read.gcra.nanos(units))
                }
                too_large @ Err(No::TooLarge) => return Err(self.refusal(read, too_large, now)),
            };
            let wait = wait.max(self.pause_left(now));
            if wait > nanos(max_wait) || after >= FROZEN {
                return Err(Refusal::after_nanos(Reason::RateLimited, wait));
            }
            Ok((after, Duration::from_nanos(wait)))
        })
    }

    /// How long until there are `cost` tokens, if nobody takes them; takes none.
    ///
    /// # Errors
    /// [`Reason::TooLarge`]: never.
    pub fn wait(&self, cost: u32, now: Tick) -> Result<Duration, Refusal> {
        loop {
            let read = self.read(now);
            let wait = match read.gcra.take(read.full(), cost, read.now) {
                Ok(_) => Ok(0),
                Err(No::After(units)) => Ok(read.gcra.nanos(units)),
                Err(No::TooLarge) => Err(Refusal::new(Reason::TooLarge)),
            };
            if self.stands(&read) {
                return wait.map(|wait| Duration::from_nanos(wait.max(self.pause_left(now))));
            }
        }
    }

    /// Takes `cost` tokens whatever is there, and tells how long it takes until the bucket is out of debt again: for what has
    /// happened already, or cannot be cut into pieces that fit. There is an end to debt, usually after months, at
    /// least after 4 s, or after milliseconds at odd rates above 8 million a second; what goes beyond it is not taken.
    #[must_use = "wait, or the rate does not hold"]
    pub fn debit(&self, cost: u64, now: Tick) -> Duration {
        let taken = self.change(now, |read| {
            let from = read.full().max(read.now);
            let after = from.saturating_add(cost.saturating_mul(read.gcra.token)).min(FROZEN - 1);
            let debt = after.saturating_sub(read.now.wrapping_add(read.gcra.capacity));
            let wait = read.gcra.nanos(debt).max(self.pause_left(now));
            Ok::<_, Infallible>((after, Duration::from_nanos(wait)))
        });
        let Ok(wait) = taken;
        wait
    }

    /// Puts `cost` tokens back that were taken and not used. What does not fit is lost.
    ///
    /// They come back at the end: who has [reserved](Self::reserve) after them keeps the time that was told, and the next to
    /// reserve is told that time too. So while somebody waits for a later reservation, putting one back lets up to `cost` more
    /// than the burst through at once, though never more over time; what was taken without a wait can always be put back.
    pub fn refund(&self, cost: u32) {
        let Ok(()) = self.change(Tick::ZERO, |read| {
            let tokens = u64::from(cost).saturating_mul(read.gcra.token);
            Ok::<_, Infallible>((read.full().saturating_sub(tokens), ()))
        });
    }

    /// Changes rate and burst. Tokens that are there stay, as many as the new burst holds; debt stays as many tokens. What a
    /// larger burst holds more fills at the rate, so a change gives nothing away.
    pub fn set(&self, config: Config, now: Tick) {
        let mut current = lock(&self.config);
        *current = config;
        self.replace(&current, &numbers(&config), now);
    }

    /// Admits nothing before `until`, as a peer asked for; a pause that lasts longer stays. Tokens come in meanwhile.
    pub fn pause_until(&self, until: Tick) {
        self.paused_until.fetch_max(until.as_nanos(), Ordering::Relaxed);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.paused_until.store(0, Ordering::Relaxed);
    }

    /// How it stands at `now`; changes nothing.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let (read, config) = loop {
            let read = self.read(now);
            let config = self.config();
            if self.stands(&read) {
                break (read, config);
            }
        };
        let room = read.gcra.room(read.full(), read.now);
        let remaining = u64::try_from(room).unwrap_or(0) / read.gcra.token;
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        let paused = self.pause_left(now);
        let after = |tokens| match read.gcra.take(read.full(), tokens, read.now) {
            Err(No::After(units)) => read.gcra.nanos(units).max(paused),
            _ => paused,
        };
        let full_in = read.gcra.nanos(read.full().saturating_sub(read.now));
        Snapshot {
            rate: config.rate(),
            burst: config.burst(),
            remaining: if paused > 0 { 0 } else { remaining },
            next_in: Duration::from_nanos(after(1)),
            more_in: Duration::from_nanos(after(if paused > 0 { 1 } else { remaining.saturating_add(1) })),
            full_in: Duration::from_nanos(full_in.max(paused)),
            paused_for: Duration::from_nanos(paused),
        }
    }

    #[inline]
    fn is_running(&self, now: Tick) -> bool {
        self.paused_until.load(Ordering::Relaxed) <= now.as_nanos()
    }

    fn pause_left(&self, now: Tick) -> u64 {
        self.paused_until.load(Ordering::Relaxed).saturating_sub(now.as_nanos())
    }

    #[inline]
    fn refusal(&self, read: &Read, taken: Result<u64, No>, now: Tick) -> Refusal {
        let wait = match taken {
            Err(No::TooLarge) => return Refusal::new(Reason::TooLarge),
            Err(No::After(units)) => read.gcra.nanos(units),
            Ok(_) => 0,
        };
        Refusal::after_nanos(Reason::RateLimited, wait.max(self.pause_left(now)))
    }

    /// Exchanges the word for what `decide` makes of it, or leaves it if that refuses. It is asked again when another thread
    /// was faster, and only its last answer counts.
    #[inline]
    fn change<R, E>(&self, now: Tick, decide: impl Fn(&Read) -> Result<(u64, R), E>) -> Result<R, E> {
        loop {
            let read = self.read(now);
            match decide(&read) {
                Ok((full, answer)) if self.exchange(&read, full) => return Ok(answer),
                Err(refusal) if self.stands(&read) => return Err(refusal),
                _ => {}
            }
        }
    }

    fn read(&self, now: Tick) -> Read {
        loop {
            match self.look(now) {
                Some(read) => return read,
                None => self.settle(now),
            }
        }
    }

    /// `None` while the numbers are being replaced, and when it is time that the base moves on.
    #[inline]
    fn look(&self, now: Tick) -> Option<Read> {
        let word = self.word.load(Ordering::Acquire);
        // Acquired, so that who reads one that is being replaced also finds the word frozen, or in another generation.
        let base = self.base.load(Ordering::Acquire);
        let since = now.as_nanos().saturating_sub(base);
        let stands = word & FROZEN != FROZEN && since < self.horizon.load(Ordering::Acquire);
        stands.then(|| self.numbers(word, since))
    }

    #[inline]
    fn numbers(&self, word: u64, since: u64) -> Read {
        let token = self.token.load(Ordering::Acquire);
        let per_nano = self.per_nano.load(Ordering::Acquire);
        let burst = self.burst.load(Ordering::Acquire);
        // Of numbers that change at this moment, the product may not make sense; the exchange will fail.
        let gcra = Gcra { token, per_nano, capacity: token.wrapping_mul(burst), burst: burst as u32 };
        Read { word, gcra, now: since.wrapping_mul(per_nano) }
    }

    /// Waits until the numbers stand still, and moves the base on if it is time.
    #[cold]
    #[inline(never)]
    fn settle(&self, now: Tick) {
        let config = lock(&self.config);
        let since = now.as_nanos().saturating_sub(self.base.load(Ordering::Relaxed));
        if since >= self.horizon.load(Ordering::Relaxed) {
            self.replace(&config, &numbers(&config), now);
        }
    }

    #[inline]
    fn exchange(&self, read: &Read, full: u64) -> bool {
        let next = (read.word & !FROZEN) | full;
        self.word.compare_exchange_weak(read.word, next, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Whether the numbers that were read are those of one bucket.
    #[inline]
    fn stands(&self, read: &Read) -> bool {
        let word = self.word.load(Ordering::Relaxed);
        word & FROZEN != FROZEN && (word ^ read.word) >> FULL_BITS == 0
    }

    /// Puts other numbers into place and moves the base to `now`, or leaves it where it is if `now` is earlier.
    fn replace(&self, _held: &MutexGuard<'_, Config>, gcra: &Gcra, now: Tick) {
        let word = self.word.fetch_or(FROZEN, Ordering::AcqRel);
        let base = self.base.load(Ordering::Relaxed);
        let old = self.numbers(word, 0);
        let since = u128::from(now.as_nanos().saturating_sub(base));
        // What is missing of a full bucket at `now`, in the old units and in the new ones.
        let missing = u128::from(old.full()).saturating_sub(since * u128::from(old.gcra.per_nano));
        let full = if *gcra == old.gcra {
            missing
        } else {
            let (token, capacity) = (u128::from(old.gcra.token), u128::from(old.gcra.capacity));
            let convert = |units: u128| units * u128::from(gcra.token);
            let new_capacity = u128::from(gcra.capacity);
            if missing <= capacity {
                // Rounded down, so that a change makes no token.
                new_capacity - (convert(capacity - missing) / token).min(new_capacity)
            } else {
                new_capacity + convert(missing - capacity).div_ceil(token)
            }
        };
        self.write(gcra, base.max(now.as_nanos()));
        let full = u64::try_from(full).unwrap_or(u64::MAX).min(FROZEN - 1);
        let generation = (word & !FROZEN).wrapping_add(1 << FULL_BITS);
        self.word.store(generation | full, Ordering::Release);
    }

    fn write(&self, gcra: &Gcra, base: u64) {
        let numbers = [
            (&self.base, base),
            (&self.token, gcra.token),
            (&self.per_nano, gcra.per_nano),
            (&self.burst, gcra.burst.into()),
            (&self.horizon, HORIZON / gcra.per_nano),
        ];
        for (word, number) in numbers {
            word.store(number, Ordering::Release);
        }
    }
}

impl Read {
    #[inline]
    const fn full(&self) -> u64 {
        self.word & FROZEN
    }
}

fn numbers(config: &Config) -> Gcra {
    Gcra::of(config).expect("a config was checked when it was made")
}
