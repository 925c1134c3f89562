//! Random bodies, read by random attempts, beside a plain account of what must come out.

use crate::script::{Polled, Reader, Script, Step};
use crate::sent::Sent;
use buttress::retry::ByBody;
use http::{HeaderMap, HeaderValue, Request};
use http_body::Body;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::atomic::Ordering::SeqCst;

/// What is done to the attempts; numbers are taken modulo their count.
#[derive(Clone, Debug)]
enum Op {
    Poll(usize),
    Drain(usize),
    Drop(usize),
    Again,
    EndOfRetry,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => any::<usize>().prop_map(Op::Poll),
        1 => any::<usize>().prop_map(Op::Drain),
        2 => any::<usize>().prop_map(Op::Drop),
        3 => Just(Op::Again),
        1 => Just(Op::EndOfRetry),
    ]
}

fn trailers(len: usize) -> HeaderMap {
    HeaderMap::from_iter([("t".parse().unwrap(), HeaderValue::from_bytes(&vec![b'v'; len]).unwrap())])
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => vec(any::<u8>(), 0..40).prop_map(Step::Data),
        2 => Just(Step::Pending),
    ];
    let end = prop_oneof![
        3 => Just(None),
        2 => (0..20_usize).prop_map(|len| Some(Step::Trailers(trailers(len)))),
        1 => Just(Some(Step::Error)),
    ];
    (vec(step, 0..12), end).prop_map(|(mut steps, end)| {
        steps.extend(end);
        steps
    })
}

/// The account: what there is, what was taken of it, and who may read.
struct Account {
    content: Vec<u8>,
    trailers: Option<HeaderMap>,
    limit: usize,
    /// The frames, each with what it takes of the limit. The last may be the error, which cannot be kept.
    sizes: Vec<Option<usize>>,
    /// The last attempt that got something or the end.
    reading: usize,
    retrying: bool,
}

impl Account {
    fn new(steps: &[Step], limit: usize) -> Self {
        let (mut content, mut kept, mut sizes) = (Vec::new(), None, Vec::new());
        for step in steps {
            match step {
                Step::Data(data) => {
                    content.extend_from_slice(data);
                    sizes.push(Some(data.len()));
                }
                Step::Trailers(trailers) => {
                    sizes.push(Some(1 + trailers["t"].len()));
                    kept = Some(trailers.clone());
                }
                Step::Error => sizes.push(None),
                Step::Pending | Step::Panic => {}
            }
        }
        Self { content, trailers: kept, limit, sizes, reading: 0, retrying: true }
    }

    /// Whether what was taken of the body so far can be sent again. `failed`: an attempt has seen its error.
    fn fits(&self, taken: usize, failed: bool) -> bool {
        let kept: Option<Vec<_>> = self.sizes[..taken].iter().copied().collect();
        !failed && kept.is_some_and(|sizes| sizes.iter().sum::<usize>() <= self.limit)
    }

    fn check(&self, number: usize, reader: &Reader) -> Result<(), TestCaseError> {
        prop_assert!(self.content.starts_with(&reader.got), "attempt {number} got what was never sent");
        if reader.complete {
            prop_assert_eq!(&self.content, &reader.got, "attempt {} ended early", number);
            prop_assert_eq!(&self.trailers, &reader.trailers);
            prop_assert!(!self.sizes.contains(&None), "attempt {number} ended cleanly before the error");
        }
        Ok(())
    }
}

struct World {
    account: Account,
    sent: Option<Sent<Script>>,
    attempts: Vec<Option<Reader>>,
    taken: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    failed: bool,
    over_once: bool,
}

impl World {
    /// Whether the attempt that was made last is still to begin.
    fn newest_waits(&self) -> bool {
        let newest = self.attempts.len() - 1;
        newest > self.account.reading && self.attempts[newest].is_some()
    }

