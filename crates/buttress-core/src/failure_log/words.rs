//! How bad a failure is, of what sort, and what is remarkable about it.

use crate::InvalidConfig;
use std::fmt;
use std::str::FromStr;

/// The enum with its words: `as_str`, `Display`, `FromStr`, `ALL`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident of $knob:literal, $allowed:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// As one lower-case word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidConfig;

            /// Reads the word, in any case.
            fn from_str(word: &str) -> Result<Self, InvalidConfig> {
                let found = Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
                found.ok_or_else(|| InvalidConfig::new($knob, word.escape_debug(), $allowed))
            }
        }
    };
}

words! {
    /// How bad a failure is, ascending.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    Severity of "severity", "info, warning, error or critical" {
        /// Worth knowing: a breaker that closed again, a refusal that was meant.
        Info = "info",
        /// Came right, or will: another attempt follows.
        Warning = "warning",
        /// A call failed.
        Error = "error",
        /// More than this call is in danger.
        Critical = "critical",
    }
}

words! {
    /// What sort of failure it is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    Category of "category", "network, storage, transaction, authentication, validation or unknown" {
        /// The way to the peer, or the wait for it.
        Network = "network",
        /// Disks, files, databases, quotas.
        Storage = "storage",
        /// What several parties were to agree on: conflicts, deadlocks, aborted transactions.
        Transaction = "transaction",
        /// Who one is, and what one may do.
        Authentication = "authentication",
        /// What was asked for is wrong.
        Validation = "validation",
        /// None of these can be told.
        Unknown = "unknown",
    }
}

words! {
    /// What makes a class of failures remarkable.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    Standing of "standing", "new, regressed or spiking" {
        /// Not seen before.
        New = "new",
        /// Seen before, then not for a long time, and now again.
        Regressed = "regressed",
        /// Far more often than it was usual.
        Spiking = "spiking",
    }
}

/// Which [`Standing`]s apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Flags {
    /// Not seen before.
    pub new: bool,
    /// Back after a long time.
    pub regressed: bool,
    /// Far more often than it was usual.
    pub spiking: bool,
}

impl Flags {
    /// Whether none applies.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.new && !self.regressed && !self.spiking
    }

    /// Those that apply.
    pub fn iter(self) -> impl Iterator<Item = Standing> {
        let given = [self.new, self.regressed, self.spiking];
        Standing::ALL.into_iter().zip(given).filter_map(|(standing, applies)| applies.then_some(standing))
    }
}

impl fmt::Display for Flags {
    /// `new, spiking`; nothing where none applies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, standing) in self.iter().enumerate() {
            write!(f, "{}{standing}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn s0_48_severities_ascend_and_read_back() {
        assert_eq!(Severity::ALL.map(Severity::as_str), ["info", "warning", "error", "critical"]);
        assert!(Severity::ALL.is_sorted());
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().to_uppercase().parse(), Ok(severity));
        }
        let refused = "fatal\n".parse::<Severity>().unwrap_err().to_string();
        assert_eq!(refused, "severity is fatal\\n, allowed is info, warning, error or critical");
    }

    #[test]
    fn s0_49_there_are_six_categories() {
        let words = ["network", "storage", "transaction", "authentication", "validation", "unknown"];
        assert_eq!(Category::ALL.map(Category::as_str), words);
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
        }
    }

    #[test]
    fn flags_are_told_in_words() {
        assert_eq!(Flags::default().to_string(), "");
        assert_eq!(Flags { new: true, regressed: false, spiking: true }.to_string(), "new, spiking");
        assert!(Flags::default().is_empty() && !Flags { regressed: true, ..Flags::default() }.is_empty());
    }
}
