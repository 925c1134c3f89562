//! What a store keeps, and whom it lets go.

use super::*;
use std::borrow::Cow;
use std::cell::Cell;
use std::net::{IpAddr, Ipv6Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// One of each kind of key.
fn keeps<K>(keys: [&K; 2])
where
    K: std::hash::Hash + Eq + ToOwned + ?Sized,
{
    let store = Store::<K, Told>::new(room(10));
    let never = || unreachable!("there is room");
    let get = |key, make: fn(&K) -> Told| store.get_or_insert_with(key, never, make);
    let first = get(Cow::Borrowed(keys[0]), |_| Told::default());
    let again = get(Cow::Owned(keys[0].to_owned()), |_| unreachable!("it is there"));
    let (Ok(first), Ok(again), Some(found)) = (first, again, store.get(keys[0])) else {
        panic!("it is there")
    };
    assert!(Arc::ptr_eq(&first, &again) && Arc::ptr_eq(&first, &found));
    assert!(store.get(keys[1]).is_none());
    assert_eq!((store.len(), store.is_empty()), (1, false));
}

#[test]
fn c36_a_key_is_a_name_a_number_an_address_or_a_type_of_ones_own() {
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Route {
        tenant: u32,
        path: String,
    }
    keeps::<str>(["db-1", "db-2"]);
    keeps(["db-1".to_owned(), "db-2".to_owned()].each_ref());
    keeps::<[u8]>([b"peer-1", b"peer-2"]);
    keeps([&1_u64, &2]);
    keeps([&IpAddr::from([127, 0, 0, 1]), &IpAddr::from(Ipv6Addr::LOCALHOST)]);
    let route = |tenant| Route { tenant, path: "/orders".to_owned() };
    keeps([&route(1), &route(2)]);
}

#[test]
fn w50_looking_makes_nothing() {
    let store = store(100);
    assert!((0..10_000).all(|number| store.get(&number).is_none()));
    assert!(store.is_empty());
}

#[test]
fn f4_the_shares_of_the_shards_are_exactly_what_was_asked_for() {
    for capacity in [1, 2, 7, 511, 512, 1_023, 1_024, 1_025, 10_000, 99_999, 131_072, 1_000_003] {
        assert_eq!(store(capacity).capacity(), capacity);
    }
}

#[test]
fn f4_a_store_of_one_shard_evicts_when_it_is_full_and_not_before() {
    for capacity in [1, 2, 64, 1_023] {
        let store = store(capacity as usize);
        (0..capacity).for_each(|number| put(&store, number, Worth::Nothing).unwrap());
        assert_eq!((store.len() as u64, store.evicted()), (capacity, 0));
        put(&store, capacity, Worth::Nothing).unwrap();
        assert_eq!((store.len() as u64, store.evicted()), (capacity, 1));
    }
}

#[test]
fn f4_a_store_of_several_shards_evicts_nothing_before_it_is_nearly_full() {
    for (capacity, filled) in [(1_024, 85), (10_000, 85), (100_000, 85), (140_000, 85), (1_000_000, 93)] {
        let store = store(capacity);
        (0..capacity as u64 / 100 * filled).for_each(|number| put(&store, number, Worth::Nothing).unwrap());
        assert_eq!(store.evicted(), 0, "{capacity}");
    }
}

#[test]
fn f4_what_is_worth_least_goes_first() {
    // Few enough to be looked at all together.
    let store = store(8);
    for number in 0..8 {
        let worth = [Worth::Memory, Worth::Penalty, Worth::Memory, Worth::Nothing][number as usize % 4];
        put(&store, number, worth).unwrap();
    }
    let left = |wanted: Worth| {
        let mut count = 0;
        store.for_each(|_, state| count += usize::from(state.worth(START) == wanted));
        count
    };
    // Two are worth nothing; the new ones are penalised, so that they do not go.
    (8..10).for_each(|number| put(&store, number, Worth::Penalty).unwrap());
    assert_eq!([left(Worth::Nothing), left(Worth::Memory), left(Worth::Penalty)], [0, 4, 4]);
    (10..14).for_each(|number| put(&store, number, Worth::Penalty).unwrap());
    assert_eq!([left(Worth::Memory), left(Worth::Penalty), store.len()], [0, 8, 8]);
    assert_eq!(put(&store, 14, Worth::Penalty), Err(Full));
    assert!([1, 5].iter().all(|number| store.get(number).is_some()));
    assert_eq!((store.len(), store.evicted()), (8, 6));
}

#[test]
fn f4_in_a_large_store_nine_in_ten_that_go_are_worth_nothing_while_a_quarter_is() {
    let store = store(100_000);
    let mut next = 0;
    while store.evicted() == 0 {
        put(&store, next, if next % 3 == 0 { Worth::Nothing } else { Worth::Memory }).unwrap();
        next += 1;
    }
    let worth_nothing = || {
        let mut count = 0;
        store.for_each(|_, state| count += u64::from(state.worth(START) == Worth::Nothing));
        count
    };
    let (before, gone_before) = (worth_nothing(), store.evicted());
    (next..next + 10_000).for_each(|number| put(&store, number, Worth::Memory).unwrap());
    let (lossless, gone) = (before - worth_nothing(), store.evicted() - gone_before);
    assert!(gone > 3_000 && lossless * 100 > gone * 90, "{lossless} of {gone}");
}

#[test]
fn f4_of_those_that_only_remember_the_ones_that_are_not_asked_for_go() {
    let store = store(100);
    (0..100).for_each(|number| put(&store, number, Worth::Memory).unwrap());
    for number in 100..1_000 {
        (0..50).for_each(|hot| _ = store.get(&hot).expect("it is asked for all the time"));
        put(&store, number, Worth::Memory).unwrap();
    }
}

#[test]
fn f4_a_state_in_use_outlives_those_that_are_not() {
    let store = store(64);
    (0..64).for_each(|number| put(&store, number, Worth::Nothing).unwrap());
    let in_use = store.get(&0).unwrap();
    (64..1_000).for_each(|number| put(&store, number, Worth::Nothing).unwrap());
    assert!(Arc::ptr_eq(&in_use, &store.get(&0).unwrap()));
    assert_eq!(in_use.gone.load(Relaxed), 0);
}

#[test]
fn f4_who_goes_is_told_once_and_a_key_that_comes_back_is_fresh() {
    let store = store(1);
    put(&store, 1, Worth::Memory).unwrap();
    let first = store.get(&1).unwrap();
    put(&store, 2, Worth::Nothing).unwrap();
    assert_eq!((first.gone.load(Relaxed), store.get(&1).is_none()), (1, true));
    let again = store.get_or_insert_with(key(&1), || START, |_| Told::default()).unwrap();
    assert!(!Arc::ptr_eq(&first, &again));
    assert_eq!(again.worth(START), Worth::Nothing);
    assert!(Arc::ptr_eq(&again, &store.remove(&1).unwrap()));
    assert_eq!((again.gone.load(Relaxed), store.len(), store.evicted()), (1, 0, 2));
}

#[test]
fn f4_a_new_key_costs_64_looks_at_most_whatever_the_capacity_is() {
    #[derive(Debug)]
    struct Counted<'a>(&'a AtomicUsize, Worth);
    impl Keep for Counted<'_> {
        fn worth(&self, _: Tick) -> Worth {
            self.0.fetch_add(1, Relaxed);
            self.1
        }
    }
    let looks = AtomicUsize::new(0);
    let store = Store::<u64, Counted<'_>>::with_seeds(room(1_000), Seeds::new(1, 2));
    let put = |number, worth| {
        let put = store.get_or_insert_with(key(&number), || START, |_| Counted(&looks, worth));
        (put.is_ok(), looks.swap(0, Relaxed))
    };
    (0..999).for_each(|number| assert_eq!(put(number, Worth::Penalty), (true, 0)));
    assert_eq!(put(999, Worth::Memory), (true, 0));
    let found = (1_000..2_000).find(|number| match put(*number, Worth::Penalty) {
        (false, 64) => false,
        (true, looked) => {
            // On to the end of what is looked at, or eight further.
            assert!((1..=64).contains(&looked));
            true
        }
        other => panic!("{other:?}"),
    });
    assert!(found.is_some_and(|number| number > 1_000), "the only one that can go is looked at sometimes");
    assert_eq!(put(2_000, Worth::Penalty), (false, 64));
    for number in 0..1_000 {
        if let Some(penalised) = store.remove(&number) {
            drop(penalised);
            put(number, Worth::Memory);
        }
    }
    assert_eq!(
        put(2_001, Worth::Memory),
        (true, 1 + 8),
        "with one to go, only a few better ones are looked for"
    );
}

