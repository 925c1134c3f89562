//! Into the recorder of the `metrics` facade.

use super::collect::{Scope, collect};
use super::families::FAMILIES;
use super::family::{Family, Kind, Labels, Series, Value};
use super::members::Members;
use super::memory::Memory;
use super::spread::spread;
use crate::registry::Status;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use std::collections::HashMap;

/// What is registered with the recorder, and what it was told. A series is registered once and its handle kept, as looking it
/// up costs more than writing to it.
#[derive(Default)]
pub(super) struct Facade {
    memory: Memory,
    described: bool,
    round: u64,
    registered: HashMap<Id, Registered>,
    /// The numbers of each owner that the recorder has. It only knows names and takes differences, so a counter goes on there
    /// when another takes over the name, and each owner adds what it has not added yet.
    told: Members<HashMap<Id, Value>>,
}

/// The name of a series: of its family, whether the namespace stands before that, and its labels.
type Id = (&'static str, bool, Labels);

struct Registered {
    handle: Handle,
    /// When it was written last.
    round: u64,
}

enum Handle {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

static METADATA: Metadata<'static> = Metadata::new("buttress", Level::INFO, Some(module_path!()));

impl Facade {
    pub(super) fn publish(&mut self, namespace: &str, status: &Status, scope: Scope) {
        if !self.described {
            metrics::with_recorder(|recorder| describe(recorder, namespace));
            self.described = true;
        }
        self.round += 1;
        self.told.begin();
        for Series { family, owner, labels, value } in collect(status, scope, &mut self.memory) {
            let id = (family.name, family.prefixed, labels);
            if !self.registered.contains_key(&id) {
                let handle = metrics::with_recorder(|recorder| register(recorder, namespace, family, &id.2));
                self.registered.insert(id.clone(), Registered { handle, round: 0 });
            }
            let registered = self.registered.get_mut(&id).expect("it is there or was just put there");
            registered.round = self.round;
            match (&registered.handle, value) {
                (Handle::Gauge(gauge), Value::Level(level)) => gauge.set(level),
                (handle, value) => {
                    let told = self.told.of(owner);
                    handle.add(&value, told.get(&id));
                    told.insert(id, value);
                }
            }
        }
        self.told.end();
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
    /// Adds what its owner has counted since it was `told`.
    fn add(&self, value: &Value, told: Option<&Value>) {
        match (self, value, told) {
            (Self::Counter(counter), Value::Count(count), told) => {
                let told = if let Some(Value::Count(told)) = told { *told } else { 0 };
                // Fewer than before are those of another.
                counter.increment(count.checked_sub(told).unwrap_or(*count));
            }
            (Self::Histogram(histogram), Value::Durations(durations), told) => {
                let told = if let Some(Value::Durations(told)) = told { Some(told) } else { None };
                for (seconds, calls) in spread(durations, told) {
                    histogram.record_many(seconds, calls);
                }
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
        Kind::Counter => Handle::Counter(recorder.register_counter(&key, &METADATA)),
        Kind::Gauge => Handle::Gauge(recorder.register_gauge(&key, &METADATA)),
        Kind::Histogram => Handle::Histogram(recorder.register_histogram(&key, &METADATA)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit_breaker::{Config, Handle, Keyed};
    use crate::registry::Registry;

    #[test]
    fn w43_members_without_end_take_what_the_last_of_them_do() {
        let (registry, mut facade) = (Registry::new(), Facade::default());
        let scope = Scope { per_state: true, top_keys: 0 };
        let mut publish = || {
            facade.publish("buttress", &registry.status_with_keys(2), scope);
            (facade.memory.len(), facade.told.len(), facade.registered.len())
        };
        for _ in 0..500 {
            registry.add(Handle::new("orders", Config::default())).unwrap();
            registry.add(Keyed::<u64>::new("peers", Config::default())).unwrap();
            publish();
            registry.remove::<Handle>("orders").unwrap();
            registry.remove::<Keyed<u64>>("peers").unwrap();
        }
        // Besides those that are gone, the sum of all is there, which has one series.
        assert_eq!(publish(), ([128, 128], 128 + 1, 1));
    }
}
