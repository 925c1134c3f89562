//! Reading what is remembered: in pieces, so that nobody who records waits for all of it.

use super::class::{Bucket, Class, Series, Tally, Volume};
use super::classes::Entry;
use super::counts::{Counts, Hours};
use super::line::{Ahead, Line, shown, wall_millis};
use super::memory::{Cell, Memory};
use super::ring::Kept;
use super::snapshot::{OperationFailures, TallyCount};
use super::sorts::{Part, Sort, together};
use super::{Category, FailureLog, Filter, Operation, Record, Severity, Snapshot};
use crate::sync::{Ordering, lock};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::SystemTime;

/// How many records are copied at a time: a few microseconds.
const RECORDS: usize = 32;
/// How many classes, whose counts over time are longer.
const CLASSES: usize = 8;

impl FailureLog {
    /// The records that are kept and asked for, the oldest first.
    #[must_use]
    pub fn records(&self, filter: &Filter) -> Vec<Record> {
        self.records_at(filter, |kept| kept.at).into_iter().map(|(record, _)| record).collect()
    }

    /// The same at the times at which the wall clock as it is now would have shown them, each with whether it is of
    /// this process.
    pub(super) fn records_told(&self, filter: &Filter) -> Vec<(Record, bool)> {
        let ahead = self.drift.ahead();
        self.records_at(filter, |kept| ahead.told(kept.at, kept.line))
    }

    fn records_at(&self, filter: &Filter, at: impl Fn(&Kept) -> i64) -> Vec<(Record, bool)> {
        let mut found = Vec::new();
        let mut kept = Vec::with_capacity(RECORDS);
        let mut from = 0;
        loop {
            let memory = lock(&self.memory);
            let until = memory.ring.slots().min(from + RECORDS);
            if from >= until {
                break;
            }
            // As they are, and without the lock what is to be seen of them.
            kept.extend((from..until).filter_map(|at| memory.ring.slot(at).cloned()));
            drop(memory);
            let operations = self.names(kept.iter().map(|kept| kept.operation));
            let shown = kept.drain(..).zip(operations).filter_map(|(kept, of)| {
                let record = record(&kept, at(&kept), &of?);
                filter.matches(&record).then_some((record, kept.live))
            });
            found.extend(shown);
            from = until;
        }
        found.sort_unstable_by_key(|(record, _)| record.id);
        found
    }

