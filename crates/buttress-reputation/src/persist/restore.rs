//! From a ledger to what is written, and back.

use super::past::Past;
use super::plan::plan;
use crate::peer::Ban;
use crate::sync::Ordering;
use crate::{Direction, Ledger, Score, Scoring, clock};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// All peers that have an entry, as they are written.
    pub(super) fn entries(&self) -> Vec<(K, Past)> {
        let now = clock::now();
        let wall = self.rules().wall(now);
        let entry = |record: &crate::ledger::Record<K>| {
            let bytes = Direction::ALL.map(|direction| record.traffic.bytes(direction));
            Some((record.key()?.clone(), Past::new(record.peer.kept(self.rules(), now), bytes, wall)))
        };
        self.records().iter().filter_map(|record| entry(record)).collect()
    }

    /// Makes of an empty ledger what was written so long ago, and says how many peers are known again.
    pub(super) fn restore(&self, peers: Vec<(K, Past)>, age: Duration) -> usize {
        let now = clock::now();
        let wall = self.rules().wall(now);
        let scoring = self.config().scoring();
        let mut restored = 0;
        for (key, past) in plan(peers, self.config().capacity()) {
            let record = self.make(&key);
            // A part of the store that is full of penalties has no room while others have.
            if record.key().is_some() {
                let (kept, bytes) = past.aged(age, wall, |score, age| decayed(scoring, score, age));
                record.peer.restore(self.rules(), &kept, now);
                self.await_end(&record);
                record.traffic.restore(bytes);
                restored += 1;
            }
        }
        restored
    }

    /// A number that is another whenever there is something new to write: of what changes with every deed, byte, ban and pardon.
    pub(super) fn version(&self) -> u64 {
        let now = clock::now();
        self.records().iter().fold(0, |version, record| {
            let counts = record.peer.counts();
            let bytes = Direction::ALL.map(|direction| record.traffic.bytes(direction));
            // Only of those that are banned, as there is a lock around the reason.
            let ban = record.peer.is_banned(now).then(|| record.peer.banned(now)).flatten();
            let words = [
                record.peer.seat().state().load(Ordering::Relaxed),
                record.peer.state() as u64,
                counts.samples(),
                bytes[0],
                bytes[1],
                hash(&ban),
                u64::from(record.peer.last_seen().cast_unsigned()),
            ];
            // The order of the records is not that of the next walk, so the sum is of what each comes to by itself.
            let own = words.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| {
                (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
            });
            version.wrapping_add(own)
        })
    }
}

/// One number for a ban, which is another if the ban is: until when it lasts, since when, and why.
fn hash(ban: &Option<Ban>) -> u64 {
    let mut hasher = DefaultHasher::new();
    ban.hash(&mut hasher);
    hasher.finish()
}

/// What is left of a score after so long.
fn decayed(scoring: &dyn Scoring, score: Score, age: Duration) -> Score {
    let seconds = u32::try_from(age.as_secs()).unwrap_or(u32::MAX);
    scoring.score(scoring.set(score, 0), seconds)
}
