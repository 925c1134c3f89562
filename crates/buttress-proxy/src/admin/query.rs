//! What a page is asked for behind the question mark.

use std::borrow::Cow;

use axum::response::Response;
use http::{StatusCode, Uri};

use super::answers::refusal;

/// The parameters of a request, each at most once.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Those of `uri`, if they are among the `known`.
    pub(super) fn of(uri: &Uri, known: &[&str]) -> Result<Self, Box<Response>> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if !known.contains(&&*name) {
                return Err(bad(format!("there is no parameter {name:?}, only {}", known.join(", "))));
            }
            if parameters.iter().any(|(other, _)| *other == name) {
                return Err(bad(format!("the parameter {name} is there twice")));
            }
            parameters.push((Cow::into_owned(name), value.into_owned()));
        }
        Ok(Self(parameters))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, read by `read`.
    pub(super) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Box<Response>> {
        let value = self.get(name).map(read).transpose();
        value.map_err(|error| bad(format!("the parameter {name} cannot be read: {error}")))
    }
}

fn bad(mut why: String) -> Box<Response> {
    why.push('\n');
    Box::new(refusal(StatusCode::BAD_REQUEST, &why))
}