    /// The record of this number, as long as it is kept.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Record> {
        let memory = lock(&self.memory);
        let kept = (0..memory.ring.slots()).find_map(|at| memory.ring.slot(at).filter(|kept| kept.id == id));
        let kept = kept?.clone();
        drop(memory);
        let of = self.names([kept.operation]).pop()??;
        Some(record(&kept, kept.at, &of))
    }

    /// The last `most` records of an operation, the newest first.
    #[must_use]
    pub fn history(&self, operation: &str, component: &str, most: usize) -> Vec<Record> {
        let operations = lock(&self.operations);
        let named = |of: &&Operation| &**of.name() == operation && &**of.component() == component;
        let Some(of) = operations.iter().find(named).cloned() else { return Vec::new() };
        drop(operations);
        let memory = lock(&self.memory);
        let kept: Vec<_> = memory.ring.newest(of.index()).take(most).cloned().collect();
        drop(memory);
        kept.iter().map(|kept| record(kept, kept.at, &of)).collect()
    }

    /// The classes that are asked for, the most frequent first. With ends of time, how many there were between them; a
    /// class without any is left out.
    #[must_use]
    pub fn classes(&self, filter: &Filter, now: SystemTime) -> Vec<Class> {
        let with_series = |class: Class, piece: &Piece, between: &_, ahead| Class {
            series: series(&piece.whole.counts, between, Hours::Whole, ahead),
            ..class
        };
        self.classes_as(filter, now, with_series, |class| class)
    }

    /// The same without their series, but with those of each sort: by the hour what the minutes do not tell.
    pub(super) fn classes_told(&self, filter: &Filter, now: SystemTime) -> Vec<Told> {
        let with_sorts = |class: Class, piece: &Piece, between: &_, ahead| {
            let parts =
                if piece.parts.is_empty() { std::slice::from_ref(&piece.whole) } else { &piece.parts };
            let sorts =
                parts.iter().map(|part| (part.sort, series(&part.counts, between, Hours::Rest, ahead)));
            Told { class, sorts: sorts.collect() }
        };
        self.classes_as(filter, now, with_sorts, |told| &told.class)
    }

    fn classes_as<T>(
        &self,
        filter: &Filter,
        now: SystemTime,
        told: impl Fn(Class, &Piece, &RangeInclusive<Line>, Ahead) -> T,
        class_of: impl Fn(&T) -> &Class,
    ) -> Vec<T> {
        let ahead = self.drift.ahead();
        let (between, now) = (self.between(filter, now, ahead), ahead.line(now));
        let whole = filter.since.is_none() && filter.until.is_none();
        let mut found = Vec::new();
        let mut from = 0;
        loop {
            let memory = lock(&self.memory);
            let until = memory.classes.len().min(from + CLASSES);
            if from >= until {
                break;
            }
            let pieces: Vec<_> = (from..until).filter_map(|at| piece(&memory, at, filter, now)).collect();
            drop(memory);
            from = until;
            let operations = self.names(pieces.iter().map(|piece| piece.operation));
            for (piece, of) in pieces.into_iter().zip(operations) {
                let Some(of) = of.filter(|of| filter.names(of.name(), of.component())) else { continue };
                let mut class = piece.class.clone();
                (class.operation, class.component) = (of.name().clone(), of.component().clone());
                let Part { first, last, ref counts, .. } = piece.whole;
                (class.first, class.last) = (ahead.wall(first), ahead.wall(last));
                if !whole {
                    (class.count, class.error) = (sum(counts, &between), 0);
                }
                if class.count > 0 {
                    found.push(told(class, &piece, &between, ahead));
                }
            }
        }
        found.sort_by(|one, other| {
            let (one, other) = (class_of(one), class_of(other));
            other.count.cmp(&one.count).then(other.last.cmp(&one.last))
        });
        found
    }

    /// How many failures there were of each sort and severity that are asked for, by what the filter says of them and of time.
    #[must_use]
    pub fn tallies(&self, filter: &Filter, now: SystemTime) -> Vec<Tally> {
        self.tallies_told(filter, now, Hours::Whole)
    }

    pub(super) fn tallies_told(&self, filter: &Filter, now: SystemTime, told: Hours) -> Vec<Tally> {
        let ahead = self.drift.ahead();
        let between = self.between(filter, now, ahead);
        let whole = filter.since.is_none() && filter.until.is_none();
        let mut found = Vec::new();
        for category in Category::ALL {
            for severity in Severity::ALL {
                if !filter.asks_for(category, severity) {
                    continue;
                }
                let Cell { count, counts } =
                    lock(&self.memory).tallies[category as usize][severity as usize].clone();
                let count = if whole { count } else { sum(&counts, &between) };
                if count > 0 {
                    let series = series(&counts, &between, told, ahead);
                    found.push(Tally { category, severity, count, series });
                }
            }
        }
        found
    }

    /// The calls of each operation that is asked for, by what the filter says of operations and time.
    #[must_use]
    pub fn volumes(&self, filter: &Filter, now: SystemTime) -> Vec<Volume> {
        self.volumes_told(filter, now, Hours::Whole)
    }

    pub(super) fn volumes_told(&self, filter: &Filter, now: SystemTime, told: Hours) -> Vec<Volume> {
        let ahead = self.drift.ahead();
        let operations: Vec<_> = lock(&self.operations).iter().cloned().collect();
        let asked = operations.iter().filter(|of| filter.names(of.name(), of.component()));
        let between = if filter.since.is_none() && filter.until.is_none() {
            Line::MIN..=Line::MAX
        } else {
            self.between(filter, now, ahead)
        };
        asked.map(|of| of.volume(&between, told, ahead)).collect()
    }

    /// The components of which calls that go well are counted.
    pub(super) fn counted(&self) -> Vec<Arc<str>> {
        let operations = lock(&self.operations);
        let counted = operations.iter().filter(|of| of.successes() > 0).map(|of| of.component().clone());
        let mut counted: Vec<_> = counted.collect();
        counted.sort_unstable();
        counted.dedup();
        counted
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let memory = lock(&self.memory);
        // Nobody waits for the memory with the operations in hand.
        let operations = lock(&self.operations);
        let failures = operations.iter().map(|of| OperationFailures {
            operation: of.name().clone(),
            component: of.component().clone(),
            failures: of.failures().saturating_add(of.aside()).saturating_add(of.restored()),
        });
        let cells = Category::ALL.into_iter().zip(&memory.tallies).flat_map(|(category, cells)| {
            let of_severity = Severity::ALL.into_iter().zip(cells);
            of_severity.map(move |(severity, cell)| TallyCount { category, severity, failures: cell.count })
        });
        Snapshot {
            recorded: memory.recorded,
            restored: memory.restored,
            records: memory.ring.len(),
            dropped: memory.dropped,
            classes: memory.classes.len(),
            replaced: memory.classes.replaced(),
            operations: operations.iter().count(),
            overflowed: operations.overflowed(),
            panicked: self.panicked.load(Ordering::Relaxed),
            successes: operations.iter().map(Operation::successes).sum(),
            failures: failures.collect(),
            tallies: cells.filter(|cell| cell.failures > 0).collect(),
        }
    }

    /// Tells the log what the clock on the wall shows at `now`. Records do so too; who reads a log that was silent since
    /// the clock was set does it first, as times are shown by it.
    pub fn align(&self, at: SystemTime, now: crate::Tick) {
        self.drift.learn(wall_millis(at), self.start.place(now));
    }

    /// The operations of these numbers.
    fn names(&self, indices: impl IntoIterator<Item = usize>) -> Vec<Option<Operation>> {
        let operations = lock(&self.operations);
        indices.into_iter().map(|index| operations.get(index).cloned()).collect()
    }

    /// The ends of the filter, within what is retained.
    fn between(&self, filter: &Filter, now: SystemTime, ahead: Ahead) -> RangeInclusive<Line> {
        let oldest = ahead.line(now).before(self.config.retention);
        let since = filter.since.map_or(Line::MIN, |since| ahead.line(since));
        let until = filter.until.map_or(Line::MAX, |until| ahead.line(until));
        since.max(oldest)..=until
    }
}

