//! The one place that draws random numbers.
