//! A peer that does what the test says.

use buttress::retry::Config;
use buttress::{Tick, clock};
use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

/// How a call of the peer ends.
pub(crate) type Answer = Result<u32, io::ErrorKind>;

/// Answers as told, and then always with success; remembers when it was called with what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    always: Option<Answer>,
    calls: Vec<(Tick, u32)>,
}

/// Down.
pub(crate) const REFUSED: Answer = Err(io::ErrorKind::ConnectionRefused);

impl Peer {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Script { answers: answers.into_iter().collect(), ..Script::default() };
        Self(Arc::new(Mutex::new(script)))
    }

    pub(crate) fn always(answer: Answer) -> Self {
        Self(Arc::new(Mutex::new(Script { always: Some(answer), ..Script::default() })))
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls.len()
    }

    /// What it was called with.
    pub(crate) fn requests(&self) -> Vec<u32> {
        self.0.lock().unwrap().calls.iter().map(|(_, request)| *request).collect()
    }

    /// The times between its calls.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        let calls = &self.0.lock().unwrap().calls;
        calls.windows(2).map(|pair| pair[1].0.since(pair[0].0)).collect()
    }

    /// As a function would call it.
    pub(crate) fn answer(&self, request: u32) -> io::Result<u32> {
        let mut script = self.0.lock().unwrap();
        script.calls.push((clock::now(), request));
        let next = script.answers.pop_front().or(script.always).unwrap_or(Ok(request));
        next.map_err(|kind| io::Error::new(kind, "the peer is down"))
    }
}

impl Service<u32> for Peer {
    type Response = u32;
    type Error = io::Error;
    type Future = Ready<io::Result<u32>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u32) -> Self::Future {
        ready(self.answer(request))
    }
}

/// So many attempts, with waits of a second each.
pub(crate) fn attempts(attempts: u32) -> Config {
    let config = Config::builder().attempts(attempts).fixed(Duration::from_secs(1));
    config.jitter(buttress::retry::Jitter::None).build().unwrap()
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
