//! What is done with the answer of a call.

use super::source::Kept;

/// Says what is done with the answers of calls that a limit stands before, refusals among them. The fourth type parameter of
/// the layer.
pub trait After {
    /// What is to do for one call, and what it holds of the limit for that; by default nothing.
    type Task<K: Kept>: Default;

    /// What is to do for a call that `keep` stands before.
    fn task<K: Kept>(&self, keep: impl FnOnce() -> K) -> Self::Task<K>;
}

/// Something to do with a response.
#[diagnostic::on_unimplemented(
    message = "the rate limit can neither tell `{Res}` what is left nor read from it what the peer asks for",
    note = "`.headers()` and `.follow_peer()` are for an `http::Response`; `.follow_peer()` reads a `reqwest::Response` too"
)]
pub trait Task<Res> {
    /// The call has this response.
    fn answered(&mut self, response: &mut Res);
}

/// Nothing is done with answers. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl After for Silent {
    type Task<K: Kept> = ();

    #[inline]
    fn task<K: Kept>(&self, _: impl FnOnce() -> K) {}
}

impl<Res> Task<Res> for () {
    #[inline]
    fn answered(&mut self, _: &mut Res) {}
}
