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
