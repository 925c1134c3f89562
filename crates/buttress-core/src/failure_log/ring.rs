//! The last records: so many in all, so many of each operation.

use super::line::Line;
use super::{Category, Fingerprint, Flags, Record, Severity};
use crate::FailureKind;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What all records of a class have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) error_type: Arc<str>,
    pub(super) template: Arc<str>,
}

impl Common {
    pub(super) fn show_in(&self, record: &mut Record) {
        (record.error_type, record.template) = (self.error_type.clone(), self.template.clone());
    }
}

/// A record as it is kept: its texts are one, whose buffer goes on to the record that takes its place.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: u64,
    /// By the wall clock as it was then.
    pub(super) at: i64,
    pub(super) line: Line,
    pub(super) operation: usize,
    pub(super) fingerprint: Fingerprint,
    pub(super) common: Option<Arc<Common>>,
    pub(super) severity: Severity,
    pub(super) category: Category,
    pub(super) kind: Option<FailureKind>,
    pub(super) attempt: Option<u32>,
    pub(super) took: Option<Duration>,
    pub(super) bytes: Option<u64>,
    pub(super) suppressed: u64,
    pub(super) aside: bool,
    pub(super) flags: Flags,
    /// Whether it happened in this process.
    pub(super) live: bool,
    pub(super) texts: Texts,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            id: 0,
            at: 0,
            line: Line(0),
            operation: 0,
            fingerprint: Fingerprint::of("", "", "", ""),
            common: None,
            severity: Severity::Error,
            category: Category::Unknown,
            kind: None,
            attempt: None,
            took: None,
            bytes: None,
            suppressed: 0,
            aside: false,
            flags: Flags::default(),
            live: false,
            texts: Texts::default(),
        }
    }
}

/// The message, the key, the causes, and the names and values of the metadata, in this order in one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) text: String,
    /// Where each ends.
    pub(super) ends: Vec<u32>,
    pub(super) has_key: bool,
    pub(super) causes: usize,
}

impl Texts {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.has_key = false;
        self.causes = 0;
    }

    /// What was added to the text since the last end is one of them.
    pub(super) fn end(&mut self) {
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn message(&self) -> &str {
        self.iter().next().unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut from = 0;
        self.ends.iter().map(move |end| {
            let part = &self.text[from..*end as usize];
            from = *end as usize;
            part
        })
    }
}

/// The records.
#[derive(Debug)]
pub(super) struct Ring {
    slots: Vec<Kept>,
    /// Slots that hold nothing.
    free: Vec<u32>,
    /// The slots of each operation, the oldest first.
    of_operation: Vec<VecDeque<u32>>,
    /// How many operations have any.
    operations: usize,
    most: usize,
    most_of_operation: usize,
}

impl Ring {
    pub(super) fn new(most: usize, most_of_operation: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            of_operation: Vec::new(),
            operations: 0,
            most,
            most_of_operation,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many places there are to look into.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// What lies in a place.
    pub(super) fn slot(&self, at: usize) -> Option<&Kept> {
        self.slots.get(at).filter(|kept| kept.id != 0)
    }

    /// Takes `fresh` in, and leaves in its place the one that goes for it, whose buffers can be used again. Says whether one
    /// went.
    ///
    /// With its operation's number of records, the oldest of the operation goes. So it does with all places taken and more
    /// than an equal share of them; with less, the oldest of the operation that has most goes.
    pub(super) fn push(&mut self, fresh: &mut Kept) -> bool {
        let operation = fresh.operation;
        if self.of_operation.len() <= operation {
            self.of_operation.resize_with(operation + 1, VecDeque::new);
        }
        let own = self.of_operation[operation].len();
        let from = if own >= self.most_of_operation {
            Some(operation)
        } else if self.len() < self.most {
            None
        } else {
            Some(self.crowded(operation, own))
        };
        let slot = match from {
            Some(from) => {
                let slot = self.of_operation[from].pop_front().expect("it has the most");
                self.operations -= usize::from(self.of_operation[from].is_empty());
                slot
            }
            None => self.free.pop().unwrap_or_else(|| {
                self.slots.push(Kept::default());
                u32::try_from(self.slots.len() - 1).expect("at most 100000")
            }),
        };
        std::mem::swap(&mut self.slots[slot as usize], fresh);
        let slots = &mut self.of_operation[operation];
        self.operations += usize::from(slots.is_empty());
        slots.push_back(slot);
        from.is_some()
    }

    /// Which operation is to make room for a record of `operation`, which has `own`.
    fn crowded(&self, operation: usize, own: usize) -> usize {
        // With many that fail all the time, nearly always this, at no cost.
        if own * self.operations > self.most {
            return operation;
        }
        let lengths = self.of_operation.iter().map(VecDeque::len).enumerate();
        lengths.max_by_key(|(at, len)| (*len, *at == operation)).map_or(operation, |(at, _)| at)
    }

    /// Forgets those before `line`, and says how many.
    pub(super) fn forget(&mut self, line: Line) -> usize {
        let before = self.free.len();
        for slots in &mut self.of_operation {
            let had = !slots.is_empty();
            slots.retain(|slot| {
                let kept = &mut self.slots[*slot as usize];
                let stays = kept.line >= line;
                if !stays {
                    *kept = Kept::default();
                    self.free.push(*slot);
                }
                stays
            });
            self.operations -= usize::from(had && slots.is_empty());
        }
        self.free.len() - before
    }

    /// The slots of an operation, the newest first.
    pub(super) fn newest(&self, operation: usize) -> impl Iterator<Item = &Kept> {
        let slots = self.of_operation.get(operation).into_iter().flatten();
        slots.rev().map(|slot| &self.slots[*slot as usize])
    }
}
