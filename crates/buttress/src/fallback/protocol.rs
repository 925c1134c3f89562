//! What a fallback knows about responses.

use super::Degraded;
use crate::Rejected;

/// Reads and marks the responses of a protocol: [`Plain`] for any type, [`Http`](super::Http) for HTTP.
pub trait Protocol<Res> {
    /// The rejection in a response, if a layer of buttress beneath made it.
    fn rejected(&self, response: &Res) -> Option<Rejected>;

    /// Whether a response is as good as an error.
    fn failed(&self, response: &Res) -> bool;

    /// Says in a response of the fallback that it is one.
    fn mark(&self, response: &mut Res, degraded: Degraded);
}

/// Any response is a success, and there is no place in it for a mark.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl<Res> Protocol<Res> for Plain {
    #[inline]
    fn rejected(&self, _: &Res) -> Option<Rejected> {
        None
    }

    #[inline]
    fn failed(&self, _: &Res) -> bool {
        false
    }

    fn mark(&self, _: &mut Res, _: Degraded) {}
}
