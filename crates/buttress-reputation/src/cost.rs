//! What it costs to ask a peer, as a choice between two sees it.
