//! Mistakes that users make. With `--cfg buttress_ui` none of these files compiles, and `ui.rs` reads what the compiler says.

#[cfg(buttress_ui)]
mod box_error;
#[cfg(buttress_ui)]
mod check;
#[cfg(buttress_ui)]
mod classifier;
#[cfg(buttress_ui)]
mod classifier_closure;
#[cfg(buttress_ui)]
mod repeat_body;
#[cfg(buttress_ui)]
mod respond_axum;
#[cfg(buttress_ui)]
mod respond_grpc;
#[cfg(buttress_ui)]
mod respond_incoming;
#[cfg(buttress_ui)]
mod typed_channel;

fn main() {}
