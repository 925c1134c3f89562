//! What all services have in common.

/// The accessors of a service that wraps another in its field `inner`.
macro_rules! accessors {
    () => {
        /// The service beneath.
        pub const fn get_ref(&self) -> &S {
            &self.inner
        }

        /// The service beneath, to change it.
        pub const fn get_mut(&mut self) -> &mut S {
            &mut self.inner
        }

        /// The service beneath, without this layer.
        pub fn into_inner(self) -> S {
            self.inner
        }
    };
}

/// How a layer judges, for one whose last type parameter is its judge and that has a `map_judge`.
macro_rules! judged {
    ($layer:ident $(, $param:ident)*) => {
        impl<$($param,)* C> $layer<$($param,)* crate::AtHead<C>> {
            /// Judges results by `classify`: a type, or a closure over `Result<&Response, &Error>`.
            #[must_use]
            pub fn classify<C2>(self, classify: C2) -> $layer<$($param,)* crate::AtHead<C2>> {
                self.map_judge(|_| crate::AtHead(classify))
            }
        }

        judged_at_end!($layer<$($param,)* _>);
    };
}

/// When a layer judges, for one that has a `map_judge`. `_` is the parameter for its judge.
macro_rules! judged_at_end {
    ($layer:ident<$($before:ident,)* _ $(, $after:ident)*>) => {
        #[cfg(feature = "http")]
        impl<$($before,)* C $(, $after)*> $layer<$($before,)* crate::AtHead<C> $(, $after)*> {
            /// Judges a call when its body has ended, and not by its head alone: see [`AtEnd`](crate::AtEnd).
            ///
            /// The body's type changes, to [`JudgedBody`](crate::JudgedBody). Comes after the classifier.
            #[must_use]
            pub fn at_body_end(self) -> $layer<$($before,)* crate::AtEnd<C> $(, $after)*> {
                self.at_body_end_if(true)
            }

            /// The same if `wait` is true, and by the head if not: a switch that leaves the types alone.
            #[must_use]
            pub fn at_body_end_if(self, wait: bool) -> $layer<$($before,)* crate::AtEnd<C> $(, $after)*> {
                self.map_judge(|judge| crate::AtEnd::new(judge.0, wait))
            }

            /// The same for bodies that can be [boxed again](crate::Rebox): the type of the response stays.
            #[must_use]
            pub fn at_body_end_boxed(self) -> $layer<$($before,)* crate::AtEndBoxed<C> $(, $after)*> {
                self.map_judge(|judge| crate::AtEndBoxed(crate::AtEnd::new(judge.0, true)))
            }
        }

        #[cfg(feature = "http")]
        impl<$($before,)* C $(, $after)*> $layer<$($before,)* crate::AtEnd<C> $(, $after)*> {
            /// A body of which nothing comes for so long while somebody waits for it has failed: the call is judged, and
            /// [`JudgedBody::is_stalled`](crate::JudgedBody::is_stalled) says so. Without it silence has no limit.
            #[must_use]
            pub fn stalled_after(self, limit: std::time::Duration) -> Self {
                self.map_judge(|judge| judge.stalled_after(limit))
            }
        }

        #[cfg(feature = "http")]
        impl<$($before,)* C $(, $after)*> $layer<$($before,)* crate::AtEndBoxed<C> $(, $after)*> {
            /// A body of which nothing comes for so long while somebody waits for it has failed: the call is judged. The body
            /// goes on. Without it silence has no limit.
            #[must_use]
            pub fn stalled_after(self, limit: std::time::Duration) -> Self {
                self.map_judge(|judge| crate::AtEndBoxed(judge.0.stalled_after(limit)))
            }
        }
    };
}

/// How the rejections of a layer reach the caller, for one that has a `with_refuse`. `_` is the parameter for it.
macro_rules! refuse_modes {
    ($layer:ident<$($before:ident,)* _ $(, $after:ident)*>) => {
        impl<$($before,)* R $(, $after)*> $layer<$($before,)* R $(, $after)*> {
            /// Leaves the error type as it is; it must [carry](crate::Carry) the rejection.
            #[must_use]
            pub fn typed(self) -> $layer<$($before,)* crate::Typed $(, $after)*> {
                self.with_refuse(crate::Typed)
            }

            /// Makes the rejection a [response](crate::Answer), so that the error type stays, also an `Infallible` one.
            #[must_use]
            pub fn respond(self) -> $layer<$($before,)* crate::Respond $(, $after)*> {
                self.with_refuse(crate::Respond)
            }

            /// Makes the rejection a response by the function.
            ///
            /// A classifier above knows such a response only by what the function puts into it.
            #[must_use]
            pub fn respond_with<F>(self, answer: F) -> $layer<$($before,)* crate::RespondWith<F> $(, $after)*> {
                self.with_refuse(crate::RespondWith(answer))
            }

            /// Makes the rejection a [gRPC response](crate::RespondGrpc), so that the error type stays: for servers.
            #[cfg(feature = "http")]
            #[must_use]
            pub fn respond_grpc(self) -> $layer<$($before,)* crate::RespondGrpc $(, $after)*> {
                self.with_refuse(crate::RespondGrpc)
            }

            /// Makes every error a [`tonic::Status`](crate::AsStatus), that of a rejection too: for clients.
            #[cfg(feature = "tonic")]
            #[must_use]
            pub fn as_status(self) -> $layer<$($before,)* crate::AsStatus $(, $after)*> {
                self.with_refuse(crate::AsStatus)
            }
        }
    };
}

