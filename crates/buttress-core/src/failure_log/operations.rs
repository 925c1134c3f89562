//! The operations that are told apart.

use super::Operation;
use super::line::Start;
use super::text::cut;
use crate::keyed::hash::Seeds;
use hashbrown::HashTable;

/// What operations beyond the last place count as.
const OTHER: &str = "other";

#[derive(Debug)]
pub(super) struct Operations {
    list: Vec<Operation>,
    places: HashTable<usize>,
    seeds: Seeds,
    most: usize,
    other: Option<Operation>,
    overflowed: u64,
}

impl Operations {
    pub(super) fn new(most: usize) -> Self {
        Self {
            list: Vec::new(),
            places: HashTable::new(),
            seeds: Seeds::draw(),
            most,
            other: None,
            overflowed: 0,
        }
    }

    /// The operation of this name; it gets a place if there is one.
    pub(super) fn named(&mut self, name: &str, component: &str, longest: usize, start: Start) -> Operation {
        if name.len() > longest || component.len() > longest {
            let (mut name, mut component) = (name.to_owned(), component.to_owned());
            cut(&mut name, longest);
            cut(&mut component, longest);
            return self.named(&name, &component, longest, start);
        }
        let (seeds, list) = (&self.seeds, &self.list);
        let hash = |name: &str, component: &str| seeds.hash(&(name, component));
        let same = |place: &usize| &**list[*place].name() == name && &**list[*place].component() == component;
        if let Some(place) = self.places.find(hash(name, component), same) {
            return self.list[*place].clone();
        }
        if self.list.len() == self.most {
            self.overflowed += 1;
            let other = || Operation::new(OTHER, OTHER, self.most, start);
            return self.other.get_or_insert_with(other).clone();
        }
        let operation = Operation::new(name, component, self.list.len(), start);
        let again = |place: &usize| hash(list[*place].name(), list[*place].component());
        self.places.insert_unique(hash(name, component), self.list.len(), again);
        self.list.push(operation.clone());
        operation
    }

    /// All of them, with the one for those that found no place.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.list.iter().chain(&self.other)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Operation> {
        self.list.get(index).or(self.other.as_ref().filter(|other| other.index() == index))
    }

    pub(super) const fn overflowed(&self) -> u64 {
        self.overflowed
    }
}
