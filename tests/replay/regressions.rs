//! What went wrong in others, one by one.

use crate::script::{Polled, Reader, Script, Step};
use crate::sent::Sent;
use buttress::retry::ByBody;
use http::{HeaderMap, Request};
use http_body::Body;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
use support::checks::every_attempt_sends_all_of_the_body;

fn send(body: Script) -> (Reader, Sent<Script>) {
    send_by(ByBody::new(), body)
}

fn send_by(replay: ByBody, body: Script) -> (Reader, Sent<Script>) {
    let (first, sent) = Sent::first(replay, Request::new(body));
    (Reader::new(first), sent)
}

/// What another attempt sends, whose number does not matter here.
fn again(sent: &Sent<Script>) -> Option<Reader> {
    sent.again(2).map(Reader::new)
}

fn is_all(reader: &Reader, content: &str) {
    assert_eq!(String::from_utf8_lossy(&reader.got), content);
    assert!(reader.complete, "{reader:?}");
}

/// The response came before the body was read, and the first attempt's body is still held by its connection.
#[test]
fn e7_an_early_answer_leaves_the_rest_to_the_next_attempt() {
    let (mut first, sent) = send(Script::of(&["one ", "two ", "three"]));
    assert_eq!(first.poll(), Polled::Frame);
    let mut second = again(&sent).unwrap();
    is_all(second.drain(), "one two three");
    assert_eq!(first.poll(), Polled::Failed, "a request that was cut off is not complete");
    assert!(first.failed.as_ref().unwrap().contains("later attempt"));
}

/// Nothing is sent twice when the next attempt begins before the one before has read anything.
#[test]
fn e7_a_body_that_nobody_has_touched_is_sent_once_by_the_next_attempt() {
    let body = Script::of(&["one ", "two"]);
    let taken = body.taken.clone();
    let (mut first, sent) = send(body);
    let mut second = again(&sent).unwrap();
    is_all(second.drain(), "one two");
    assert_eq!(first.poll(), Polled::Failed);
    assert_eq!(taken.load(SeqCst), 2);
    let mut third = again(&sent).unwrap();
    is_all(third.drain(), "one two");
}

/// The frame before a pause is on the tape.
#[test]
fn e7_a_pause_in_the_middle_loses_nothing() {
    let steps = [Step::Data(b"one ".to_vec()), Step::Pending, Step::Data(b"two".to_vec())];
    let (mut first, sent) = send(Script::new(steps, true));
    assert_eq!((first.poll(), first.poll()), (Polled::Frame, Polled::Pending));
    drop(first);
    is_all(again(&sent).unwrap().drain(), "one two");
}

#[test]
fn e7_a_body_over_the_limit_is_sent_once_and_still_to_its_end() {
    for announced in [true, false] {
        let steps = [Step::Data(vec![b'a'; 60]), Step::Data(vec![b'b'; 41])];
        let (mut first, sent) = send_by(ByBody::new().limit(100), Script::new(steps, announced));
        first.drain();
        assert_eq!((first.got.len(), first.complete), (101, true));
        assert!(again(&sent).is_none());
        let steps = [Step::Data(vec![b'a'; 60]), Step::Data(vec![b'b'; 40])];
        let (mut first, sent) = send_by(ByBody::new().limit(100), Script::new(steps, announced));
        first.drain();
        assert_eq!(again(&sent).unwrap().drain().got.len(), 100, "what just fits is kept");
    }
}

/// The connection was refused, so the body that is too long to keep is all there.
#[test]
fn e7_a_body_over_the_limit_goes_to_the_next_attempt_as_long_as_nobody_has_touched_it() {
    let long = || Script::new([Step::Pending, Step::Data(vec![b'a'; 60]), Step::Data(vec![b'b'; 41])], true);
    let (mut first, sent) = send_by(ByBody::new().limit(100), long());
    assert_eq!(first.poll(), Polled::Pending);
    drop(first);
    drop(again(&sent).unwrap());
    let mut third = again(&sent).unwrap();
    assert_eq!(third.body.size_hint().exact(), Some(101));
    third.drain();
    assert_eq!((third.got.len(), third.complete), (101, true));
    assert!(again(&sent).is_none());
    let (mut first, sent) = send_by(ByBody::new().limit(100), long());
    assert_eq!((first.poll(), first.poll()), (Polled::Pending, Polled::Frame));
    assert!(again(&sent).is_none(), "a part is gone");
}

#[test]
fn e7_the_replay_of_the_layer_keeps_what_the_kit_asks() {
    every_attempt_sends_all_of_the_body(ByBody::new);
}

