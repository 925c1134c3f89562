//! Peers that outlive the process.
//!
//! What a network has taught costs as much to learn again as it did at first, and who was banned is glad of every restart.
//! [`Kept`] is a [`Ledger`] that begins with what the process before has left, and is saved every so often on a thread of its own,
//! soon after a ban or its end, and at the end. Nobody who records anything waits for the disk.
//!
//! ```
//! use buttress_reputation::Config;
//! use buttress_reputation::persist::{Found, Kept};
//! use std::time::Duration;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("peers.json");
//! let kept = Kept::<String>::open(&path, "swarm", Config::default());
//! kept.ledger().record_success("alice", Duration::from_millis(20));
//! assert!(kept.ledger().ban("mallory", "sent garbage", Duration::from_secs(3600)));
//! drop(kept);
//!
//! let kept = Kept::<String>::open(&path, "swarm", Config::default());
//! if let Found::Unusable { why, put_aside } = kept.found() {
//!     eprintln!("all peers are strangers again, as {why}; the file is {put_aside:?}");
//! }
//! assert!(!kept.ledger().should_communicate("mallory"));
//! assert!(kept.ledger().peer("alice").is_some_and(|alice| alice.score.get() > 50.0));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What is kept
//! Of each peer its score, what it did, how long it took, the bytes, when it was heard of first and last, its ban with the reason
//! and how often it was banned, and for how long its breaker stays open. Not what is in flight, nor what it owes of a bandwidth.
//!
//! # Time between two processes
//! is told by the clock on the wall, as they have no other in common, and that one is not trusted:
//! - Where it went back, no time has passed.
//! - Scores decay by all of it. They become more like that of a new peer by that, from either side, and never better than it.
//! - A ban is shortened by at most half of what was left of it. So a clock that jumps ahead by ten years lifts no ban, nor does it
//!   bring all of them to the same moment; one that tells the truth makes a ban of an hour last up to half an hour longer than it
//!   would have. One without an end has none.
//! - An open breaker is the better for all of it: when its time is over, a probe decides.
//!
//! # What can go wrong
//! No file, whatever is in it, keeps a process from its start: one that cannot be used is put aside and all peers are as new. A
//! peer that is in it twice is what is worse of both. Of more peers than the ledger has room for, those come first that something
//! is held against; and so it is with more than fit into a file, which is of 64 MiB or of 2 KiB for each peer that there is room
//! for, whichever is more. One process at a time has the file: another one starts with what is in it, and saves nothing until the
//! first has ended, which [`Saves::trouble`] says meanwhile. A process that is killed loses what it learned since it saved last.

mod fit;
mod past;
mod plan;
mod restore;

pub use buttress::disk::keeper::{EVERY, Found, Saves};

use crate::ledger::Listening;
use crate::{Change, Config, Ledger, clock};
use buttress::disk::StateFile;
use buttress::disk::keeper::{Keep, Keeper, Opened};
use past::Past;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::Hash;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// The kind of file, and the version of what is in it.
const KIND: &str = "peers";
const VERSION: u32 = 1;

/// More than a peer takes, unless its id is as long as no id is.
const PER_PEER: u64 = 2 << 10;

/// What is read and written whatever the room for peers: there may have been more of it when the file was written.
const AT_LEAST: u64 = 64 << 20;

/// How soon after one ban another one is saved before it is due: a flood of bans is not one of writes.
const BETWEEN_BANS: Duration = Duration::from_secs(1);

/// A ledger that is kept in a file, for as long as this lives. Dropped, it saves once more and waits for that, a second at most.
///
/// Any id will do that serde can write and read, as JSON.
pub struct Kept<K = String>
where
    K: Clone + Eq + Hash + Serialize + Send + Sync + 'static,
{
    keeper: Keeper<Peers<K>>,
    found: Found,
    restored: usize,
    _bans: Listening<K>,
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
struct Saved<K> {
    peers: Vec<(K, Past)>,
}

/// All peers of a ledger.
struct Peers<K: Clone> {
    ledger: Ledger<K>,
    /// So many bytes a file of them has at most.
    at_most: u64,
}

impl<K> Kept<K>
where
    K: Clone + Eq + Hash + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// The ledger `name`, kept in the file at `path`. Its room is that of the settings, as are its rules, whatever they were when
    /// the file was written.
    ///
    /// Reads the file, so it blocks on the disk.
    ///
    /// # Panics
    /// If no thread can be started.
    #[must_use]
    pub fn open(path: impl AsRef<Path>, name: &str, config: Config) -> Self {
        let at_most = AT_LEAST.max(PER_PEER.saturating_mul(config.capacity() as u64));
        let file = StateFile::new(path.as_ref(), KIND, VERSION).at_most(at_most);
        let (saved, found, place) = Opened::<Saved<K>>::of(file).into_parts();
        let age = if let Found::State { age } = found { age } else { Duration::ZERO };
        let ledger = Ledger::new(name, config);
        let restored = saved.map_or(0, |saved| ledger.restore(saved.peers, age));
        let keeper = place.keep("peers", Peers { ledger: ledger.clone(), at_most });
        ledger.watched().kept_by(keeper.saver().clone());
        let bans = {
            let saver = keeper.saver().clone();
            let last = Mutex::new(None);
            ledger.on_event(move |_, event| {
                if let Change::Banned { .. } | Change::Unbanned = event.change {
                    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                    let now = clock::now();
                    if last.is_none_or(|last| now.since(last) >= BETWEEN_BANS) {
                        *last = Some(now);
                        saver.changed();
                    }
                }
            })
        };
        Self { keeper, found, restored, _bans: bans }
    }

    /// Saves it so often instead of [every 10 seconds](EVERY), at least a millisecond apart, and only if it is another.
    #[must_use]
    pub fn every(self, period: Duration) -> Self {
        self.keeper.set_period(period);
        self
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger<K> {
        &self.keeper.kept().ledger
    }

    /// What the process before has left.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// How many peers of it are known again: all, unless it had some twice or the room is less than it was.
    #[must_use]
    pub const fn restored(&self) -> usize {
        self.restored
    }

    /// Saves it now, on this thread.
    ///
    /// # Errors
    /// If the disk does not take it, or another process has the file. It is tried again when it is due.
    pub fn save(&self) -> io::Result<()> {
        self.keeper.save()
    }

    /// How it stands with the file.
    #[must_use]
    pub fn saves(&self) -> Saves {
        self.keeper.saver().saves()
    }
}

impl<K> Keep for Peers<K>
where
    K: Clone + Eq + Hash + Serialize + Send + Sync + 'static,
{
    type State = Saved<K>;

    fn version(&self) -> u64 {
        self.ledger.version()
    }

    fn state(&self) -> Saved<K> {
        Saved { peers: fit::into(self.at_most, self.ledger.entries()) }
    }
}

impl<K: Clone> Clone for Peers<K> {
    fn clone(&self) -> Self {
        Self { ledger: self.ledger.clone(), at_most: self.at_most }
    }
}

impl<K> fmt::Debug for Kept<K>
where
    K: Clone + Eq + Hash + Serialize + Send + Sync + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("ledger", &self.keeper.kept().ledger)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}
