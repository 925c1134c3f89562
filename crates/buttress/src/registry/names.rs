//! The registry itself.

use super::book::{Shelf, downcast};
use super::error::{RegistryError, UnknownName};
use super::health::Health;
use super::member::{Held, Member};
use super::reset::{Asked, Part, Resets};
use super::status::Status;
use super::stream::{Content, Subscription};
use crate::circuit_breaker::{Config, Difference, Handle, Keyed};
use crate::error_budget;
use crate::key::Key;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

/// Handles by kind and name. Cheap to clone; all clones are one registry.
///
/// Names can come and go while calls run; a call never looks into it. The same name may stand for one handle of each kind.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Shelf>);

impl Registry {
    /// How many names there can be unless [`Registry::with_capacity`] says otherwise. People name what an application
    /// depends on, and a thousand is beyond that: a name made of a request is a key, for which
    /// there is a state per key.
    pub const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).expect("a thousand is not zero");

    /// An empty registry for as many names as the [default](Self::DEFAULT_CAPACITY) allows.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(Self::DEFAULT_CAPACITY)
    }

    /// An empty registry for at most `capacity` names, of all kinds together.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self(Arc::new(Shelf::new(capacity)))
    }

    /// The registry of the whole process, for an application that has one; made when it is first asked for.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(Registry::new);
        &GLOBAL
    }

    /// The circuit breaker of this name; made with these settings if there is none.
    ///
    /// # Errors
    /// [`RegistryError::OtherSettings`] if there is one with other settings, and names the setting: whose would hold?
    /// [`Registry::replace`] puts another in its place. [`RegistryError::EmptyName`] and [`RegistryError::Full`].
    pub fn circuit_breaker(&self, name: &str, config: Config) -> Result<Handle, RegistryError> {
        let differs = |handle: &Handle| handle.config().difference(&config);
        self.0.write().find_or_add(name, || Handle::new(name, config), differs)
    }

    /// The error budget of this name, of one objective; made with these settings if there is none.
    ///
    /// # Errors
    /// As [`Registry::circuit_breaker`]; one of several objectives has other settings than one of one.
    pub fn error_budget(
        &self,
        name: &str,
        config: error_budget::Config,
    ) -> Result<error_budget::Handle, RegistryError> {
        let differs = |handle: &error_budget::Handle| {
            let objectives = handle.configs().count();
            let several = (objectives > 1).then(|| Difference {
                knob: "number of objectives",
                one: objectives.to_string(),
                other: 1.to_string(),
            });
            several.or_else(|| handle.configs().find_map(|(_, known)| known.difference(&config)))
        };
        self.0.write().find_or_add(name, || error_budget::Handle::new(name, config), differs)
    }

    /// The circuit breakers of many keys of this name; made with these settings, for at most `capacity` keys, if there are
    /// none.
    ///
    /// # Errors
    /// As [`Registry::circuit_breaker`], and [`RegistryError::Taken`] if those of this name are of another type of key.
    pub fn keyed_circuit_breaker<K: Key + ?Sized>(
        &self,
        name: &str,
        config: Config,
        capacity: NonZeroUsize,
    ) -> Result<Keyed<K>, RegistryError> {
        let differs = |keyed: &Keyed<K>| {
            let room = (keyed.capacity() != capacity.get()).then(|| Difference {
                knob: "capacity",
                one: keyed.capacity().to_string(),
                other: capacity.to_string(),
            });
            keyed.config().difference(&config).or(room)
        };
        self.0.write().find_or_add(name, || Keyed::with_capacity(name, config, capacity), differs)
    }

    /// The handle of this name and kind.
    ///
    /// ```
    /// use buttress::circuit_breaker::{Config, Handle};
    /// use buttress::registry::Registry;
    ///
    /// let registry = Registry::new();
    /// registry.add(Handle::new("orders", Config::default()))?;
    /// let unknown = registry.get::<Handle>("oders").unwrap_err();
    /// assert_eq!(
    ///     unknown.to_string(),
    ///     r#"there is no circuit_breaker "oders", did you mean "orders"?; there are "orders""#
    /// );
    /// # Ok::<_, buttress::BoxError>(())
    /// ```
    ///
    /// # Errors
    /// [`UnknownName`], which lists the names that there are. Ask when the application is put together, so that a name that
    /// does not fit stops it there and then.
    pub fn get<M: Member>(&self, name: &str) -> Result<M, UnknownName> {
        let book = self.0.read();
        let unknown = || UnknownName { kind: M::KIND, name: name.to_owned(), known: book.names::<M>() };
        book.find(name).ok_or_else(unknown)
    }

    /// Takes in a handle that was made elsewhere.
    ///
    /// # Errors
    /// [`RegistryError::Taken`] if there is another of its name and kind, [`RegistryError::EmptyName`] and
    /// [`RegistryError::Full`].
    pub fn add<M: Member>(&self, member: M) -> Result<(), RegistryError> {
        self.0.write().add(member)?;
        self.0.look();
        Ok(())
    }

    /// Takes in a handle in the place of the one that has its name and kind, which it returns. What was made with that
    /// one goes on by it, and is in the status no more.
    ///
    /// # Errors
    /// [`RegistryError::EmptyName`], and [`RegistryError::Full`] if there was none.
    pub fn replace<M: Member>(&self, member: M) -> Result<Option<M>, RegistryError> {
        let mut book = self.0.write();
        let previous = book.remove::<M>(Held::name(&member));
        book.add(member)?;
        drop(book);
        self.0.look();
        Ok(previous.and_then(|previous| downcast(&*previous)))
    }

    /// Lets go of the handle of this name and kind, and returns it. Calls through it go on.
    #[expect(clippy::must_use_candidate, reason = "who lets go of it need not want it")]
    pub fn remove<M: Member>(&self, name: &str) -> Option<M> {
        let mut book = self.0.write();
        let member = book.find::<M>(name)?;
        let left = book.remove::<M>(name);
        drop(book);
        drop(left);
        self.0.look();
        Some(member)
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.read().len()
    }

    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How everything stands, with the 20 keys that failed most of each that keeps a state per key: more than people look
    /// at, fewer than graphs suffer from.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status_with_keys(20)
    }

    /// The same, with at most so many keys of each.
    #[must_use]
    pub fn status_with_keys(&self, keys: usize) -> Status {
        let mut status = Status::default();
        for member in self.0.members() {
            member.report(&mut status, keys);
        }
        status.sum_up()
    }

    /// The verdict on all of it, as in [`Registry::status`] and at less cost.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health()
    }

    /// Calls `watcher` when the health changes: once for each time that something becomes healthy, degraded or
    /// unhealthy, in order, with how everything stands then. On the thread that caused it, so it must be quick; a panic in
    /// it is caught and [counted](Self::watcher_panics).
    ///
    /// It is looked at when a breaker or a health check changes its state, and when a name comes or goes. What changes it otherwise is told with
    /// the next of these: the passing of time (a breaker whose open time is over is told of with its next call),
    /// [`Handle::set_shadow`] on a breaker that is open, and a key that comes, is removed or is evicted.
    ///
    /// A change of state costs one look at each name, and none at keys, however many a name has. Who causes a change looks
    /// for others too that cause one meanwhile, at most four times; if they go on, a thread of its own looks until they
    /// are done.
    pub fn on_health_change(&self, watcher: impl Fn(&Health) + Send + Sync + 'static) {
        if self.0.watch().add(Arc::new(watcher), || self.health()) {
            self.0.write().watch(Arc::downgrade(&self.0));
            // For what changed meanwhile.
            self.0.look();
        }
    }

    /// How often a function given to [`Registry::on_health_change`] panicked.
    #[must_use]
    pub fn watcher_panics(&self) -> u64 {
        self.0.watch().panics()
    }

    /// Every event of everything in it from now on, also of what comes later: the changes of each in order, and refusals
    /// as they happen.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.0.write().subscribe(Content::Everything)
    }

    /// Every change of state of everything in it from now on, also of what comes later, and no refusals: those of a busy
    /// service push the changes out before a slow reader comes to them.
    #[must_use]
    pub fn subscribe_to_changes(&self) -> Subscription {
        self.0.write().subscribe(Content::Changes)
    }

    /// Resets all that have this name, of whatever kind: they let calls flow again and forget what they had against them. Says
    /// which these are.
    ///
    /// # Errors
    /// [`UnknownName`] if none has.
    pub fn reset(&self, name: &str) -> Result<Resets, UnknownName> {
        let parts = self.0.parts();
        if !parts.iter().any(|(part, _)| part.name == name) {
            let known: BTreeSet<_> = parts.iter().map(|(part, _)| part.name.to_owned()).collect();
            let known = known.into_iter().collect();
            return Err(UnknownName { kind: "name", name: name.to_owned(), known });
        }
        let named = parts.into_iter().filter(|(part, _)| part.name == name);
        Ok(reset(named, Asked::ByName))
    }

    /// Resets everything in it that holds up calls, and says what that is. Not the error budgets, of which what they counted
    /// would be lost for up to a month: [`Registry::reset`] resets one by its name.
    #[expect(clippy::must_use_candidate, reason = "who resets need not ask what there was to reset")]
    pub fn reset_all(&self) -> Resets {
        reset(self.0.parts().into_iter(), Asked::WithAll)
    }
}

fn reset(parts: impl Iterator<Item = (Part, Arc<dyn Held>)>, asked: Asked) -> Resets {
    let mut resets = Resets::default();
    for (part, member) in parts {
        resets.note(part, member.reset(asked));
    }
    resets
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}
