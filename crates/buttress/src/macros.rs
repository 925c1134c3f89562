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
