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
