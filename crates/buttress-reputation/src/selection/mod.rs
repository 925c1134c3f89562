//! Which peer to ask next.

mod choice;
mod config;
mod fleet;
mod no_peer;
mod tried;

pub use config::Config;
pub use no_peer::NoPeer;
pub use tried::Tried;

#[cfg(all(test, not(buttress_loom)))]
mod tests;
