//! What a layer holds: a retry, or none.

use super::handle::Handle;

/// Has the retry that a layer makes its calls by.
pub trait Source {
    /// The retry; `None` of a layer that is off.
    fn handle(&self) -> Option<&Handle>;
}

impl Source for Handle {
    #[inline]
    fn handle(&self) -> Option<&Handle> {
        Some(self)
    }
}

/// A retry that lives as long as the program, as in a `LazyLock`.
impl Source for &'static Handle {
    #[inline]
    fn handle(&self) -> Option<&Handle> {
        Some(self)
    }
}

/// `None` is a layer that is off: same type, same errors, and every call is made once.
impl<H: Source> Source for Option<H> {
    #[inline]
    fn handle(&self) -> Option<&Handle> {
        self.as_ref().and_then(Source::handle)
    }
}
