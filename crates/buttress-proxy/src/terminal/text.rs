//! Words on lines, and shares as bars.

/// Cells of the bar that shows the good share.
const BAR: usize = 10;

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

/// In eighths of a cell, rounded down, so that a full bar is all.
pub(crate) fn bar(share: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * (BAR * 8) as f64) as usize;
    let filled = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{filled:<BAR$}")
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

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!(bar(1.0), "██████████");
        assert_eq!(bar(0.99999), "█████████▉");
        assert_eq!(bar(0.0), " ".repeat(BAR));
    }
}
