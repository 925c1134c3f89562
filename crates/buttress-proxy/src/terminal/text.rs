//! Words on lines.

/// Puts the words on as few lines as they fit on.
pub(crate) fn wrap(words: Vec<String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_lines_are_filled() {
        let words = ["closed", "→ open (why)", "→ half_open"].map(String::from).to_vec();
        assert_eq!(wrap(words.clone(), 19), ["closed → open (why)", "→ half_open"]);
        assert_eq!(wrap(words, 1), ["closed", "→ open (why)", "→ half_open"]);
    }
}