/// A class as it is copied, and what is needed to show it.
struct Piece {
    operation: usize,
    /// All that is asked for.
    whole: Part,
    /// The sorts it is of; none if it is of one.
    parts: Vec<Part>,
    class: Class,
}

/// A class by its sorts.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) class: Class,
    pub(super) sorts: Vec<(Sort, Series)>,
}

fn piece(memory: &Memory, at: usize, filter: &Filter, now: Line) -> Option<Piece> {
    let (entry, count) = memory.classes.get(at)?;
    let common = &entry.common;
    if !filter.says(&[&common.template, &common.error_type]) {
        return None;
    }
    let parts = entry.parts.asked(filter);
    let whole = if entry.parts.is_empty() {
        let Entry { sort, first, last, .. } = *entry;
        let asked = filter.asks_for(sort.category, sort.severity);
        let count = count.saturating_sub(entry.error);
        asked.then(|| Part { sort, count, first, last, counts: entry.counts.clone() })?
    } else {
        together(&parts)?
    };
    let nothing: Arc<str> = Arc::default();
    Some(Piece {
        operation: entry.operation,
        class: Class {
            fingerprint: entry.fingerprint,
            template: common.template.clone(),
            operation: nothing.clone(),
            component: nothing,
            error_type: common.error_type.clone(),
            severity: whole.sort.severity,
            category: whole.sort.category,
            aside: whole.sort.aside,
            count: whole.count.saturating_add(entry.error),
            error: entry.error,
            first: SystemTime::UNIX_EPOCH,
            last: SystemTime::UNIX_EPOCH,
            flags: memory.knobs.flags(entry, now),
            series: Series::default(),
        },
        whole,
        parts,
    })
}

fn series(counts: &Counts<u32, u32>, between: &RangeInclusive<Line>, told: Hours, ahead: Ahead) -> Series {
    let bucket = |(start, count): (Line, u32)| Bucket { start: ahead.wall(start), count: count.into() };
    Series {
        minutes: counts.minutes(between).map(bucket).collect(),
        hours: counts.hours(between, told).map(bucket).collect(),
    }
}

/// How many there were: by the minute as far back as there are any, by the hour before that.
fn sum(counts: &Counts<u32, u32>, between: &RangeInclusive<Line>) -> u64 {
    let (older, minutes) = counts.split(between);
    older.into_iter().chain(minutes).map(u64::from).sum()
}

pub(super) fn record(kept: &Kept, at: i64, of: &Operation) -> Record {
    let texts = &kept.texts;
    let mut parts = texts.iter().map(Arc::<str>::from);
    let message = parts.next().unwrap_or_default();
    let key = if texts.has_key { parts.next() } else { None };
    let chain = parts.by_ref().take(texts.causes).collect();
    let metadata = std::iter::from_fn(|| Some((parts.next()?, parts.next()?))).collect();
    let mut record = Record {
        id: kept.id,
        at: shown(at),
        operation: of.name().clone(),
        component: of.component().clone(),
        severity: kept.severity,
        category: kept.category,
        kind: kept.kind,
        error_type: Arc::default(),
        message,
        template: Arc::default(),
        fingerprint: kept.fingerprint,
        chain,
        key,
        attempt: kept.attempt,
        duration: kept.took,
        bytes: kept.bytes,
        metadata,
        suppressed: kept.suppressed,
        aside: kept.aside,
        flags: kept.flags,
    };
    if let Some(common) = &kept.common {
        common.show_in(&mut record);
    }
    record
}