#[test]
fn the_clock_is_read_only_when_something_must_go() {
    let (store, read) = (store(2), Cell::new(0));
    let put = |number| {
        let now = || {
            read.set(read.get() + 1);
            START
        };
        store.get_or_insert_with(key(&number), now, |_| Told::default()).unwrap();
        read.get()
    };
    assert_eq!([1, 2, 1, 2, 3, 3].map(put), [0, 0, 0, 0, 1, 1]);
}

#[test]
fn b3_a_panic_while_a_state_is_made_leaves_the_store_as_it_was() {
    let store = store(2);
    put(&store, 1, Worth::Memory).unwrap();
    put(&store, 2, Worth::Memory).unwrap();
    let make = |_: &u64| -> Told { panic!("on purpose") };
    let panicked =
        catch_unwind(AssertUnwindSafe(|| store.get_or_insert_with(key(&3), || START, make).map(drop)));
    assert!(panicked.is_err());
    assert_eq!((store.len(), store.evicted()), (2, 0));
    assert!(store.get(&1).is_some() && store.get(&2).is_some() && store.get(&3).is_none());
    put(&store, 3, Worth::Memory).unwrap();
    assert_eq!((store.len(), store.evicted()), (2, 1));
}

#[test]
fn b3_a_panic_of_one_that_goes_leaves_the_store_with_the_new_one() {
    #[derive(Debug)]
    struct Loud;
    impl Keep for Loud {
        fn worth(&self, _: Tick) -> Worth {
            Worth::Nothing
        }
        fn gone(&self) {
            panic!("on purpose");
        }
    }
    let store = Store::<u64, Loud>::new(room(1));
    store.get_or_insert_with(key(&1), || START, |_| Loud).unwrap();
    let second = || store.get_or_insert_with(key(&2), || START, |_| Loud).map(drop);
    assert!(catch_unwind(AssertUnwindSafe(second)).is_err());
    assert!(store.get(&1).is_none() && store.get(&2).is_some());
    assert_eq!((store.len(), store.evicted()), (1, 1));
    assert!(catch_unwind(AssertUnwindSafe(|| store.remove(&2).map(drop))).is_err());
    assert_eq!((store.len(), store.evicted()), (0, 1));
}

