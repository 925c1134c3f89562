//! Monitors in a registry.

use super::Status as Standing;
use super::monitor::{KIND, Monitor};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, Health, Held, Member, MonitorStatus, Status, Verdict};
use std::sync::Arc;

impl Member for Monitor {
    const KIND: &'static str = KIND;
}

impl Held for Monitor {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        self.judge(&mut status.health);
        status.health_monitors.insert(self.name().to_owned(), MonitorStatus::new(self));
    }

    /// Each check is a concern of its own, named as `origins/10.0.0.1:80`.
    fn judge(&self, health: &mut Health) {
        for watched in self.checks() {
            let standing = watched.status();
            let verdict = Verdict::of_check(standing);
            if verdict > Verdict::Healthy {
                let name = format!("{}/{}", self.name(), watched.name());
                health.judge("health_check", &name, verdict, standing);
            }
        }
    }

    fn reset(&self, _: Asked) -> Answer {
        self.reset();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}

impl Verdict {
    /// What nothing is known of yet has nothing against it.
    pub(crate) const fn of_check(status: Standing) -> Self {
        match status {
            Standing::Unknown | Standing::Healthy => Self::Healthy,
            Standing::Degraded => Self::Degraded,
            Standing::Unhealthy => Self::Unhealthy,
        }
    }
}
