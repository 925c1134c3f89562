//! The layer.

use super::handle::Handle;
use super::service::BandwidthService;
use super::source::{ByPeer, Together};
use buttress_core::bandwidth::Config;
use tower_layer::Layer;

/// Shapes the bodies of requests and responses. All services it makes, and those of its clones, share the limits.
#[derive(Clone, Debug)]
pub struct BandwidthLayer<X = Together> {
    handle: Option<Handle>,
    find: X,
}

impl BandwidthLayer {
    /// Limits without a name. Those for each peer need [`keyed`](Self::keyed).
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::from_handle(Handle::new("", config))
    }

    /// The limits of a [`Handle`], shared with whoever else has it. `None` is a layer that is off: the same types, and every body
    /// passes as it comes.
    #[must_use]
    pub fn from_handle(handle: impl Into<Option<Handle>>) -> Self {
        Self { handle: handle.into(), find: Together }
    }

    /// Keeps the debts of each peer as well, which `find` finds in a request: see [`key`](crate::key). A request without a key
    /// counts for all together alone.
    ///
    /// ```
    /// use buttress::BandwidthLayer;
    /// use buttress::bandwidth::Config;
    /// use buttress::key::by_host;
    ///
    /// // 10 MB/s for all, and for each host no more than 1 MB/s of that.
    /// let config = Config::builder().download(10_000_000).per_peer_download(1_000_000).build()?;
    /// let layer = BandwidthLayer::new(config).keyed(by_host());
    /// # let _ = layer;
    /// # Ok::<(), buttress::InvalidConfig>(())
    /// ```
    #[must_use]
    pub fn keyed<X>(self, find: X) -> BandwidthLayer<ByPeer<X>> {
        BandwidthLayer { handle: self.handle, find: ByPeer(find) }
    }
}

impl<X> BandwidthLayer<X> {
    /// The handle, to look at the limits and to change them; `None` of a layer that is off.
    #[must_use]
    pub const fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }
}

impl<S, X: Clone> Layer<S> for BandwidthLayer<X> {
    type Service = BandwidthService<S, X>;

    fn layer(&self, inner: S) -> Self::Service {
        BandwidthService::new(inner, self.handle.clone(), self.find.clone())
    }
}
