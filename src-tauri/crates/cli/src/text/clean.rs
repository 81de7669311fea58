//! Making text from outside harmless on a terminal, without hiding that something was there.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether showing this character as it is could move the cursor, start an escape sequence, turn the
/// reading direction around, or leave no trace at all.
///
/// The joiners U+200C and U+200D are allowed: Persian and Indic names are written with them.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// One line for people: every hostile character stands there as its code point, line breaks too.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hostile(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "⟦U+{:04X}⟧", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A JSON document for a terminal: hostile characters become `\uXXXX`, which means the same to a parser.
///
/// Below U+007F a serialiser has escaped them already; the line breaks left are the document's own.
pub(crate) fn clean_json(document: &str) -> Cow<'_, str> {
    let hostile = |c: char| c > '~' && is_hostile(c);
    if !document.contains(hostile) {
        return Cow::Borrowed(document);
    }
    let mut shown = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        if hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_characters_are_shown_and_names_of_the_world_are_left_alone() {
        for (text, shown) in [
            ("Kim Doe", "Kim Doe"),
            ("Zoë Nguyễn 王小明 Ωμέγα Ёлкин", "Zoë Nguyễn 王小明 Ωμέγα Ёлкин"),
            ("e\u{301} decomposed", "e\u{301} decomposed"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("\u{202e}gpj.exe", "⟦U+202E⟧gpj.exe"),
            ("a\u{1b}[2Jb", "a⟦U+001B⟧[2Jb"),
            ("a\r\nb", "a⟦U+000D⟧⟦U+000A⟧b"),
            ("a\tb", "a⟦U+0009⟧b"),
            ("a\u{9b}31mb", "a⟦U+009B⟧31mb"),
            ("\u{2067}x\u{2069}", "⟦U+2067⟧x⟦U+2069⟧"),
            ("ad\u{200b}min", "ad⟦U+200B⟧min"),
            ("tag\u{e0041}", "tag⟦U+E0041⟧"),
            ("a\u{2028}b", "a⟦U+2028⟧b"),
            ("\0", "⟦U+0000⟧"),
        ] {
            assert_eq!(clean(text), shown, "{text:?} must be safe to print and still recognisable");
        }
    }

    proptest! {
        #[test]
        fn cleaned_text_is_one_harmless_line(text in any::<String>()) {
            let shown = clean(&text);
            prop_assert!(!shown.contains(is_hostile), "nothing hostile may reach the terminal: {shown:?}");
            prop_assert_eq!(clean(&shown), &*shown, "cleaning twice must not change what was cleaned");
        }

        #[test]
        fn cleaned_json_means_the_same_and_is_harmless(text in any::<String>()) {
            let document = serde_json::to_string(&text).unwrap();
            let shown = clean_json(&document);
            prop_assert!(!shown.contains(is_hostile), "a terminal may be at the end of --json: {shown:?}");
            let back: String = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(back, text, "a program must read what was stored");
        }
    }
}
