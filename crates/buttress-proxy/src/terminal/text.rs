//! Numbers and words as people read them in columns.

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

/// Rounded down, so that 100 % is said of nothing less.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", (share * 1000.0).floor() / 10.0)
}

/// In eighths of a cell, rounded down as well.
pub(crate) fn bar(share: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * (BAR * 8) as f64) as usize;
    let filled = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{filled:<BAR$}")
}

/// As many digits as fit in seven columns.
pub(crate) fn milliseconds(latency: f64) -> String {
    if latency < 100.0 { format!("{latency:.1} ms") } else { format!("{latency:.0} ms") }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(0.99999), "99.9 %");
        assert_eq!(bar(1.0), "██████████");
        assert_eq!(bar(0.99999), "█████████▉");
        assert_eq!(bar(0.0), " ".repeat(BAR));
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
