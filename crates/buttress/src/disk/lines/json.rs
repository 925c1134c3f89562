//! One value, one line.

use buttress_core::text::is_hostile;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io;

/// Puts `value` behind what is in `line`, as JSON on one line, with the end of the line.
pub(super) fn append(line: &mut Vec<u8>, value: &impl Serialize) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *line, OneLine))?;
    line.push(b'\n');
    Ok(())
}

/// Compact JSON in which every character that a terminal, an editor or a reader of lines could take for more than a letter is
/// escaped. The format itself asks for those below U+0020 alone.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, to: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, found)) = rest.char_indices().find(|(_, letter)| is_hostile(*letter)) {
            to.write_all(&rest.as_bytes()[..at])?;
            // All of it is below U+FFFF, where one escape is enough.
            write!(to, "\\u{:04x}", u32::from(found))?;
            rest = &rest[at + found.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str) -> String {
        let mut line = Vec::new();
        append(&mut line, &text).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn h14_what_ends_a_line_or_moves_a_cursor_is_escaped() {
        let hostile = "\r\n\u{1b}[2J\0\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202e}é";
        let escaped = r#""\r\n\u001b[2J\u0000\u007f\u0085\u009b\u2028\u2029\u202eé""#;
        assert_eq!(line(hostile), format!("{escaped}\n"));
    }

    proptest! {
        #[test]
        fn h14_any_text_is_one_line_and_is_read_back_as_it_was(text in any::<String>()) {
            let line = line(&text);
            let body = line.strip_suffix('\n').unwrap();
            prop_assert!(!body.contains(is_hostile), "{:?}", body);
            prop_assert_eq!(serde_json::from_str::<String>(body).unwrap(), text);
        }
    }
}