/// What every handle to one state per key has in common, for a `$keyed` around an `Arc` of
/// [`States`](crate::source::States) whose group has a `site` and `listeners`. `$one` is what there is per key, for people.
macro_rules! per_key {
    ($keyed:ident, $handle:ident, $one:literal) => {
        impl<K: crate::key::Key + ?Sized> $keyed<K> {
            /// How many keys there can be unless [`with_capacity`](Self::with_capacity) says otherwise: with some 1 KiB each,
            /// 10 MiB.
            pub const DEFAULT_CAPACITY: std::num::NonZeroUsize =
                std::num::NonZeroUsize::new(10_000).expect("ten thousand is not zero");

            /// The name it was given.
            #[must_use]
            pub fn name(&self) -> &'static str {
                self.0.group.site.name
            }

            #[doc = concat!("The ", $one, " of `key`, if there is one. Looking makes none.")]
            ///
            /// Ask anew each time: a handle that is kept can lose its place to another key, and a handle that was asked for
            /// later is of another state then. What is done to the one without a place, no call of this key sees.
            #[must_use]
            pub fn get(&self, key: &K) -> Option<$handle> {
                self.0.store.get(key).map($handle)
            }

            #[doc = concat!("The ", $one, " of `key`, made if there is none; while there is no room for one, the")]
            /// [overflow](Self::overflow).
            ///
            /// Ask anew each time, as with [`get`](Self::get).
            #[must_use]
            pub fn of(&self, key: &K) -> $handle {
                $handle(crate::source::PerKey::lease(self, std::borrow::Cow::Borrowed(key)))
            }

            #[doc = concat!("Forgets `key`, whatever its ", $one, " stands at. Calls that hold it end with it; the next call")]
            /// of `key` begins with a new one.
            pub fn remove(&self, key: &K) -> Option<$handle> {
                self.0.store.remove(key).map($handle)
            }

            #[doc = concat!("The ", $one, " that keys share while there is no room for one of their own.")]
            #[must_use]
            pub fn overflow(&self) -> &$handle {
                &self.0.overflow
            }

            #[doc = concat!("Calls `each` with every key that has a ", $one, ". It must not come back to this value.")]
            pub fn for_each(&self, mut each: impl FnMut(&K, &$handle)) {
                self.0.store.for_each(|key, shared| each(key, &$handle(std::sync::Arc::clone(shared))));
            }

            #[doc = concat!("How many keys have a ", $one, ".")]
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.store.len()
            }

            #[doc = concat!("Whether no key has a ", $one, ".")]
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.store.is_empty()
            }

            #[doc = concat!("How many keys can have a ", $one, ".")]
            #[must_use]
            pub fn capacity(&self) -> usize {
                self.0.store.capacity()
            }

            #[doc = concat!("How many ", $one, "s had to go so that another key could have one.")]
            #[must_use]
            pub fn evicted(&self) -> u64 {
                self.0.store.evicted()
            }

            /// How many calls went to the [overflow](Self::overflow).
            #[must_use]
            pub fn overflowed(&self) -> u64 {
                self.0.overflowed()
            }

            /// Calls `listener` at every change and every refusal of any of them, as the `on_event` of a handle does for one.
            /// The events name the key. A panic in it is caught and counted ([`listener_panics`](Self::listener_panics)).
            pub fn on_event(&self, listener: impl Fn(&crate::Event) + Send + Sync + 'static) {
                self.listen(std::sync::Arc::new(crate::observe::Inline(listener)));
            }

            pub(super) fn listen(&self, listener: std::sync::Arc<dyn crate::observe::Listen>) {
                self.0.group.listeners.push(listener, || {});
            }

            /// How often a listener panicked.
            #[must_use]
            pub fn listener_panics(&self) -> u64 {
                self.0.group.listeners.panics()
            }

            /// All of them as a layer takes them, with what [finds the key](crate::key::KeyOf) of a request.
            pub const fn by<X>(self, find: X) -> crate::source::ByKey<X, Self> {
                crate::source::ByKey { keyed: self, find }
            }
        }

        impl<K: crate::key::Key + ?Sized> Clone for $keyed<K> {
            /// Shares the states.
            fn clone(&self) -> Self {
                Self(std::sync::Arc::clone(&self.0))
            }
        }

        impl<K: crate::key::Key + ?Sized> std::fmt::Debug for $keyed<K> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($keyed))
                    .field("name", &self.name())
                    .field("len", &self.len())
                    .field("capacity", &self.capacity())
                    .finish_non_exhaustive()
            }
        }
    };
}
