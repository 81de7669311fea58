//! Text from outside, made fit for an error or a remark.

/// Shortens vendor text to `limit` characters and replaces everything invisible that could move the cursor,
/// reorder a line or hide words.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let mut shown: String = text.trim().chars().take(limit).map(visible).collect();
    if text.trim().chars().nth(limit).is_some() {
        shown.push('…');
    }
    shown
}

fn visible(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() => '\u{FFFD}',
        // Bidirectional controls, zero-width characters, line separators, byte order mark, tags.
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => {
            '\u{FFFD}'
        }
        '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' => '\u{FFFD}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_forge_a_line_is_replaced_visibly() {
        for (raw, shown) in [
            ("a\u{1b}[31mred", "a\u{FFFD}[31mred"),
            ("invoice\u{202E}fdp.exe", "invoice\u{FFFD}fdp.exe"),
            ("one\r\ntwo", "one  two"),
            ("Zoë", "Zoë"),
        ] {
            assert_eq!(clean(raw, 80), shown, "{raw:?} must not act on a terminal or mislead a reader");
        }
    }

    proptest! {
        #[test]
        fn no_text_grows_or_keeps_a_control_character(raw in ".*", limit in 0_usize..300) {
            let shown = clean(&raw, limit);
            prop_assert!(shown.chars().count() <= limit + 1, "a log line has an end");
            prop_assert!(!shown.chars().any(char::is_control), "controls reach terminals");
        }
    }
}
