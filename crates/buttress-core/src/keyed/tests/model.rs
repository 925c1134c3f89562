//! A store beside a plain map.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Clone, Debug)]
enum Step {
    Get(u64),
    Insert(u64, Worth),
    Set(u64, Worth),
    Remove(u64),
}

fn worth() -> impl Strategy<Value = Worth> {
    prop::sample::select(vec![Worth::Nothing, Worth::Memory, Worth::Penalty])
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0_u64..40;
    prop_oneof![
        key().prop_map(Step::Get),
        (key(), worth()).prop_map(|(key, worth)| Step::Insert(key, worth)),
        (key(), worth()).prop_map(|(key, worth)| Step::Insert(key, worth)),
        (key(), worth()).prop_map(|(key, worth)| Step::Set(key, worth)),
        key().prop_map(Step::Remove),
    ]
}

/// Keys with what their states are worth, by the rules alone: who goes among equals is the store's choice.
#[derive(Debug, Default)]
struct Model(HashMap<u64, Worth>);

impl Model {
    /// Takes in a new key and follows the store in whom it let go.
    fn insert(&mut self, store: &Store<u64, Told>, capacity: usize, key: u64, worth: Worth) {
        let least = self.0.values().min().copied();
        let full = self.0.len() == capacity;
        if full && least == Some(Worth::Penalty) {
            assert!(store.get(&key).is_none(), "all are penalised");
            return;
        }
        if full {
            let gone: Vec<_> = self.0.keys().copied().filter(|key| store.get(key).is_none()).collect();
            assert_eq!(gone.len(), 1, "one goes for one that comes");
            assert_eq!(self.0.remove(&gone[0]), least, "and it is worth least");
        }
        self.0.insert(key, worth);
    }
}

proptest! {
    #[test]
    fn f4_a_store_is_a_map_that_forgets_what_is_worth_least(
        // As many as are looked at in any case.
        capacity in 1_usize..=8,
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let store = store(capacity);
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Get(number) => assert_eq!(store.get(&number).is_some(), model.0.contains_key(&number)),
                Step::Insert(number, worth) => {
                    let known = model.0.contains_key(&number);
                    let made = std::cell::Cell::new(false);
                    let make = |_: &u64| {
                        made.set(true);
                        Told::worth(worth)
                    };
                    let put = store.get_or_insert_with(key(&number), || START, make).is_ok();
                    if !known {
                        model.insert(&store, capacity, number, worth);
                    }
                    assert_eq!((put, made.get()), (model.0.contains_key(&number), put && !known));
                }
                Step::Set(number, worth) => {
                    if let Some(known) = model.0.get_mut(&number) {
                        *known = worth;
                        store.get(&number).expect("it is known").set(worth);
                    }
                }
                Step::Remove(number) => {
                    let removed = store.remove(&number).map(|state| state.worth(START));
                    assert_eq!(removed, model.0.remove(&number));
                }
            }
            let mut all = HashMap::new();
            store.for_each(|key, state| assert_eq!(all.insert(*key, state.worth(START)), None));
            assert_eq!((&all, store.len()), (&model.0, all.len()));
        }
    }
}
