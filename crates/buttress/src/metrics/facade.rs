//! Into the recorder of the `metrics` facade.

use super::collect::{Scope, collect};
use super::families::FAMILIES;
use super::family::{Family, Kind, Labels, Series, Value};
use super::memory::Memory;
use super::spread::spread;
use crate::Durations;
use crate::registry::Status;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use std::collections::HashMap;

/// What is registered with the recorder. A series is registered once and its handle kept, as looking it up costs more than
/// writing to it.
#[derive(Default)]
pub(super) struct Facade {
    memory: Memory,
    described: bool,
    round: u64,
    registered: HashMap<(&'static str, bool, Labels), Registered>,
}

struct Registered {
    handle: Handle,
    /// When it was written last.
    round: u64,
}

/// A handle and what it was told so far, as it takes differences: they go on where a counter starts again with another
/// owner of the same name.
enum Handle {
    Counter(Counter, u64),
    Gauge(Gauge),
    Histogram(Histogram, Option<Durations>),
}

static METADATA: Metadata<'static> = Metadata::new("buttress", Level::INFO, Some(module_path!()));

impl Facade {
    pub(super) fn publish(&mut self, namespace: &str, status: &Status, scope: Scope) {
        if !self.described {
            metrics::with_recorder(|recorder| describe(recorder, namespace));
            self.described = true;
        }
        self.round += 1;
        for Series { family, labels, value } in collect(status, scope, &mut self.memory) {
            let id = (family.name, family.prefixed, labels);
            let registered = self.registered.entry(id).or_insert_with_key(|(_, _, labels)| {
                let handle = metrics::with_recorder(|recorder| register(recorder, namespace, family, labels));
                Registered { handle, round: 0 }
            });
            registered.round = self.round;
            registered.handle.write(value);
        }
        self.registered.retain(|_, registered| {
            let present = registered.round == self.round;
            if let (Handle::Gauge(gauge), false) = (&registered.handle, present) {
                gauge.set(0.0);
            }
            present
        });
    }
}

impl Handle {
    fn write(&mut self, value: Value) {
        match (self, value) {
            (Self::Counter(counter, told), Value::Count(count)) => {
                counter.increment(if count < *told { count } else { count - *told });
                *told = count;
            }
            (Self::Gauge(gauge), Value::Level(level)) => gauge.set(level),
            (Self::Histogram(histogram, told), Value::Durations(durations)) => {
                for (seconds, calls) in spread(&durations, told.as_ref()) {
                    histogram.record_many(seconds, calls);
                }
                *told = Some(durations);
            }
            _ => debug_assert!(false, "a family has values of its own kind"),
        }
    }
}

fn describe(recorder: &dyn Recorder, namespace: &str) {
    for family in FAMILIES {
        let (name, text) = (family.full_name(namespace).into(), family.meaning.into());
        match family.kind {
            Kind::Counter => recorder.describe_counter(name, None, text),
            Kind::Gauge => recorder.describe_gauge(name, None, text),
            Kind::Histogram => recorder.describe_histogram(name, Some(metrics::Unit::Seconds), text),
        }
    }
}

fn register(recorder: &dyn Recorder, namespace: &str, family: &Family, labels: &Labels) -> Handle {
    let labels: Vec<_> = labels.iter().map(|(label, value)| Label::new(*label, value.clone())).collect();
    let key = Key::from_parts(family.full_name(namespace), labels);
    match family.kind {
        Kind::Counter => Handle::Counter(recorder.register_counter(&key, &METADATA), 0),
        Kind::Gauge => Handle::Gauge(recorder.register_gauge(&key, &METADATA)),
        Kind::Histogram => Handle::Histogram(recorder.register_histogram(&key, &METADATA), None),
    }
}
