//! Tokens in a bucket, without time.

use super::TOKEN;
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Bucket {
    /// In billionths of a token, as the others.
    tokens: AtomicU64,
    max: u64,
    ratio: u64,
}

impl Bucket {
    pub(super) fn new(max: u64, ratio: u64) -> Self {
        Self { tokens: AtomicU64::new(max), max, ratio }
    }

    /// A full bucket is only read.
    #[inline]
    pub(super) fn deposit(&self) {
        self.add(self.ratio);
    }

    /// What it took.
    pub(super) fn withdraw(&self, share: u64) -> Option<u64> {
        let price = price(share)?;
        let take = |tokens: u64| tokens.checked_sub(price);
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok().then_some(price)
    }

    pub(super) fn refund(&self, price: u64) {
        self.add(price);
    }

    pub(super) fn balance(&self, share: u64) -> u64 {
        price(share).map_or(0, |price| self.tokens.load(Ordering::Relaxed) / price)
    }

    #[inline]
    fn add(&self, billionths: u64) {
        let fill = |tokens: u64| (tokens < self.max).then(|| self.max.min(tokens + billionths));
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fill);
    }
}

/// What a retry costs while it gets only a share of what the deposits are worth; `None` if there is none for any price.
fn price(share: u64) -> Option<u64> {
    // A token for everything, and at most a billion times a billion.
    (share > 0).then(|| (TOKEN * TOKEN).div_ceil(share))
}
