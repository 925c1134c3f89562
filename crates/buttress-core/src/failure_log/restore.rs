//! Going on where another process stopped.

use super::classes::Hit;
use super::line::wall_millis;
use super::ring::{Common, Kept, Texts};
use super::text::cut;
use super::{FailureLog, Record};
use crate::sync::lock;
use std::sync::Arc;

/// The largest number a record may have that is taken in: whoever goes on behind it never runs out of numbers.
const MOST: u64 = u64::MAX / 2;

impl FailureLog {
    /// Takes in records that were written before, in the order of their numbers, and numbers what comes from there on. To
    /// be asked for when the log is new, before anything is recorded; the clock on the wall is what places them.
    ///
    /// They are in the records, the classes and the tallies, and what they tell of is not new again. They are in no rate:
    /// nobody knows how many calls went well beside them. What is older than the settings retain is left out, and so is what has
    /// a number that no log gives. What comes from a clock that was ahead counts as of now. Says how many were taken in.
    pub fn restore(&self, records: impl IntoIterator<Item = Record>) -> usize {
        let mut records: Vec<_> = records.into_iter().collect();
        records.sort_by_key(|record| record.id);
        let oldest = self.start.line().before(self.config.retention);
        let mut taken = 0;
        for record in &records {
            if !(1..=MOST).contains(&record.id) {
                continue;
            }
            {
                let mut memory = lock(&self.memory);
                memory.last_id = memory.last_id.max(record.id);
            }
            let line = self.drift.ahead().line(record.at).min(self.start.line());
            if line < oldest {
                continue;
            }
            let operation = self.operation(&record.operation, &record.component);
            let mut kept = Kept {
                id: record.id,
                at: wall_millis(record.at),
                line,
                operation: operation.index(),
                fingerprint: record.fingerprint,
                severity: record.severity,
                category: record.category,
                kind: record.kind,
                attempt: record.attempt,
                took: record.duration,
                bytes: record.bytes,
                suppressed: record.suppressed,
                aside: record.aside,
                flags: record.flags,
                common: None,
                texts: self.texts(record),
            };
            let hit = Hit {
                fingerprint: record.fingerprint,
                operation: operation.index(),
                severity: record.severity,
                category: record.category,
                at: line.into(),
                live: false,
                aside: record.aside,
            };
            let bounded = |text: &Arc<str>, most: usize| {
                let mut text = text.to_string();
                cut(&mut text, most);
                Arc::<str>::from(text)
            };
            let common = Arc::new(Common {
                error_type: bounded(&record.error_type, self.config.value),
                template: bounded(&record.template, self.config.message),
            });
            let mut memory = lock(&self.memory);
            let knobs = memory.knobs;
            // It stands for those like it that were not written.
            let alike = record.suppressed.saturating_add(1);
            if memory.classes.touch(hit, alike, 0, &knobs).is_none() {
                memory.classes.insert(hit, alike, common.clone(), &knobs);
            }
            memory.tally(record.category, record.severity, line.into(), alike);
            memory.restored = memory.restored.saturating_add(alike);
            operation.count_restored(alike);
            memory.knobs.since = memory.knobs.since.min(line);
            kept.common = Some(common);
            let gone = memory.ring.push(&mut kept);
            memory.dropped += u64::from(gone);
            taken += 1;
        }
        taken
    }

    /// The texts of a record, as long as the settings of this log allow.
    fn texts(&self, record: &Record) -> Texts {
        let mut texts = Texts::default();
        let add = |texts: &mut Texts, text: &str, most: usize| {
            let from = texts.start();
            texts.text.push_str(text);
            cut(&mut texts.text, from + most);
            texts.end();
        };
        add(&mut texts, &record.message, self.config.message);
        if let Some(key) = &record.key {
            add(&mut texts, key, self.config.value);
            texts.has_key = true;
        }
        for cause in record.chain.iter().take(self.config.chain) {
            add(&mut texts, cause, self.config.message);
            texts.causes += 1;
        }
        for (name, value) in record.metadata.iter().take(self.config.metadata) {
            add(&mut texts, name, self.config.value);
            add(&mut texts, value, self.config.value);
        }
        texts
    }
}
