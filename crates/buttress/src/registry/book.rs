//! Who has which name, and who is told of them.

use super::error::RegistryError;
use super::health::Health;
use super::member::{Held, Member};
use super::reset::Part;
use super::stream::{Content, Streams, Subscription};
use super::watch::{Lookout, Watch};
use crate::circuit_breaker::Difference;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::thread;

/// What the clones of a registry share.
pub(super) struct Shelf {
    book: RwLock<Book>,
    watch: Watch,
}

/// What is written under the lock. Members are told to do something only outside it, as they tell others, who may ask.
pub(super) struct Book {
    capacity: NonZeroUsize,
    members: BTreeMap<Name, Membership>,
    streams: Streams,
    /// Tells those who watch the health, if anybody does.
    watched: Option<Weak<Shelf>>,
}

/// Kind and name.
type Name = (&'static str, &'static str);

struct Membership {
    member: Arc<dyn Held>,
    /// Gone when the member has left: what it says is not heard any more then.
    token: Arc<()>,
}

impl Shelf {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        let (members, streams) = (BTreeMap::new(), Streams::default());
        let book = Book { capacity, members, streams, watched: None };
        Self { book: RwLock::new(book), watch: Watch::default() }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Book> {
        self.book.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Book> {
        self.book.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// All members, without the lock.
    pub(super) fn members(&self) -> Vec<Arc<dyn Held>> {
        self.read().members.values().map(|held| Arc::clone(&held.member)).collect()
    }

    /// The same, each with its kind and name.
    pub(super) fn parts(&self) -> Vec<(Part, Arc<dyn Held>)> {
        let part =
            |(&(kind, name), held): (&Name, &Membership)| (Part { kind, name }, Arc::clone(&held.member));
        self.read().members.iter().map(part).collect()
    }

    pub(super) fn health(&self) -> Health {
        let mut health = Health::default();
        self.members().iter().for_each(|member| member.judge(&mut health));
        health
    }

    pub(super) const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Tells those who watch the health if it is another than it was.
    pub(super) fn look(self: &Arc<Self>) {
        if self.watch.look(|| self.health()) {
            return;
        }
        // Others change it faster than it can be told, and the caller has a call to get back to.
        let shelf = Arc::clone(self);
        let look_on = move || shelf.watch.look_on(|| shelf.health());
        let relief = thread::Builder::new().name("buttress-health".to_owned()).spawn(look_on);
        if relief.is_err() {
            // Nobody else would.
            self.watch.look_on(|| self.health());
        }
    }
}

impl Book {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn find<M: Member>(&self, name: &str) -> Option<M> {
        downcast(self.held::<M>(name)?)
    }

    fn held<'a, M: Member>(&'a self, name: &'a str) -> Option<&'a dyn Held> {
        self.members.get(&(M::KIND, name)).map(|held| &*held.member)
    }

    /// The names of all that are like `M`.
    pub(super) fn names<M: Member>(&self) -> Vec<String> {
        let members = self.members.values().filter_map(|held| downcast::<M>(&*held.member));
        members.map(|member| Held::name(&member).to_owned()).collect()
    }

    pub(super) fn find_or_add<M: Member>(
        &mut self,
        name: &str,
        make: impl FnOnce() -> M,
        differs: impl FnOnce(&M) -> Option<Difference>,
    ) -> Result<M, RegistryError> {
        if let Some(member) = self.find::<M>(name) {
            return match differs(&member) {
                None => Ok(member),
                Some(difference) => {
                    Err(RegistryError::OtherSettings { kind: M::KIND, name: name.to_owned(), difference })
                }
            };
        }
        // Before it is made, as a name is kept for good once there is something that has it.
        self.check::<M>(name)?;
        let member = make();
        self.add(member.clone())?;
        Ok(member)
    }

    pub(super) fn add<M: Member>(&mut self, member: M) -> Result<(), RegistryError> {
        let name = Held::name(&member);
        self.check::<M>(name)?;
        let held = Membership { member: Arc::new(member), token: Arc::default() };
        Content::ALL.into_iter().for_each(|content| self.feed(content, &held));
        self.look_out(&held);
        self.members.insert((M::KIND, name), held);
        Ok(())
    }

    /// Takes a member out. What comes back is dropped outside the lock.
    pub(super) fn remove<M: Member>(&mut self, name: &str) -> Option<Arc<dyn Held>> {
        let name = self.held::<M>(name)?.name();
        self.members.remove(&(M::KIND, name)).map(|held| held.member)
    }

    pub(super) fn subscribe(&mut self, content: Content) -> Subscription {
        let (subscription, first) = self.streams.subscribe(content);
        if first {
            self.members.values().for_each(|held| self.feed(content, held));
        }
        subscription
    }

    /// Has `shelf` look at the health when a member changes.
    pub(super) fn watch(&mut self, shelf: Weak<Shelf>) {
        self.watched = Some(shelf);
        self.members.values().for_each(|held| self.look_out(held));
    }

    /// Whether another member can have this name.
    fn check<M: Member>(&self, name: &str) -> Result<(), RegistryError> {
        if name.is_empty() {
            return Err(RegistryError::EmptyName { kind: M::KIND });
        }
        if self.held::<M>(name).is_some() {
            return Err(RegistryError::Taken { kind: M::KIND, name: name.to_owned() });
        }
        if self.members.len() >= self.capacity.get() {
            return Err(RegistryError::Full { capacity: self.capacity });
        }
        Ok(())
    }

    fn feed(&self, content: Content, held: &Membership) {
        if let Some(feed) = self.streams.feed(content, Arc::downgrade(&held.token)) {
            held.member.listen(Arc::new(feed));
        }
    }

    fn look_out(&self, held: &Membership) {
        if let Some(shelf) = self.watched.clone() {
            held.member.listen(Arc::new(Lookout { shelf, member: Arc::downgrade(&held.token) }));
        }
    }
}

pub(super) fn downcast<M: Member>(member: &dyn Held) -> Option<M> {
    let member: &dyn Any = member;
    member.downcast_ref().cloned()
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = f.debug_set();
        names.entries(self.read().members.keys().map(|(kind, name)| format!("{kind} {name}")));
        names.finish()
    }
}
