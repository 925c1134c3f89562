//! Series of timeouts and deadlines.

use super::collect::{Page, name_label};
use super::families as is;
use super::family::Labels;
use crate::registry::TimeLimitStatus;

impl Page {
    pub(super) fn timeout(&mut self, name: &str, timeout: &TimeLimitStatus) {
        let by_limit = timeout.timed_out - timeout.by_deadline;
        for (cause, calls) in [("limit", by_limit), ("deadline", timeout.by_deadline)] {
            let labels: Labels = vec![name_label(name), ("cause", cause.into())];
            self.count(&is::TIMEOUTS, labels, calls);
        }
        self.level(&is::TIMEOUT_LIMIT, vec![name_label(name)], timeout.limit.as_secs_f64());
    }

    pub(super) fn deadline(&mut self, name: &str, deadline: &TimeLimitStatus) {
        self.count(&is::DEADLINE_EXCEEDED, vec![name_label(name)], deadline.timed_out);
        self.count(&is::DEADLINE_EXPIRED, vec![name_label(name)], deadline.expired);
    }
}
