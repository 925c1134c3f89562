//! Setting the knobs.

use super::config::Config;
use crate::InvalidConfig;
use crate::config::ensure;
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
}

impl Builder {
    pub(super) const fn of(config: Config) -> Self {
        Self { config }
    }

    /// How many failures are kept. Default 1,000, from 1 to 100,000.
    pub const fn records(mut self, most: usize) -> Self {
        self.config.records = most;
        self
    }

    /// How many of one operation, so that one that always fails does not push out what the others have. Default 100, from 1
    /// to the number of records.
    pub const fn per_operation(mut self, most: usize) -> Self {
        self.config.per_operation = most;
        self
    }

    /// How many classes are counted. Default 256, from 1 to 4,096. A class beyond takes the place of the rarest.
    pub const fn classes(mut self, most: usize) -> Self {
        self.config.classes = most;
        self
    }

    /// How many operations are told apart. Default 256, from 1 to 4,096. Those beyond are one that is called `other`.
    pub const fn operations(mut self, most: usize) -> Self {
        self.config.operations = most;
        self
    }

    /// How many bytes of a message, or of a cause, are kept. Default 512, from 32 to 16,384.
    pub const fn message(mut self, bytes: usize) -> Self {
        self.config.message = bytes;
        self
    }

    /// How many causes of an error are kept. Default 8, up to 64.
    pub const fn chain(mut self, most: usize) -> Self {
        self.config.chain = most;
        self
    }

    /// How many metadata of a failure are kept. Default 16, up to 64.
    pub const fn metadata(mut self, most: usize) -> Self {
        self.config.metadata = most;
        self
    }

    /// How many bytes of a key, or of a metadata's name or value, are kept. Default 256, from 16 to 16,384.
    pub const fn value(mut self, bytes: usize) -> Self {
        self.config.value = bytes;
        self
    }

    /// After how long a failure is forgotten. Default 30 days, from a minute to 30 days: counts reach no further back.
    pub const fn retention(mut self, after: Duration) -> Self {
        self.config.retention = after;
        self
    }

    /// How long a class that was not seen before is new. Default 1 h, above zero.
    pub const fn new_for(mut self, time: Duration) -> Self {
        self.config.new_for = time;
        self
    }

    /// After how long without a failure a class that comes again has regressed. Default 1 day, from 10 minutes on.
    pub const fn regressed_after(mut self, quiet: Duration) -> Self {
        self.config.regressed_after = quiet;
        self
    }

    /// How many times as many failures in five minutes as usual, and how many at least, are a spike. Default 5 and 10; from 2
    /// and 1.
    pub const fn spike(mut self, factor: u32, minimum: u32) -> Self {
        self.config.spike_factor = factor;
        self.config.spike_minimum = minimum;
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let config = self.config;
        let within = |knob, value: usize, least, most, allowed| {
            ensure((least..=most).contains(&value), knob, value, allowed)
        };
        within("records", config.records, 1, 100_000, "1 to 100000")?;
        within("per_operation", config.per_operation, 1, config.records, "1 to the number of records")?;
        within("classes", config.classes, 1, 4_096, "1 to 4096")?;
        within("operations", config.operations, 1, 4_096, "1 to 4096")?;
        within("message", config.message, 32, 16_384, "32 to 16384 bytes")?;
        within("chain", config.chain, 0, 64, "0 to 64")?;
        within("metadata", config.metadata, 0, 64, "0 to 64")?;
        within("value", config.value, 16, 16_384, "16 to 16384 bytes")?;
        let lasts = |knob, time: Duration, least: u64, most: u64, allowed| {
            let (least, most) = (Duration::from_secs(least), Duration::from_secs(most));
            ensure((least..=most).contains(&time), knob, format_args!("{time:?}"), allowed)
        };
        lasts("retention", config.retention, 60, 30 * 86_400, "1 minute to 30 days")?;
        ensure(!config.new_for.is_zero(), "new_for", format_args!("{:?}", config.new_for), "above zero")?;
        lasts("regressed_after", config.regressed_after, 600, u64::MAX, "10 minutes and more")?;
        ensure(config.spike_factor >= 2, "spike_factor", config.spike_factor, "2 and more")?;
        ensure(config.spike_minimum >= 1, "spike_minimum", config.spike_minimum, "1 and more")?;
        Ok(config)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    type Change = fn(Builder) -> Builder;

    #[test]
    fn w02_every_knob_arrives_and_its_difference_is_named() {
        let day = Duration::from_secs(86_400);
        let changed: [(&str, Change); 13] = [
            ("records", |builder| builder.records(100)),
            ("per_operation", |builder| builder.per_operation(7)),
            ("classes", |builder| builder.classes(1)),
            ("operations", |builder| builder.operations(1)),
            ("message", |builder| builder.message(32)),
            ("chain", |builder| builder.chain(0)),
            ("metadata", |builder| builder.metadata(0)),
            ("value", |builder| builder.value(16)),
            ("retention", |builder| builder.retention(Duration::from_secs(60))),
            ("new_for", |builder| builder.new_for(Duration::from_secs(1))),
            ("regressed_after", |builder| builder.regressed_after(Duration::from_secs(600))),
            ("spike_factor", |builder| builder.spike(2, 10)),
            ("spike_minimum", |builder| builder.spike(5, 1)),
        ];
        for (knob, change) in changed {
            let config = change(Config::builder()).build().unwrap();
            assert_eq!(Config::default().difference(&config).unwrap().knob, knob);
        }
        assert_eq!(
            Config::default().difference(&Config::builder().retention(30 * day).build().unwrap()),
            None
        );
        assert_eq!(Config::builder().build(), Ok(Config::default()));
    }

    #[test]
    fn settings_that_do_not_work_are_refused_by_name() {
        let refused = |builder: Builder| builder.build().unwrap_err().to_string();
        assert_eq!(refused(Config::builder().records(0)), "records is 0, allowed is 1 to 100000");
        assert_eq!(
            refused(Config::builder().records(50)),
            "per_operation is 100, allowed is 1 to the number of records"
        );
        assert_eq!(
            refused(Config::builder().retention(Duration::ZERO)),
            "retention is 0ns, allowed is 1 minute to 30 days"
        );
        for builder in [
            Config::builder().per_operation(0),
            Config::builder().classes(0),
            Config::builder().operations(4_097),
            Config::builder().message(31),
            Config::builder().chain(65),
            Config::builder().metadata(65),
            Config::builder().value(15),
            Config::builder().new_for(Duration::ZERO),
            Config::builder().regressed_after(Duration::from_secs(599)),
            Config::builder().spike(1, 1),
            Config::builder().spike(2, 0),
        ] {
            assert!(builder.build().is_err(), "{builder:?}");
        }
    }
}
