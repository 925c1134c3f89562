use crate::failure_log::line::Line;
use crate::failure_log::ring::{Kept, Ring};
use proptest::prelude::*;

/// The same in plain words.
#[derive(Default)]
struct Plain {
    records: Vec<(u64, usize)>,
}

impl Plain {
    fn held(&self, operation: usize) -> usize {
        self.records.iter().filter(|(_, of)| *of == operation).count()
    }

    fn push(&mut self, id: u64, operation: usize, most: usize, most_of_operation: usize) {
        let own = self.held(operation);
        let from = if own >= most_of_operation {
            Some(operation)
        } else if self.records.len() < most {
            None
        } else {
            let of: std::collections::BTreeSet<_> = self.records.iter().map(|(_, of)| *of).collect();
            // Of those that have most, any: the ring is asked which.
            Some(if own * of.len() > most { operation } else { usize::MAX })
        };
        if let Some(from) = from.filter(|from| *from != usize::MAX) {
            let at = self.records.iter().position(|(_, of)| *of == from).expect("it has some");
            self.records.remove(at);
        }
        self.records.push((id, operation));
    }
}

proptest! {
    #[test]
    fn s0_63_the_ring_keeps_what_a_plain_list_keeps(
        stream in prop::collection::vec(prop_oneof![Just(0_usize), 0..12_usize], 1..300),
        most in 1..40_usize,
        of_operation in 1..40_usize,
        forget_at in 0..300_usize,
    ) {
        let of_operation = of_operation.min(most);
        let mut ring = Ring::new(most, of_operation);
        let mut plain = Plain::default();
        let mut fresh = Kept::default();
        for (at, operation) in stream.into_iter().enumerate() {
            if at == forget_at {
                let limit = at as u64 / 2;
                ring.forget(Line(limit as i64));
                plain.records.retain(|(id, _)| *id >= limit);
            }
            let id = at as u64 + 1;
            (fresh.id, fresh.operation, fresh.line) = (id, operation, Line(id as i64));
            fresh.texts.clear();
            fresh.texts.text.push_str(&id.to_string());
            fresh.texts.end();
            let gone = ring.push(&mut fresh);
            plain.push(id, operation, most, of_operation);
            if plain.records.len() > most {
                // All places were taken: the oldest of an operation that had most went.
                prop_assert!(gone);
                let of = fresh.operation;
                let had = |operation: usize, plain: &Plain| {
                    plain.held(operation) - usize::from(operation == plain.records.last().unwrap().1)
                };
                let least = (0..12).map(|other| had(other, &plain)).max().unwrap();
                prop_assert_eq!(had(of, &plain), least, "{} had not the most", of);
                let oldest = plain.records.iter().position(|(_, other)| *other == of).unwrap();
                prop_assert_eq!(plain.records.remove(oldest).0, fresh.id);
            }
            let mut held: Vec<_> =
                (0..ring.slots()).filter_map(|slot| ring.slot(slot)).map(|kept| (kept.id, kept.operation)).collect();
            held.sort_unstable();
            prop_assert_eq!(&held, &plain.records);
            prop_assert_eq!(ring.len(), held.len());
            prop_assert!(ring.slots() <= most);
            let newest: Vec<_> = ring.newest(operation).map(|kept| kept.texts.message().to_owned()).collect();
            let of = plain.records.iter().rev().filter(|(_, of)| *of == operation);
            prop_assert_eq!(newest, of.map(|(id, _)| id.to_string()).collect::<Vec<_>>());
        }
    }
}
