//! Colour, where the reader has a terminal and wants it.

use std::fmt;
use std::io::{IsTerminal, stdout};

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Colour,
}

/// The colours in use; all from the eight that every terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Paint {
    /// Colour on a terminal that knows it, unless `NO_COLOR` is set to something (no-color.org).
    pub(crate) fn of_stdout() -> Self {
        let says = |variable, what: fn(&str) -> bool| std::env::var(variable).is_ok_and(|value| what(&value));
        let unwanted = says("NO_COLOR", |value| !value.is_empty()) || says("TERM", |value| value == "dumb");
        if stdout().is_terminal() && !unwanted { Self::Colour } else { Self::Plain }
    }

    pub(crate) fn with(self, ink: Ink, text: impl fmt::Display) -> String {
        let code = match ink {
            _ if self == Self::Plain => return text.to_string(),
            Ink::Bold => 1,
            Ink::Dim => 2,
            Ink::Red => 31,
            Ink::Green => 32,
            Ink::Yellow => 33,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

impl Ink {
    /// Green from 99.9 % on, yellow from 95 % on.
    pub(crate) fn of_share(share: f64) -> Self {
        match share {
            0.999.. => Self::Green,
            0.95.. => Self::Yellow,
            _ => Self::Red,
        }
    }
}
