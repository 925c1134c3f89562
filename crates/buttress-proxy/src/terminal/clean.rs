//! Words of others, as they may be shown: nothing in them moves the cursor, begins a line or turns the direction of writing.

use std::fmt::Write;

use buttress::text::{self, is_hostile};
use serde_json::Value;

/// Escapes in all keys and texts of a value what a terminal would obey.
pub(crate) fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(text)),
        Value::Array(values) => values.into_iter().map(clean).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, value)| (escaped(key), clean(value))).collect()
        }
        plain => plain,
    }
}

/// The same JSON, with what a terminal would obey written as JSON escapes it. Outside of its texts JSON has nothing of that but
/// white space, which stays.
pub(crate) fn safe_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hostile(letter) && !matches!(letter, '\n' | '\r' | '\t') {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// A text with nothing in it that a terminal would obey.
pub(crate) fn escaped(text: String) -> String {
    if text.contains(is_hostile) { text::escaped(&text).to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HOSTILE: &str = "a\x1b[2Jb\r\nc\u{85}d\u{9b}e\u{2028}f\u{202e}g\u{7f}h\u{0}";

    #[test]
    fn h14_nothing_that_a_terminal_obeys_is_left_in_texts_and_keys() {
        let cleaned = clean(json!({ HOSTILE: [HOSTILE, 1, null, { "x": HOSTILE }], "plain ü": "é" }));
        let shown = r"a\u{1b}[2Jb\r\nc\u{85}d\u{9b}e\u{2028}f\u{202e}g\u{7f}h\u{0}";
        assert_eq!(cleaned, json!({ shown: [shown, 1, null, { "x": shown }], "plain ü": "é" }));
    }

    #[test]
    fn h14_json_is_shown_as_it_came_and_means_the_same() {
        let value = json!({ "name": HOSTILE, "more": "ünï😀" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = safe_json(&text);
        assert!(
            text.contains('\u{9b}') && !safe.contains(|letter| is_hostile(letter) && letter != '\n'),
            "{safe}"
        );
        assert_eq!(serde_json::from_str::<Value>(&safe).unwrap(), value);
        assert_eq!(safe_json("{\r\n\t\"a\": 1 }"), "{\r\n\t\"a\": 1 }");
    }
}
