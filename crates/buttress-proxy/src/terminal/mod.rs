//! What is shown on a terminal: colour where there is one, columns that fit it, and nothing that steers it but what is said here.

mod clean;
mod paint;
mod table;
pub(crate) mod text;
pub(crate) mod words;

pub(crate) use clean::{clean, escaped, safe_json};
pub(crate) use paint::{Ink, Paint};
pub(crate) use table::{Cell, Screen};
