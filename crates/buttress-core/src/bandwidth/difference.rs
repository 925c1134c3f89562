//! In what two settings differ, by the names of the knobs.

use super::Config;
use crate::config::Difference;

impl Config {
    /// The first knob that `other` has set differently, in the order of the builder; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> [(&'static str, String); 6] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self { upload, download, per_peer_upload, per_peer_download, refill_interval, burst } = *self;
        [
            ("upload", upload.to_string()),
            ("download", download.to_string()),
            ("per_peer_upload", per_peer_upload.to_string()),
            ("per_peer_download", per_peer_download.to_string()),
            ("refill_interval", format!("{refill_interval:?}")),
            ("burst", burst.to_string()),
        ]
    }
}
