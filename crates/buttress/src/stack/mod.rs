//! The layers in the order in which they work together, as one layer with a name for its type.

mod builder;
mod explain;
mod lint;
mod part;
mod run;
mod service;
mod shape;

pub use builder::Stack;
#[cfg(feature = "http")]
pub use builder::{Grpc, Http};
pub use lint::{Parts, Warning, lint};
pub use part::Part;
pub use run::Function;
pub use service::Stacked;
pub use shape::{Fallback, Known, NoFallback, Tries};
