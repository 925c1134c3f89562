//! All events of a registry in one stream, which holds up nobody.

use crate::Event;
use crate::observe::Listen;
use std::sync::Weak;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{self, Receiver, Sender, WeakSender};

/// How many events a stream keeps for a reader that is behind: some 150 KiB, made when somebody first subscribes. A breaker
/// that refuses 10,000 calls a second fills it in a tenth of a second, in which a reader has its turn.
pub(super) const KEPT: usize = 1024;

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Everything,
    Changes,
}

impl Content {
    pub(super) const ALL: [Self; 2] = [Self::Everything, Self::Changes];
}

/// The streams of a registry, while somebody reads them.
#[derive(Debug, Default)]
pub(super) struct Streams([Option<Sender<Event>>; 2]);

impl Streams {
    /// A reader of what comes from now on, and whether it is the first: then nothing comes until somebody feeds the stream.
    pub(super) fn subscribe(&mut self, content: Content) -> (Subscription, bool) {
        let sender = &mut self.0[content as usize];
        let receiver = sender.as_ref().filter(|sender| sender.receiver_count() > 0).map(Sender::subscribe);
        let first = receiver.is_none();
        let receiver = receiver.unwrap_or_else(|| {
            let (fresh, receiver) = broadcast::channel(KEPT);
            *sender = Some(fresh);
            receiver
        });
        (Subscription { receiver, missed: 0 }, first)
    }

    /// What feeds the stream with the events of one member, for as long as `member` is there; nothing while nobody reads.
    pub(super) fn feed(&self, content: Content, member: Weak<()>) -> Option<Feed> {
        let sender = self.0[content as usize].as_ref().filter(|sender| sender.receiver_count() > 0)?;
        Some(Feed { sender: sender.downgrade(), member, content })
    }
}

/// Takes the events of one member to a stream.
#[derive(Debug)]
pub(super) struct Feed {
    sender: WeakSender<Event>,
    member: Weak<()>,
    content: Content,
}

impl Listen for Feed {
    fn hear(&self, event: &Event) {
        if self.member.strong_count() > 0
            && let Some(sender) = self.sender.upgrade()
        {
            // An error says that nobody reads any more.
            let _ = sender.send(event.clone());
        }
    }

    fn hears_refusals(&self) -> bool {
        self.content == Content::Everything
    }

    fn is_gone(&self) -> bool {
        let unread = || self.sender.upgrade().is_none_or(|sender| sender.receiver_count() == 0);
        self.member.strong_count() == 0 || unread()
    }
}

/// The events of everything in a registry, read at the reader's own pace.
///
/// A stream keeps the last 1,024 of them. A reader that is further behind goes on with the oldest that is kept, and
/// [`missed`](Self::missed) says how many it lost. It never slows a call down.
#[derive(Debug)]
pub struct Subscription {
    receiver: Receiver<Event>,
    missed: u64,
}

impl Subscription {
    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.try_recv() {
                Ok(event) => return Some(event),
                Err(TryRecvError::Lagged(missed)) => self.missed += missed,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }

    /// The next event; `None` when the registry is gone. May be given up at any time and asked again, without a loss.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(missed)) => self.missed += missed,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// How many events this reader lost by reading too late.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}
