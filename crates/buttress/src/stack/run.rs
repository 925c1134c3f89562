//! A stack around a function.

use std::fmt;
use std::task::{Context, Poll};
use tower_service::Service;

/// A function as the service beneath a stack, for [`Stack::run`].
#[derive(Clone)]
pub struct Function<O>(O);

impl<O, F, T, E> Service<()> for Function<O>
where
    O: FnMut() -> F,
    F: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = F;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> F {
        (self.0)()
    }
}

impl<O> fmt::Debug for Function<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}
