//! What a peer says about its own limit.

use super::after::{After, Task};
use super::source::Kept;
use crate::classify::hint;
use http::{HeaderMap, Response, StatusCode};
use std::time::Duration;

/// Leaves the peer alone for as long as its answers ask, instead of asking it again to be refused again.
///
/// A 429 or 503 asks for it in `Retry-After`, or with when its limit is renewed; any answer does whose `RateLimit` fields say
/// that nothing is left; and a gRPC answer that is refused in its head does in `grpc-retry-pushback-ms`. Until then the limit
/// admits nothing: calls are refused without being sent, or wait.
#[derive(Clone, Copy, Debug)]
pub struct FollowPeer {
    at_most: Duration,
}

impl FollowPeer {
    /// Follows for so long at most at a time: a peer that asks for a day may be wrong, and a limit that nobody can shorten is
    /// an outage. One minute by default, and at most where there is a limit [per key](super::Keyed): the word of a key reaches no
    /// further.
    #[must_use]
    pub const fn at_most(time: Duration) -> Self {
        Self { at_most: time }
    }
}

impl Default for FollowPeer {
    fn default() -> Self {
        Self::at_most(Duration::from_secs(60))
    }
}

impl After for FollowPeer {
    type Task<K: Kept> = Follow<K>;

    fn task<K: Kept>(&self, keep: impl FnOnce() -> K) -> Follow<K> {
        Follow(Some((keep(), self.at_most)))
    }
}

/// Follows what one answer asks for.
#[derive(Clone, Copy, Debug)]
pub struct Follow<K>(Option<(K, Duration)>);

/// Of a call that passed the limit by.
impl<K> Default for Follow<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Kept> Follow<K> {
    fn heed(&self, asked: impl FnOnce() -> Option<Duration>) {
        if let Some((kept, at_most)) = &self.0
            && let Some(time) = asked()
        {
            kept.pause(time.min(*at_most));
        }
    }
}

impl<K: Kept, B> Task<Response<B>> for Follow<K> {
    fn answered(&mut self, response: &mut Response<B>) {
        // What a layer of ours refused is not what the peer said, and this one may have refused it.
        if response.extensions().get::<crate::Rejected>().is_none() {
            self.heed(|| asked(response.status(), response.headers()));
        }
    }
}

#[cfg(feature = "reqwest")]
impl<K: Kept> Task<reqwest::Response> for Follow<K> {
    fn answered(&mut self, response: &mut reqwest::Response) {
        if response.extensions().get::<crate::Rejected>().is_none() {
            self.heed(|| asked(response.status(), response.headers()));
        }
    }
}

/// How long an answer asks to be left alone.
fn asked(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => hint::of_http(status, headers),
        _ => match hint::pushback(headers) {
            hint::Pushback::After(time) => Some(time),
            hint::Pushback::Silent | hint::Pushback::Never => hint::used_up(headers),
        },
    }
}