/// A state that knows its key.
struct Guest(String, Worth);

impl Named<str> for Guest {
    fn is(&self, key: &str) -> bool {
        self.0 == key
    }
}

impl Keep for Guest {
    fn worth(&self, _: Tick) -> Worth {
        self.1
    }
}

#[test]
fn w50_states_that_know_their_keys_come_and_go_as_others_do() {
    let guests = Roster::new(room(100));
    let now = || Tick::from_nanos(1);
    let come = |number: usize| {
        let worth = if number < 50 { Worth::Penalty } else { Worth::Memory };
        guests.get_or_insert_with(&*number.to_string(), now, |name| Guest(name.to_owned(), worth))
    };
    (0..1_000).for_each(|number| assert_eq!(come(number).expect("room").0, number.to_string()));
    assert_eq!((guests.len(), guests.evicted()), (100, 900));
    for number in 0..50 {
        let name = number.to_string();
        assert!(guests.get(name.as_str()).is_some_and(|guest| guest.0 == name), "{name} stays");
        assert!(guests.forget(name.as_str(), now()).is_none(), "{name} carries a penalty");
    }
    for number in (0..50).rev() {
        let name = number.to_string();
        assert_eq!(guests.remove(name.as_str()).expect("it was there").0, name);
        assert!(guests.get(name.as_str()).is_none());
    }
    let mut left = Vec::new();
    guests.for_each(|guest| left.push(guest.0.clone()));
    assert_eq!(left.len(), 50);
    left.iter().for_each(|name| assert!(guests.forget(name.as_str(), now()).is_some(), "{name}"));
    assert!(guests.is_empty());
}
