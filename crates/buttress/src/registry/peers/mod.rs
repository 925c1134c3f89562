//! Ledgers of peers in a registry: what it asks of them, and what it shows.

mod events;
mod status;
mod troubles;

pub use events::{PeerEvents, PeerListener, peer_label};
pub use status::{PeerBan, PeerStates, PeerStatus, PeerTroubles, PeersStatus};

use super::{Answer, Asked, Health, Held, Member, Status};
use crate::observe::Listen;
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// The kind, as it is called in errors, events and concerns.
const KIND: &str = "peers";

/// What a registry asks of a ledger of peers, as `buttress-reputation` has them. Whatever is one can be
/// [added](super::Registry::add) like the handles of this crate.
pub trait Peers: Any + Clone + Debug + Send + Sync {
    /// Who is told of it, with its name.
    fn events(&self) -> &PeerEvents;

    /// How its peers stand, with so many of the best and of the worst one by one.
    fn status(&self, peers: usize) -> PeersStatus;

    /// What is wrong with them, at no more cost than that needs.
    fn troubles(&self) -> PeerTroubles;

    /// Lets all of them be asked: bans end, breakers close. Of the others it forgets nothing.
    fn forgive(&self);
}

impl<P: Peers> Member for P {
    const KIND: &'static str = KIND;
}

impl<P: Peers> Held for P {
    fn name(&self) -> &'static str {
        self.events().name()
    }

    fn report(&self, status: &mut Status, keys: usize) {
        let peers = self.status(keys);
        let name = Held::name(self);
        status.health.judge(KIND, name, peers.verdict, peers.troubles);
        status.peers.insert(name.to_owned(), peers);
    }

    fn judge(&self, health: &mut Health) {
        let troubles = self.troubles();
        health.judge(KIND, Held::name(self), troubles.verdict(), troubles);
    }

    fn reset(&self, _: Asked) -> Answer {
        self.forgive();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.events().listen(PeerListener(listener));
    }
}
