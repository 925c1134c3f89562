use crate::failure_log::classes::{Classes, Hit};
use crate::failure_log::line::Line;
use crate::failure_log::ring::Common;
use crate::failure_log::standing::Knobs;
use crate::failure_log::{Category, Config, Fingerprint, Severity};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

fn hit(class: u32, at: i64) -> Hit {
    Hit {
        fingerprint: Fingerprint::of("", "", "", &class.to_string()),
        operation: 0,
        severity: Severity::Error,
        category: Category::Unknown,
        at: Line(at).into(),
        aside: false,
        live: true,
    }
}

fn count(classes: &mut Classes, class: u32, at: i64) {
    let knobs = Knobs::of(&Config::default(), Line(0));
    let common = || Arc::new(Common { error_type: "".into(), template: class.to_string().into() });
    // A hint that may be wrong.
    if classes.touch(hit(class, at), 1, class as usize % 7, &knobs).is_none() {
        classes.insert(hit(class, at), 1, common(), &knobs);
    }
}

proptest! {
    #[test]
    fn f4_w09_no_count_is_too_small_nor_too_large_by_more_than_its_error(
        stream in prop::collection::vec(prop_oneof![0..4_u32, 0..200_u32], 1..800),
        places in 1..24_usize,
    ) {
        let mut classes = Classes::new(places);
        let mut exact = HashMap::<u32, u64>::new();
        for (at, class) in stream.iter().enumerate() {
            count(&mut classes, *class, at as i64);
            *exact.entry(*class).or_default() += 1;
        }
        let all = stream.len() as u64;
        let most = all / places as u64;
        let mut held = HashMap::new();
        for place in 0..classes.len() {
            let (entry, count) = classes.get(place).unwrap();
            let class: u32 = entry.common.template.parse().unwrap();
            prop_assert!(held.insert(class, count).is_none(), "{} has two places", class);
            let truth = exact[&class];
            prop_assert!((count - entry.error..=count).contains(&truth), "{} of {}: {:?}", truth, count, entry);
            prop_assert!(entry.error <= most);
            // What the series holds came since it has its place, and is exact.
            prop_assert_eq!(entry.day, count - entry.error);
        }
        prop_assert!(held.len() <= places);
        prop_assert_eq!(held.values().sum::<u64>(), all);
        for (class, truth) in exact {
            prop_assert!(truth <= most || held.contains_key(&class), "{} with {} has no place", class, truth);
        }
    }
}

#[test]
fn s0_63_classes_of_which_nothing_came_for_long_are_forgotten_and_the_others_found() {
    let mut classes = Classes::new(64);
    for class in 0..50 {
        count(&mut classes, class, i64::from(class));
    }
    classes.forget(Line(25));
    assert_eq!(classes.len(), 25);
    for class in 0..50 {
        count(&mut classes, class, 100);
    }
    assert_eq!(classes.len(), 50);
    for place in 0..50 {
        let (entry, count) = classes.get(place).unwrap();
        let class: i64 = entry.common.template.parse().unwrap();
        assert_eq!(count, if class < 25 { 1 } else { 2 }, "{class}");
    }
}
