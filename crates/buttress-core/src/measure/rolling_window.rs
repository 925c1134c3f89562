//! Counts over a rolling window, in constant memory and with one addition per success.
//!
//! The window is a ring of buckets along a *position*: nanoseconds for a window of time, the number of the call for a
//! window of calls. A bucket's word carries the tag of the lap it belongs to, so nobody sweeps: who adds to a bucket
//! of an earlier lap sees the old tag in the value that the addition returns, and puts the bucket in order. What an
//! overwritten bucket held goes to the lifetime totals, so those cost nothing per call.

use crate::sync::{AtomicU64, Ordering};

/// Buckets in the ring. The model checker gets a smaller one, as each is three words to explore.
pub(crate) const BUCKETS: u64 = if cfg!(buttress_loom) { 2 } else { 10 };

/// Bits of a tag that tell generations apart.
const GENERATION_BITS: u32 = 4;

/// What a window, or a lifetime, saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) ok: u64,
    pub(crate) bad: u64,
    /// Calls that were slow, among both.
    pub(crate) slow: u64,
}

impl Tally {
    pub(crate) const fn calls(self) -> u64 {
        self.ok + self.bad
    }
}

/// Counters of one kind (good, bad or slow calls): a ring of buckets and what left it.
#[derive(Debug)]
struct Ring {
    buckets: [AtomicU64; BUCKETS as usize],
    retired: AtomicU64,
}

/// Where a call falls: which bucket, and under which tag.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    bucket: usize,
    tag: u64,
}

#[derive(Debug)]
pub(crate) struct RollingWindow {
    ok: Ring,
    bad: Ring,
    slow: Ring,
    /// 2⁶⁴ divided by the width of a bucket: a multiplication in place of a division.
    reciprocal: u64,
    /// Buckets that are still part of the window, the current one included.
    span: u32,
    /// Low bits of a word that count; above them the generation, then the lap.
    count_bits: u32,
}

impl RollingWindow {
    /// A window over `span` buckets of `width` positions each.
    ///
    /// Laps need more bits when they are short: with `short_laps` they get 36 and a bucket counts to 8 million,
    /// otherwise 32 and 134 million, and the wider a bucket, the further it counts. Either way a gap of a hundred years is
    /// told from none. A bucket of a few calls needs to count no further than those and the threads that arrive late, and
    /// its laps are over soon: it gets 48 bits for them.
    pub(crate) fn new(width: u64, span: u64, short_laps: bool) -> Self {
        debug_assert!(width > 0 && (1..=BUCKETS).contains(&span), "the config checks its window");
        Self {
            ok: Ring::new(),
            bad: Ring::new(),
            slow: Ring::new(),
            reciprocal: u64::MAX / width,
            span: span as u32,
            count_bits: if short_laps {
                24
            } else {
                (width.ilog2() + 12).min(28).max((width / 5 * 9).max(1).ilog2())
            },
        }
    }

    /// The place of `position` in the given generation.
    #[inline]
    pub(crate) fn place(&self, position: u64, generation: u64) -> Place {
        let epoch = self.epoch(position);
        Place { bucket: (epoch % BUCKETS) as usize, tag: self.tag(epoch / BUCKETS, generation) }
    }

    /// Looks at the bucket that a good call at `position` will be counted in.
    #[inline]
    pub(crate) fn glance(&self, position: u64) -> u64 {
        self.ok.buckets[(self.epoch(position) % BUCKETS) as usize].load(Ordering::Relaxed)
    }

    /// Counts a good call; whether the count stands (a place of an earlier generation counts for the lifetime only).
    #[inline]
    pub(crate) fn add_ok(&self, place: Place) -> bool {
        self.ok.add(place, self.count_bits)
    }

    pub(crate) fn add_bad(&self, place: Place) -> bool {
        self.bad.add(place, self.count_bits)
    }

    pub(crate) fn add_slow(&self, place: Place) -> bool {
        self.slow.add(place, self.count_bits)
    }

