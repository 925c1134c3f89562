//! The faults, and the bars that stand at each.

use std::time::Duration;

use http::Method;

use crate::bar::{Bar, NO_BAR};

/// What goes wrong, and what has to hold meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What `--only` says.
    pub name: &'static str,
    /// What people read.
    pub title: &'static str,
    /// What the first origin does meanwhile.
    pub first: Behaviour,
    /// What the other origins do.
    pub others: Behaviour,
    /// What the origins can do at most, before and after as well; `None` for as much as they are asked.
    pub workers: Option<Workers>,
    /// How many times what the origins can do is offered meanwhile. Half of it is before and after.
    pub offered: u32,
    /// The method of the requests.
    pub method: Request,
    /// One of these has to hold.
    pub bars: &'static [Bar],
}

/// What an origin does with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behaviour {
    /// Answers with the page.
    Well,
    /// Answers with this status at once.
    Answers(u16),
    /// Reads the request and does not answer.
    Hangs,
    /// Answers with the page, and takes twenty times as long.
    Slow,
    /// Answers this share of requests with 503 at once, the others well.
    Fails(f64),
    /// Resets the connection of this share of requests once they are read, answers the others well.
    Resets(f64),
    /// Closes the connection after half of the page.
    CutsBody,
}

/// An origin works on so many requests at a time, in the order in which they came, and finishes those that nobody waits for
/// any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers {
    /// How many requests at a time.
    pub count: u32,
    /// How long each of them takes.
    pub each: Duration,
}

impl Workers {
    /// Requests that one origin can answer in a second.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        f64::from(self.count) / self.each.as_secs_f64()
    }
}

/// The requests of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// May be sent twice.
    Get,
    /// Has no key, so that nobody may send it twice. There are twice as many: duplicates are rare.
    Post,
}

impl Request {
    /// The method's name.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
        }
    }
}

const ONE_FAILS: Fault = Fault {
    name: "",
    title: "",
    first: Behaviour::Well,
    others: Behaviour::Well,
    workers: None,
    offered: 0,
    method: Request::Get,
    bars: &[],
};

/// All of them, in the order in which they run.
pub const ALL: [Fault; 11] = [
    Fault {
        name: "one-503",
        title: "one origin answers 503",
        first: Behaviour::Answers(503),
        bars: &[Bar { good: Some(0.999), hits: Some(1.02), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "one-hangs",
        title: "one origin hangs",
        first: Behaviour::Hangs,
        bars: &[Bar { good: Some(0.997), p99: Some(1.5), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "one-slow",
        title: "one origin 20 times slower",
        first: Behaviour::Slow,
        bars: &[Bar { p99: Some(1.3), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "all-fail-30",
        title: "all fail 30 % at random",
        first: Behaviour::Fails(0.3),
        others: Behaviour::Fails(0.3),
        bars: &[
            Bar { good: Some(0.97), hits: Some(1.41), ..NO_BAR },
            Bar { good: Some(0.86), hits: Some(1.24), ..NO_BAR },
        ],
        ..ONE_FAILS
    },
    Fault {
        name: "outage",
        title: "all answer 503",
        first: Behaviour::Answers(503),
        others: Behaviour::Answers(503),
        bars: &[Bar { hits: Some(0.06), recovery: Some(Duration::from_millis(300)), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "resets",
        title: "20 % resets before the answer",
        first: Behaviour::Resets(0.2),
        others: Behaviour::Resets(0.2),
        bars: &[Bar { good: Some(0.99), hits: Some(1.25), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "posts",
        title: "POST without a key, 20 % resets",
        first: Behaviour::Resets(0.2),
        others: Behaviour::Resets(0.2),
        method: Request::Post,
        bars: &[Bar { duplicates: Some(0), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "cut-bodies",
        title: "one origin cuts bodies midway",
        first: Behaviour::CutsBody,
        bars: &[Bar { good: Some(0.97), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "one-429",
        title: "one origin answers 429",
        first: Behaviour::Answers(429),
        bars: &[Bar { good: Some(0.98), ..NO_BAR }],
        ..ONE_FAILS
    },
    Fault {
        name: "overload-fast",
        title: "3 times the capacity, fast origins",
        workers: Some(Workers { count: 2, each: Duration::from_millis(20) }),
        offered: 3,
        bars: &[Bar { goodput: Some(0.97), recovery: Some(Duration::from_millis(200)), ..NO_BAR }],
        ..ONE_FAILS
    },
    // As many a second, yet ten times as many at a time: a limit that fits the others is too low here.
    Fault {
        name: "overload-slow",
        title: "3 times the capacity, slow origins",
        workers: Some(Workers { count: 20, each: Duration::from_millis(200) }),
        offered: 3,
        bars: &[Bar { goodput: Some(0.95), recovery: Some(Duration::from_millis(200)), ..NO_BAR }],
        ..ONE_FAILS
    },
];

/// The one of that name.
#[must_use]
pub fn named(name: &str) -> Option<Fault> {
    ALL.into_iter().find(|fault| fault.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_fault_has_a_name_of_its_own_a_title_a_bar_and_something_that_goes_wrong() {
        let names: HashSet<_> = ALL.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), ALL.len());
        for fault in ALL {
            assert!(!fault.title.is_empty() && !fault.bars.is_empty(), "{fault:?}");
            assert!(fault.first != Behaviour::Well || fault.offered > 1, "{fault:?}");
            assert_eq!(fault.offered > 0, fault.workers.is_some(), "{fault:?}");
            assert_eq!(named(fault.name).map(|found| found.title), Some(fault.title));
        }
    }
}
