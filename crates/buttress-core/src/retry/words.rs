//! The settings in words.

use super::{Backoff, Config, Jitter};
use std::fmt;

/// The attempts and the waits between them, in one line.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.max_attempts.get() == 1 {
            return f.write_str("1 attempt");
        }
        let Self { max_attempts, backoff, jitter, cap, .. } = self;
        write!(f, "{max_attempts} attempts, waits of {backoff}, {jitter}, at most {cap:?}")?;
        f.write_str(if self.cap_before_jitter { " before the jitter" } else { "" })
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(delay) => write!(f, "{delay:?}"),
            Self::Linear { base, increment } => write!(f, "{base:?} and {increment:?} more each time"),
            Self::Exponential { base, factor } => write!(f, "{base:?} and {factor} times as long each time"),
            Self::Fibonacci { base } => write!(f, "{base:?} times the Fibonacci numbers"),
        }
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no jitter"),
            Self::Symmetric(share) => write!(f, "jitter of ±{share}"),
            Self::Additive(share) => write!(f, "jitter of up to {share} more"),
            Self::Full => f.write_str("full jitter"),
            Self::Equal => f.write_str("equal jitter"),
            Self::Decorrelated => f.write_str("decorrelated jitter"),
        }
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::super::presets;
    use super::*;
    use std::time::Duration;

    #[test]
    fn s4_78_the_limits_can_be_read() {
        let lines = [
            (
                Config::default(),
                "3 attempts, waits of 50ms and 2 times as long each time, full jitter, at most 2s",
            ),
            (
                presets::walgit(),
                "4 attempts, waits of 1s and 1.5 times as long each time, jitter of ±10.0 %, at most 30s",
            ),
            (
                presets::dwcp(),
                "4 attempts, waits of 100ms and 2 times as long each time, jitter of up to 10.0 % more, at most 10s \
                 before the jitter",
            ),
            (presets::file(), "3 attempts, waits of 100ms and 100ms more each time, no jitter, at most 1s"),
            (Config::builder().attempts(1).build().unwrap(), "1 attempt"),
        ];
        for (config, line) in lines {
            assert_eq!(config.to_string(), line);
        }
        assert_eq!(Backoff::Fixed(Duration::from_secs(1)).to_string(), "1s");
    }
}
