//! Settings that cannot work, and settings that differ.

use super::*;
use std::time::Duration;

#[test]
fn c10_d4_a_limit_of_none_or_of_too_many_is_refused_where_it_is_set() {
    let knob = |builder: Builder| builder.build().unwrap_err().knob();
    for limit in [0, MOST + 1, u32::MAX] {
        assert_eq!(knob(Config::builder().max_concurrent(limit)), "max_concurrent");
    }
    for queue in [MOST + 1, u32::MAX] {
        assert_eq!(knob(Config::builder().queue(queue)), "queue");
    }
    assert_eq!(knob(Config::builder().max_wait(Duration::ZERO)), "max_wait");
    let error = Config::builder().max_concurrent(0).build().unwrap_err();
    assert_eq!(error.to_string(), format!("max_concurrent is 0, allowed is 1 to {MOST} calls"));
    let largest = Config::builder().max_concurrent(MOST).queue(MOST).max_wait(Duration::MAX).build().unwrap();
    assert_eq!((largest.max_concurrent(), largest.queue()), (MOST, MOST));
    assert_eq!(Config::builder().max_wait(None).build().unwrap().max_wait(), None);
}

#[test]
fn every_knob_is_its_own_and_named_where_it_differs() {
    let config =
        Config::builder().max_concurrent(3).queue(2).max_wait(Duration::from_secs(7)).build().unwrap();
    assert_eq!((config.max_concurrent(), config.queue()), (3, 2));
    assert_eq!(config.max_wait(), Some(Duration::from_secs(7)));
    assert_eq!(config.difference(&config), None);
    for (other, told) in [
        (config.to_builder().max_concurrent(4), "max_concurrent is 3, not 4"),
        (config.to_builder().queue(0), "queue is 2, not 0"),
        (config.to_builder().max_wait(None), "max_wait is 7s, not off"),
    ] {
        assert_eq!(config.difference(&other.build().unwrap()).unwrap().to_string(), told);
    }
}
