//! What becomes of texts, and the parts held against plain ones.

mod classes;
mod classification;
mod masks;
mod ring;
mod standing;
mod times;
