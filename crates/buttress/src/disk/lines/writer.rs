//! The thread that writes.

use super::medium::Medium;
use super::segments::Segments;
use super::shared::{Shared, lock};
use super::{Line, json};
use crate::Tick;
use crate::disk::folder::Lock;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::fence;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, SystemTime};

/// So many bytes are written at once.
const BATCH: usize = 64 << 10;

/// A disk that is full or broken is asked again after this: soon enough for a person who made room, and seldom enough to
/// cost nothing.
const RETRY: Duration = Duration::from_secs(1);

/// How often files are looked through for those that are too old.
const EXPIRE: Duration = Duration::from_secs(3600);

/// The wall clock, or one that a test moves.
pub(super) type Clock = Box<dyn Fn() -> SystemTime + Send>;

/// A line on its way.
pub(super) struct Item<T> {
    pub(super) line: T,
    /// When it was pushed, if its class was not judged then.
    pub(super) unjudged: Option<Tick>,
}

pub(super) struct Writer<T, M: Medium> {
    pub(super) queue: Receiver<Item<T>>,
    pub(super) shared: Arc<Shared>,
    pub(super) segments: Segments<M>,
    pub(super) line_bytes: usize,
    pub(super) clock: Clock,
    /// Held for as long as the thread may write.
    pub(super) lock: Lock,
}

/// Lines that are next.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    lines: u64,
    /// So many that were taken with them never will be written.
    dropped: u64,
}

impl<T: Line, M: Medium> Writer<T, M> {
    /// Writes until it is told to end, and then what is left, if the disk takes it.
    pub(super) fn run(mut self) {
        /// However it ends, nobody waits for it any more.
        struct Over(Arc<Shared>);
        impl Drop for Over {
            fn drop(&mut self) {
                self.0.move_on(|progress| progress.is_over = true);
            }
        }
        let shared = Arc::clone(&self.shared);
        let _over = Over(Arc::clone(&shared));
        let mut pending = Pending::default();
        let mut expired_at = (self.clock)();
        loop {
            // Read before the queue is: what was pushed before the end was asked for is still written.
            let is_closing = shared.is_closing.load(Acquire);
            if shared.progress().clear_asked {
                self.clear(&mut pending);
            }
            let has_more = self.fill(&mut pending);
            let at = (self.clock)();
            if at.duration_since(expired_at).map_or(true, |since| since >= EXPIRE) {
                self.segments.expire(at);
                self.tell_size();
                expired_at = at;
            }
            let outcome = self.write(&mut pending, at);
            match outcome {
                Err(_) if is_closing => break self.give_up(&pending),
                Err(_) => thread::park_timeout(RETRY),
                Ok(()) if has_more => {}
                Ok(()) if is_closing => break,
                Ok(()) => self.sleep(&mut pending),
            }
        }
        if let Err(error) = self.segments.sync() {
            self.trouble(&error);
        }
        // Free for another process before anybody is told.
        drop(self.lock);
    }

    /// Takes lines until there are enough to write, and says whether there may be more.
    fn fill(&mut self, pending: &mut Pending) -> bool {
        while pending.bytes.len() < BATCH {
            match self.queue.try_recv() {
                Ok(item) => self.take(item, pending),
                Err(_) => return false,
            }
        }
        true
    }

    fn take(&mut self, item: Item<T>, pending: &mut Pending) {
        let Item { mut line, unjudged } = item;
        let shared = &self.shared;
        if let (Some(at), Some(quotas)) = (unjudged, &shared.quotas) {
            match lock(quotas).judge(line.class(), at).1 {
                Some(suppressed) => line.suppressed(suppressed),
                None => {
                    shared.suppressed.fetch_add(1, Relaxed);
                    pending.dropped += 1;
                    return;
                }
            }
        }
        let start = pending.bytes.len();
        let bytes = &mut pending.bytes;
        let appended = catch_unwind(AssertUnwindSafe(|| json::append(bytes, &line)));
        let why = match appended {
            Ok(Ok(())) if bytes.len() - start <= self.line_bytes => {
                pending.lines += 1;
                return;
            }
            Ok(Ok(())) => &shared.too_long,
            Ok(Err(_)) | Err(_) => &shared.unfit,
        };
        pending.bytes.truncate(start);
        why.fetch_add(1, Relaxed);
        pending.dropped += 1;
    }

    fn write(&mut self, pending: &mut Pending, at: SystemTime) -> io::Result<()> {
        let dropped = std::mem::take(&mut pending.dropped);
        if pending.lines == 0 && dropped == 0 {
            return Ok(());
        }
        let outcome = self.segments.write(&mut pending.bytes, at);
        let left = pending.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let written = pending.lines - left;
        pending.lines = left;
        self.tell_size();
        self.shared.move_on(|progress| {
            progress.settled += written + dropped;
            progress.written += written;
            if outcome.is_ok() {
                progress.trouble = None;
            }
        });
        if let Err(error) = &outcome {
            self.trouble(error);
        }
        outcome
    }

    fn tell_size(&self) {
        let size = self.segments.size();
        self.shared.move_on(|progress| (progress.files, progress.bytes) = size);
    }

    fn trouble(&self, error: &io::Error) {
        self.shared.move_on(|progress| {
            progress.errors += 1;
            progress.trouble = Some(error.to_string());
        });
    }

    /// Waits until somebody has something for it, or it is time to look for old files.
    fn sleep(&mut self, pending: &mut Pending) {
        self.shared.is_asleep.store(true, SeqCst);
        // Who pushes a line that is not seen here sees the flag, and wakes this thread.
        fence(SeqCst);
        match self.queue.try_recv() {
            Ok(item) => self.take(item, pending),
            Err(_) => thread::park_timeout(EXPIRE),
        }
        self.shared.is_asleep.store(false, Relaxed);
    }

    /// Removes all that there is: files, and lines that wait.
    fn clear(&mut self, pending: &mut Pending) {
        let waiting = self.shared.accepted.load(Acquire).saturating_sub(self.shared.progress().settled);
        let Pending { lines: mut lost, dropped, .. } = std::mem::take(pending);
        // Not for as long as there are lines: some may come faster than they go.
        while lost < waiting && self.queue.try_recv().is_ok() {
            lost += 1;
        }
        self.segments.clear();
        self.tell_size();
        self.shared.move_on(|progress| {
            progress.settled += lost + dropped;
            progress.lost += lost;
            progress.clear_asked = false;
        });
    }

    /// The end, and the disk takes nothing.
    fn give_up(&mut self, pending: &Pending) {
        let lost = pending.lines + self.queue.try_iter().count() as u64;
        self.shared.move_on(|progress| {
            progress.settled += lost;
            progress.lost += lost;
        });
    }
}
