//! What the layers count, as metrics.
mod collect;
mod counts;
mod families;
mod family;
mod memory;
mod text;
pub use families::FAMILIES;
pub use family::{Family, Kind};
