//! A stack around a function.

use super::{Stack, Stacked};
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

impl<R, J, T, I, F, B, Q> Stack<R, J, T, I, F, B, Q> {
    /// Runs a function through the stack, once for each attempt: for code that has no tower service. Its requests are `()`,
    /// so it is for a stack whose requests can be of any type, as [`Stack::new`] makes it.
    ///
    /// ```
    /// use buttress::{Config, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), buttress::BoxError> {
    /// let stack = Stack::new("prices").circuit_breaker(Config::default());
    /// let price = stack.run(|| async { Ok::<_, std::io::Error>(42) }).await?;
    /// assert_eq!(price, 42);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the function and the rejections, as the mode of the stack has them.
    pub fn run<O>(&self, function: O) -> impl Future<Output = Ran<Self, O>> + use<R, J, T, I, F, B, Q, O>
    where
        Self: Layer<Function<O>, Service: Service<()>>,
    {
        let mut service = self.layer(Function(function));
        async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(()).await
        }
    }
}

/// What comes of running the function `O` through the stack `L`.
pub type Ran<L, O> = Result<
    <Stacked<Function<O>, L> as Service<()>>::Response,
    <Stacked<Function<O>, L> as Service<()>>::Error,
>;

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
