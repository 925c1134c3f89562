//! The names an operation puts on what happens within. Alone in its program: a thread without a subscriber that meets a span
//! first would switch it off for all.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::operation::OperationLayer;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};
use support::{Task, ready};
use tower::{Layer, Service, service_fn};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

/// Writes down each event with the fields of the spans it happened in.
#[derive(Clone, Default)]
struct Scopes(Arc<Mutex<Written>>);

#[derive(Default)]
struct Written {
    spans: Vec<String>,
    entered: Vec<u64>,
    lines: Vec<String>,
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        *self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Subscriber for Scopes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut text = span.metadata().name().to_owned();
        span.record(&mut Fields(&mut text));
        let mut written = self.0.lock().unwrap();
        written.spans.push(text);
        span::Id::from_u64(written.spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut written = self.0.lock().unwrap();
        let mut line = String::new();
        for id in &written.entered {
            line += &written.spans[*id as usize - 1];
        }
        event.record(&mut Fields(&mut line));
        written.lines.push(line);
    }

    fn enter(&self, id: &span::Id) {
        self.0.lock().unwrap().entered.push(id.into_u64());
    }

    fn exit(&self, _: &span::Id) {
        self.0.lock().unwrap().entered.pop();
    }
}

#[test]
fn s0_92_everything_in_a_call_carries_the_names_of_its_operation() {
    struct Leaves;
    impl Drop for Leaves {
        fn drop(&mut self) {
            tracing::info!("dropped");
        }
    }
    let scopes = Scopes::default();
    tracing::subscriber::with_default(scopes.clone(), || {
        let layer = OperationLayer::new("charge", "payments");
        let mut service = layer.layer(service_fn(|()| {
            tracing::info!("called");
            let leaves = Leaves;
            async move {
                let _leaves = leaves;
                tracing::info!("polled");
                std::future::pending::<Result<(), Infallible>>().await
            }
        }));
        ready(&mut service);
        let mut task = Task::new(service.call(()));
        assert!(task.poll().is_pending());
        tracing::info!("outside");
        drop(task);
    });
    let written = scopes.0.lock().unwrap();
    let inside = "operation operation=\"charge\" component=\"payments\" message=";
    let expected = [
        format!("{inside}called"),
        format!("{inside}polled"),
        " message=outside".into(),
        format!("{inside}dropped"),
    ];
    assert_eq!(written.lines, expected);
}
