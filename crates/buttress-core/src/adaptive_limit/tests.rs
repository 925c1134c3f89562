use super::*;
use std::num::NonZeroU32;

mod lasting;
mod rules;
mod simulation;

const MS: Duration = Duration::from_millis(1);

fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("it is not zero")
}
