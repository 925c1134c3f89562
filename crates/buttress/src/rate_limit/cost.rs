//! What a request costs.

/// Says how many tokens a request costs. A closure over the request will do, if the type of the request is written out in
/// it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what a request `{Req}` costs",
    note = "a closure can, with the type of the request written out: `|request: &MyRequest| 1`"
)]
pub trait CostOf<Req> {
    /// The cost of `request`; one of 0 is admitted whatever the limit says. It is called before anything is taken, and may
    /// panic.
    fn cost(&self, request: &Req) -> u32;
}

impl<Req, F: Fn(&Req) -> u32> CostOf<Req> for F {
    #[inline]
    fn cost(&self, request: &Req) -> u32 {
        self(request)
    }
}

/// Each request costs one token. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct One;

impl<Req> CostOf<Req> for One {
    #[inline]
    fn cost(&self, _: &Req) -> u32 {
        1
    }
}

/// A request costs what its extension [`Cost`](crate::Cost) says, and one token without it.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct ByCost;

#[cfg(feature = "http")]
impl<Req: crate::key::RequestHead> CostOf<Req> for ByCost {
    #[inline]
    fn cost(&self, request: &Req) -> u32 {
        request.head().extensions().and_then(|told| told.get::<crate::Cost>()).map_or(1, |cost| cost.0)
    }
}