    /// Counts calls that belong to the lifetime but to no window.
    pub(crate) fn retire(&self, tally: Tally) {
        for (ring, count) in self.rings().into_iter().zip([tally.ok, tally.bad, tally.slow]) {
            if count > 0 {
                ring.retired.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    /// What the window holds at `position`, of the given generation alone.
    pub(crate) fn tally(&self, position: u64, generation: u64) -> Tally {
        let epoch = self.epoch(position);
        let (lap, newest) = (epoch / BUCKETS, (epoch % BUCKETS) as usize);
        // Behind the newest bucket stand those of the lap before. In the first lap that has been none: when the clock went
        // back, they hold what is not to expire.
        let tags = [lap, lap.saturating_sub(1)].map(|lap| self.tag(lap, generation));
        let first = (newest + 1).saturating_sub(self.span as usize);
        let older = BUCKETS as usize - (self.span as usize).saturating_sub(newest + 1);
        let [ok, bad, slow] = self.rings().map(|ring| {
            let (this_lap, last_lap) = (&ring.buckets[first..=newest], &ring.buckets[older..]);
            sum(this_lap, tags[0], self.count_bits) + sum(last_lap, tags[1], self.count_bits)
        });
        Tally { ok, bad, slow }
    }

    /// Everything ever counted.
    pub(crate) fn lifetime(&self) -> Tally {
        let [ok, bad, slow] = self.rings().map(|ring| ring.lifetime(self.count_bits));
        Tally { ok, bad, slow }
    }

    /// Empties the window for a new generation; what it held stays in the lifetime totals.
    pub(crate) fn clear(&self, generation: u64) {
        let mask = self.generation_mask();
        let fresh = (generation << self.count_bits) & mask;
        for ring in self.rings() {
            ring.reset(|word| (word & !mask & !low(self.count_bits)) | fresh, self.count_bits);
        }
    }

    /// Takes the failures out of the window.
    pub(crate) fn forget_bad(&self) {
        self.bad.reset(|word| word & !low(self.count_bits), self.count_bits);
    }

    fn rings(&self) -> [&Ring; 3] {
        [&self.ok, &self.bad, &self.slow]
    }

    #[inline]
    fn epoch(&self, position: u64) -> u64 {
        ((u128::from(position) * u128::from(self.reciprocal)) >> 64) as u64
    }

    #[inline]
    fn tag(&self, lap: u64, generation: u64) -> u64 {
        ((lap << GENERATION_BITS) | (generation & low(GENERATION_BITS))) << self.count_bits
    }

    #[inline]
    const fn generation_mask(&self) -> u64 {
        low(GENERATION_BITS) << self.count_bits
    }
}

impl Ring {
    fn new() -> Self {
        Self { buckets: std::array::from_fn(|_| AtomicU64::new(0)), retired: AtomicU64::new(0) }
    }

    #[inline]
    fn add(&self, place: Place, count_bits: u32) -> bool {
        let old = self.buckets[place.bucket].fetch_add(1, Ordering::Relaxed);
        // One comparison for both: the right tag, and the top bit of the count, which marks it as full, not set.
        if (old ^ place.tag) >> (count_bits - 1) == 0 {
            return true;
        }
        self.settle(place, old, count_bits)
    }

    /// Puts right an addition that fell into a bucket of another lap or generation, or into a full one.
    #[cold]
    fn settle(&self, place: Place, strayed_into: u64, count_bits: u32) -> bool {
        let word = &self.buckets[place.bucket];
        let count = low(count_bits);
        let generation = low(GENERATION_BITS) << count_bits;
        let stray = strayed_into & !count;
        let same_generation = (stray ^ place.tag) & generation == 0;
        let full = stray == place.tag;
        if full || !same_generation {
            // Full: the count stays at its end. Another generation: the bucket is younger than the call, which is none of
            // its business. Either way the stray is taken back, unless the bucket was overwritten and the stray retired.
            let taken_back = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
                (now & !count == stray && now & count > 0).then(|| now - 1)
            });
            if taken_back.is_ok() {
                self.retired.fetch_add(1, Ordering::Relaxed);
            }
            return full;
        }
        let mut now = word.load(Ordering::Relaxed);
        loop {
            let tag = now & !count;
            if (tag ^ place.tag) & generation != 0 {
                // Cleared meanwhile; the stray was retired with what the bucket held.
                return false;
            }
            let behind = lap_distance(tag, place.tag) > 0;
            let next = if behind { place.tag | 1 } else { now + 1 };
            if !behind && tag == stray {
                // The bucket belongs to a later lap: this call is late by a whole window and counts where it arrived.
                return true;
            }
            match word.compare_exchange_weak(now, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    // Who overwrites retires what was there, all strays included; each stray withdraws its own one.
                    let retired = if behind { now & count } else { 0 };
                    self.retired.fetch_add(retired.wrapping_sub(1), Ordering::Relaxed);
                    return true;
                }
                Err(other) => now = other,
            }
        }
    }

    fn reset(&self, keep: impl Fn(u64) -> u64, count_bits: u32) {
        for word in &self.buckets {
            let old = word
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| Some(keep(word)))
                .unwrap_or_else(|word| word);
            self.retired.fetch_add(old & low(count_bits), Ordering::Relaxed);
        }
    }

    fn lifetime(&self, count_bits: u32) -> u64 {
        let counted = self.buckets.iter().map(|word| word.load(Ordering::Relaxed) & low(count_bits));
        let total = counted.fold(self.retired.load(Ordering::Relaxed), u64::wrapping_add);
        // A stray on its way can leave the sum below zero for an instant.
        if total > u64::MAX / 2 { 0 } else { total }
    }
}

/// What `buckets` count that belong to `tag`, or to a later lap of its generation: those are there when the clock went back,
/// and nothing expires until it has caught up.
fn sum(buckets: &[AtomicU64], tag: u64, count_bits: u32) -> u64 {
    let count = |word: &AtomicU64| {
        let word = word.load(Ordering::Relaxed);
        let ahead = lap_distance(tag, word);
        if ahead < 0 {
            0
        } else if ahead <= low(count_bits) as i64 {
            // The tag is the very same, so the difference is the count.
            ahead as u64
        } else {
            let same_generation = (word ^ tag) & (low(GENERATION_BITS) << count_bits) == 0;
            if same_generation { word & low(count_bits) } else { 0 }
        }
    };
    buckets.iter().map(count).sum()
}

/// How many laps `to` is ahead of `from`, scaled; negative if it is behind. Right for gaps of up to half of all laps.
#[inline]
const fn lap_distance(from: u64, to: u64) -> i64 {
    // The lap is the topmost field, so the difference of whole words has its sign; equal generations cancel out.
    to.wrapping_sub(from) as i64
}

#[inline]
const fn low(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[cfg(all(test, buttress_loom))]
mod models;
#[cfg(all(test, not(buttress_loom)))]
mod tests;
