//! The layers in the order in which they work together, as one layer with a name for its type.

mod builder;
mod part;
mod service;

pub use builder::Stack;
#[cfg(feature = "http")]
pub use builder::{Grpc, Http};
pub use part::Part;
pub use service::Stacked;
