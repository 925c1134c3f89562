//! What changes of peers are called where all events go.

use crate::{Change, clock};
use buttress::PeerChange;

pub(super) fn told(change: &Change) -> PeerChange {
    match *change {
        Change::Banned { score, times, until, .. } => PeerChange::Banned {
            score: score.get(),
            times,
            ban_for: until.map(|until| until.since(clock::now())),
        },
        Change::Unbanned => PeerChange::Unbanned,
        Change::Tier { from, to } => PeerChange::Tier { from: from.as_str(), to: to.as_str() },
        Change::Opened => PeerChange::Opened,
        Change::HalfOpened => PeerChange::HalfOpened,
        Change::Closed => PeerChange::Closed,
        Change::Ejected { until, .. } => PeerChange::Ejected { out_for: until.since(clock::now()) },
        Change::Readmitted => PeerChange::Readmitted,
    }
}
