//! A classifier for another service, and one of which the compiler cannot know for which. It says both by itself.
//~rustc expected closure signature `for<'a, 'b> fn(Result<&'a (), &'b std::io::Error>) -> _`
//~rustc found closure signature `fn(Result<&u8, &std::io::Error>) -> _`
//~rustc type annotations needed

use buttress::{CircuitBreakerLayer, Config, Outcome};
use std::io;
use tower::{Layer, service_fn};

pub fn of_other_types() {
    let service = service_fn(|_: ()| async { Err::<(), _>(io::Error::other("")) });
    let other = |_: Result<&u8, &io::Error>| Outcome::Success;
    buttress::check::<(), _>(CircuitBreakerLayer::new(Config::default()).classify(other).layer(service));
}

pub fn not_annotated() {
    let judge = |ok| if ok { Outcome::Success } else { Outcome::Ignored };
    let _ = CircuitBreakerLayer::new(Config::default()).classify(|result| judge(result.is_ok()));
}
