//! Taking failures in.

use super::classes::Hit;
use super::classify::{Facts, Rule, classify};
use super::line::{At, Drift, Start, wall_millis};
use super::mask::mask;
use super::memo::Known;
use super::memory::Memory;
use super::operations::Operations;
use super::read;
use super::record::{Record, Recorded};
use super::ring::{Common, Texts};
use super::sorts::Sort;
use super::text::{Said, Scratch, clean, cut, forget, looked_at, say};
use super::{Config, Failure, Fingerprint, Operation};
use crate::Tick;
use crate::keyed::hash::Seeds;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, lock};
use crate::text::{REDACTED, is_secret};
use std::cell::RefCell;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

/// Remembers failures. Shared by reference or `Arc`; has no clock and writes no file.
#[derive(Debug)]
pub struct FailureLog {
    pub(super) config: Config,
    rules: Vec<Rule>,
    pub(super) start: Start,
    pub(super) drift: Drift,
    pub(super) memory: Mutex<Memory>,
    pub(super) operations: Mutex<Operations>,
    pub(super) panicked: AtomicU64,
    /// Belongs to this log alone, so that what a thread knows of another is of no use here.
    seeds: Seeds,
}

thread_local! {
    pub(super) static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl FailureLog {
    /// An empty log. `at` is what the clock on the wall shows at `now`; minutes and hours are counted from there.
    #[must_use]
    pub fn new(config: Config, at: SystemTime, now: Tick) -> Self {
        let start = Start::new(at, now);
        Self {
            config,
            rules: Vec::new(),
            start,
            drift: Drift::new(),
            memory: Mutex::new(Memory::new(&config, start.line())),
            operations: Mutex::new(Operations::new(config.operations)),
            panicked: AtomicU64::new(0),
            seeds: Seeds::draw(),
        }
    }

    /// With the user's own rules for how bad a failure is and of what sort.
    #[must_use]
    pub fn with_rules(self, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { rules: rules.into_iter().collect(), ..self }
    }

    /// The settings it was made with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The operation of this name of a component. With as many as the settings allow, one that is called `other` stands for
    /// all that come after.
    #[must_use]
    pub fn operation(&self, name: &str, component: &str) -> Operation {
        lock(&self.operations).named(name, component, self.config.value, self.start)
    }

    /// Takes a failure in. `at` is what the clock on the wall shows at `now`: it is for people, and `now` for the counts.
    ///
    /// A text that panics when it is told is recorded as one that did.
    pub fn record(&self, failure: &Failure<'_>, at: SystemTime, now: Tick) -> Recorded {
        self.record_for(failure, at, now, None)
    }

    /// The same, and what was recorded, for who has a use for it at once.
    pub fn record_and_show(&self, failure: &Failure<'_>, at: SystemTime, now: Tick) -> (Recorded, Record) {
        let mut shown = None;
        let recorded = self.record_for(failure, at, now, Some(&mut shown));
        (recorded, shown.expect("it was asked for"))
    }

    fn record_for(
        &self,
        failure: &Failure<'_>,
        at: SystemTime,
        now: Tick,
        mut show: Option<&mut Option<Record>>,
    ) -> Recorded {
        let with = |scratch: &RefCell<Scratch>| {
            // A failure can be recorded while another is being told.
            let mut scratch = scratch.try_borrow_mut().ok()?;
            Some(self.record_with(&mut scratch, failure, at, now, show.as_deref_mut()))
        };
        let recorded = SCRATCH.try_with(with).ok().flatten();
        recorded.unwrap_or_else(|| self.record_with(&mut Scratch::default(), failure, at, now, show))
    }

    fn record_with(
        &self,
        scratch: &mut Scratch,
        failure: &Failure<'_>,
        at: SystemTime,
        now: Tick,
        show: Option<&mut Option<Record>>,
    ) -> Recorded {
        let line = self.start.place(now);
        let at = wall_millis(at);
        self.drift.learn(at, line);
        let own = self.own(failure.operation);
        let operation = own.as_ref().unwrap_or(failure.operation);
        let error_type = failure.error_type.unwrap_or_else(|| failure.error.map_or("", type_of));

        self.tell_message(failure, &mut scratch.raw);
        let hash = self.hash(failure, operation, error_type, &scratch.raw);
        scratch.fresh.texts.clear();
        let known = scratch.memo.find(hash);
        let mut known = match known {
            Some(known) if known.clean => {
                scratch.fresh.texts.text.push_str(&scratch.raw);
                known
            }
            Some(known) => {
                clean(&scratch.raw, self.config.message, &mut scratch.fresh.texts.text);
                known
            }
            None => self.find_out(failure, operation, error_type, scratch),
        };
        forget(&mut scratch.raw, 0);
        scratch.fresh.texts.end();
        self.tell_rest(failure, &mut scratch.raw, &mut scratch.fresh.texts);

        let fresh = &mut scratch.fresh;
        fresh.at = at;
        fresh.line = line;
        fresh.operation = operation.index();
        fresh.fingerprint = known.fingerprint;
        (fresh.severity, fresh.category) = (known.severity, known.category);
        fresh.kind = failure.kind;
        fresh.attempt = failure.attempt;
        fresh.took = failure.took;
        fresh.bytes = failure.bytes;
        fresh.suppressed = 0;
        fresh.aside = !failure.is_call;
        fresh.live = true;
        let hit = Hit {
            fingerprint: known.fingerprint,
            operation: operation.index(),
            sort: Sort {
                severity: known.severity,
                category: known.category,
                aside: !failure.is_call,
                live: true,
            },
            at: line.into(),
        };

        // Most of it without the lock.
        let mut shown = show.is_some().then(|| read::record(fresh, fresh.at, operation));

        let mut memory = self.memory_at(hit.at);
        let knobs = memory.knobs;
        let found = match memory.classes.touch(hit, 1, known.place, &knobs) {
            Some(found) => found,
            None => {
                drop(memory);
                let common = common(error_type, fresh.texts.message(), &mut scratch.template, &self.config);
                memory = self.memory_at(hit.at);
                // Another thread may have been first.
                let touched = memory.classes.touch(hit, 1, known.place, &knobs);
                touched.unwrap_or_else(|| memory.classes.insert(hit, 1, common, &knobs))
            }
        };
        if failure.is_call {
            operation.failed(now);
        } else {
            operation.count_aside();
        }
        let id = memory.take_in(fresh, hit.at, &found);
        if let Some(shown) = &mut shown {
            (shown.id, shown.flags) = (id, found.flags);
            if let Some((entry, _)) = memory.classes.get(found.place) {
                entry.common.show_in(shown);
            }
        }
        drop(memory);
        if let Some(show) = show {
            *show = shown;
        }

        known.place = found.place;
        scratch.memo.keep(hash, known);
        Recorded {
            id,
            fingerprint: known.fingerprint,
            severity: known.severity,
            category: known.category,
            flags: found.flags,
            turned: found.turned,
        }
    }

    /// The message as it is told, over `raw`.
    fn tell_message(&self, failure: &Failure<'_>, raw: &mut String) {
        match (failure.message, failure.error) {
            (Some(message), _) => self.tell(message, self.config.message, raw),
            (None, Some(error)) => self.tell(&error, self.config.message, raw),
            (None, None) => raw.clear(),
        }
    }

    fn tell(&self, text: &dyn std::fmt::Display, most: usize, raw: &mut String) {
        if say(text, looked_at(most), raw) == Said::Panicked {
            self.panicked.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The key, the causes and the metadata.
    fn tell_rest(&self, failure: &Failure<'_>, raw: &mut String, texts: &mut Texts) {
        let (message, value) = (self.config.message, self.config.value);
        let mut add = |text: &dyn std::fmt::Display, most: usize, texts: &mut Texts| {
            self.tell(text, most, raw);
            clean(raw, most, &mut texts.text);
            forget(raw, 0);
            texts.end();
        };
        if let Some(key) = failure.key {
            add(key, value, texts);
            texts.has_key = true;
        }
        let mut source = failure.error.and_then(source_of);
        while let Some(cause) = source
            && texts.causes < self.config.chain
        {
            add(&cause, message, texts);
            texts.causes += 1;
            source = source_of(cause);
        }
        for (name, told) in failure.metadata.iter().take(self.config.metadata) {
            add(name, value, texts);
            let secret: &dyn std::fmt::Display = &Plain(REDACTED);
            add(if is_secret(name) { secret } else { *told }, value, texts);
        }
    }

    /// What can be told of a failure that was not like the last ones. Its message is appended to the text.
    #[inline(never)]
    fn find_out(
        &self,
        failure: &Failure<'_>,
        operation: &Operation,
        error_type: &str,
        scratch: &mut Scratch,
    ) -> Known {
        let text = &mut scratch.fresh.texts.text;
        let clean = clean(&scratch.raw, self.config.message, text);
        let message = text.as_str();
        let (severity, category) = classify(&self.rules, &Facts { error_type, kind: failure.kind, message });
        masked(message, &mut scratch.template, &self.config);
        let error_type = shortened(error_type, &self.config);
        Known {
            fingerprint: Fingerprint::of(
                operation.name(),
                operation.component(),
                error_type,
                &scratch.template,
            ),
            severity: failure.severity.unwrap_or(severity),
            category: failure.category.unwrap_or(category),
            clean,
            place: 0,
        }
    }

    /// All that [`Known`] depends on.
    fn hash(&self, failure: &Failure<'_>, operation: &Operation, error_type: &str, raw: &str) -> u64 {
        let said = (failure.severity, failure.category, failure.kind);
        self.seeds.hash(&(operation.index(), said, error_type, raw))
    }

    /// This log's own operation for one that another log made.
    fn own(&self, operation: &Operation) -> Option<Operation> {
        if operation.began_with(&self.start) {
            return None;
        }
        Some(self.operation(operation.name(), operation.component()))
    }

    /// The memory, without what is too old.
    fn memory_at(&self, now: At) -> MutexGuard<'_, Memory> {
        let mut memory = lock(&self.memory);
        memory.sweep_once_an_hour(now, &self.config);
        memory
    }

    /// Forgets all that was recorded and counted, but for the numbers of records, which go on.
    pub fn clear(&self) {
        let mut memory = lock(&self.memory);
        memory.clear(&self.config);
        for operation in lock(&self.operations).iter() {
            operation.clear();
        }
    }
}

/// What the records of a class have in common.
fn common(error_type: &str, message: &str, template: &mut String, config: &Config) -> Arc<Common> {
    masked(message, template, config);
    let error_type = shortened(error_type, config);
    Arc::new(Common { error_type: error_type.into(), template: template.as_str().into() })
}

fn masked(message: &str, template: &mut String, config: &Config) {
    template.clear();
    mask(message, template);
    cut(template, config.message);
}

/// The name of a type, no longer than the settings allow. What it begins with is what tells it from others least.
fn shortened<'a>(error_type: &'a str, config: &Config) -> &'a str {
    let from = error_type.len().saturating_sub(config.value);
    let letter = (from..error_type.len()).find(|at| error_type.is_char_boundary(*at));
    &error_type[letter.unwrap_or(error_type.len())..]
}

/// The source of an error; none if it panics when asked.
fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| error.source())).ok().flatten()
}

/// The kind of the first I/O error in the chain, as the name of a type.
fn type_of(error: &(dyn Error + 'static)) -> &'static str {
    let mut next = Some(error);
    // Not for ever: sources can go round.
    for _ in 0..16 {
        let Some(error) = next else { break };
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return super::io_kind::name(error.kind());
        }
        next = source_of(error);
    }
    ""
}

/// A text that is its own.
struct Plain(&'static str);

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