    fn poll(&mut self, number: usize) -> Result<(), TestCaseError> {
        let newest = self.attempts.len() - 1;
        let later_begun = number < self.account.reading || (self.account.reading < number && number < newest);
        let before = self.taken.load(SeqCst);
        let Some(reader) = &mut self.attempts[number] else { return Ok(()) };
        if reader.is_over() {
            return Ok(());
        }
        let polled = reader.poll();
        if later_begun {
            prop_assert_eq!(polled, Polled::Failed, "attempt {} reads on after the next", number);
            prop_assert_eq!(self.taken.load(SeqCst), before);
            return Ok(());
        }
        let own_error = reader.failed.as_deref() == Some("told to");
        prop_assert!(reader.failed.is_none() || own_error, "{:?}", reader.failed);
        self.failed |= own_error;
        self.account.check(number, reader)?;
        self.account.reading = self.account.reading.max(number);
        // Between a decision to try again and the beginning of that attempt nobody reads.
        if self.newest_waits() {
            prop_assert_eq!(polled, Polled::Pending, "attempt {} reads before the next", number);
            prop_assert_eq!(self.taken.load(SeqCst), before);
        }
        Ok(())
    }

    fn again(&mut self, original: &http_body::SizeHint) -> Result<(), TestCaseError> {
        let Some(sent) = &self.sent else { return Ok(()) };
        let taken = self.taken.load(SeqCst);
        let fits = !self.over_once && self.account.fits(taken, self.failed);
        self.over_once |= !fits;
        let attempt = sent.again(self.attempts.len() as u32 + 1);
        prop_assert_eq!(attempt.is_some(), fits, "taken: {}", taken);
        if let Some(attempt) = attempt {
            let hint = attempt.body().size_hint();
            prop_assert_eq!((hint.lower(), hint.upper()), (original.lower(), original.upper()));
            self.attempts.push(Some(Reader::new(attempt)));
        }
        Ok(())
    }

    /// When all is quiet, whoever may read is not asleep for ever.
    fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        self.sent = None;
        self.account.retrying = false;
        for number in (0..self.attempts.len()).rev() {
            while self.attempts[number].as_ref().is_some_and(|reader| !reader.is_over() && !reader.asleep()) {
                self.poll(number)?;
            }
            if let Some(reader) = &self.attempts[number] {
                prop_assert!(reader.is_over(), "attempt {} sleeps for ever", number);
            }
        }
        Ok(())
    }
}

fn run(steps: Vec<Step>, announced: bool, limit: usize, ops: Vec<Op>) -> Result<(), TestCaseError> {
    let mut account = Account::new(&steps, limit);
    let body = Script::new(steps, announced);
    let (taken, original) = (body.taken.clone(), body.size_hint());
    // A body that says that it is empty, or too long, is not kept at all; the latter is whole until somebody takes of it.
    let empty = body.is_end_stream();
    if announced && account.content.len() > limit {
        account.limit = 0;
    }
    let (first, sent) = Sent::first(ByBody::new().limit(limit), Request::new(body));
    prop_assert_eq!(first.body().size_hint().exact(), original.exact());
    let attempts = vec![Some(Reader::new(first))];
    if empty {
        let mut again = Reader::new(sent.again(2).expect("there is nothing to keep"));
        again.drain();
        prop_assert!(again.complete && again.got.is_empty());
        return Ok(());
    }
    let mut world = World { account, sent: Some(sent), attempts, taken, failed: false, over_once: false };
    for op in ops {
        let count = world.attempts.len();
        match op {
            Op::Poll(number) => world.poll(number % count)?,
            Op::Drain(number) => {
                let number = number % count;
                while world.attempts[number].as_ref().is_some_and(|r| !r.is_over() && !r.asleep()) {
                    world.poll(number)?;
                }
            }
            Op::Drop(number) => world.attempts[number % count] = None,
            Op::Again => world.again(&original)?,
            Op::EndOfRetry => {
                world.sent = None;
                world.account.retrying = false;
            }
        }
    }
    world.come_to_rest()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn e7_every_attempt_sends_all_of_the_body_or_fails(
        steps in steps(),
        announced in any::<bool>(),
        limit in 0..200_usize,
        ops in vec(op(), 0..40),
    ) {
        run(steps, announced, limit, ops)?;
    }
}