/// The retry failed with an empty body because the first attempt had taken it.
#[test]
fn e7_what_an_attempt_took_and_never_sent_is_sent_by_the_next() {
    let (mut first, sent) = send(Script::of(&["all of it"]));
    is_all(first.drain(), "all of it");
    drop(first);
    for _ in 0..3 {
        is_all(again(&sent).unwrap().drain(), "all of it");
    }
}

#[test]
fn e7_trailers_are_sent_again_and_their_length_is_not_announced_in_their_place() {
    let trailers = HeaderMap::from_iter([("checksum".parse().unwrap(), "9".parse().unwrap())]);
    let steps = [Step::Data(b"one".to_vec()), Step::Trailers(trailers.clone())];
    let (mut first, sent) = send(Script::new(steps, false));
    first.drain();
    let mut second = again(&sent).unwrap();
    // With a length HTTP/1 has no trailers.
    assert_eq!((second.body.size_hint().lower(), second.body.size_hint().exact()), (0, None));
    is_all(second.drain(), "one");
    assert_eq!(second.trailers, Some(trailers));
}

#[test]
fn e7_the_length_left_is_told_at_every_point() {
    let (mut first, sent) = send(Script::of(&["one ", "two"]));
    first.drain();
    let mut second = again(&sent).unwrap();
    assert_eq!((second.body.size_hint().exact(), second.body.is_end_stream()), (Some(7), false));
    while second.poll() == Polled::Frame {}
    assert_eq!((second.body.size_hint().exact(), second.body.is_end_stream()), (Some(0), true));
}

/// hyper reads a body of known length to the last byte, and does not ask for the end.
#[test]
fn e7_a_body_whose_end_nobody_asked_for_is_known_to_have_ended() {
    let (mut first, sent) = send(Script::of(&["one"]));
    assert_eq!(first.poll(), Polled::Frame);
    assert!(first.body.is_end_stream());
    drop(first);
    is_all(again(&sent).unwrap().drain(), "one");
}

#[test]
fn e7_a_body_that_broke_off_is_not_sent_again() {
    let (mut first, sent) = send(Script::new([Step::Data(b"one".to_vec()), Step::Error], false));
    first.drain();
    assert_eq!(first.failed.as_deref(), Some("told to"));
    assert!(again(&sent).is_none());
}

#[test]
fn b3_e7_a_body_that_panics_is_not_sent_again() {
    let (mut first, sent) = send(Script::new([Step::Data(b"one".to_vec()), Step::Panic], false));
    assert_eq!(first.poll(), Polled::Frame);
    catch_unwind(AssertUnwindSafe(|| first.poll())).unwrap_err();
    assert_eq!(first.poll(), Polled::Failed);
    assert!(again(&sent).is_none());
}

/// The budget had no token, so the answer is handed back that came before the body was read. It goes on being read.
#[test]
fn e7_an_attempt_that_is_not_made_leaves_the_body_to_the_one_before() {
    let (mut first, sent) = send(Script::of(&["one ", "two ", "three"]));
    assert_eq!(first.poll(), Polled::Frame);
    let second = again(&sent).unwrap();
    assert_eq!(first.poll(), Polled::Pending, "nobody reads before it is decided who does");
    drop(second);
    assert!(first.asleep());
    drop(sent);
    assert!(!first.asleep(), "it is woken");
    is_all(first.drain(), "one two three");
}

/// While the next attempt waits for its time, the one before does not run the tape over.
#[test]
fn e7_what_was_promised_to_the_next_attempt_is_there_when_it_begins() {
    let body = Script::new([Step::Data(vec![b'a'; 60]), Step::Data(vec![b'b'; 60])], false);
    let (mut first, sent) = send_by(ByBody::new().limit(100), body);
    assert_eq!(first.poll(), Polled::Frame);
    let mut second = again(&sent).unwrap();
    first.drain();
    assert_eq!(first.got.len(), 60);
    second.drain();
    assert_eq!((second.got.len(), second.complete), (120, true));
    assert!(!first.asleep(), "it learns that its turn is over");
    assert_eq!(first.poll(), Polled::Failed);
    assert!(again(&sent).is_none());
}

/// The second attempt answered before it had read its body, and is the one that counts.
#[test]
fn e7_the_last_attempt_reads_on_when_the_retry_is_over() {
    let (mut first, sent) = send(Script::of(&["one ", "two ", "three"]));
    assert_eq!(first.poll(), Polled::Frame);
    let mut second = again(&sent).unwrap();
    assert_eq!(second.poll(), Polled::Frame);
    drop(sent);
    is_all(second.drain(), "one two three");
    let (mut first, sent) = send(Script::of(&["one ", "two ", "three"]));
    assert_eq!(first.poll(), Polled::Frame);
    let mut second = again(&sent).unwrap();
    drop(sent);
    assert_eq!(first.poll(), Polled::Pending);
    is_all(second.drain(), "one two three");
}
