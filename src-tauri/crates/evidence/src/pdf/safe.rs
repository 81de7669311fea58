//! Text from outside, made safe to print: what cannot be drawn as written is replaced visibly.

use std::fmt::Write as _;

use unicode_bidi::BidiClass;
use unicode_general_category::{GeneralCategory as Category, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

use super::face::Face;

/// Longer texts are cut, and say so: a page must not drown in one hostile field.
const MAX_CHARS: usize = 4000;

/// The text as it can be printed. Characters that would be missing, invisible, reordered or unjoined become
/// their code points, like `⟨U+202E⟩`; neighbours share a pair of brackets. The brackets themselves are
/// replaced too, so that no name can pretend to be a replacement.
pub(super) fn safe(text: &str, face: Face) -> String {
    let mut out = String::with_capacity(text.len());
    let mut replacing = false;
    let mut rest = text.nfc();
    for c in rest.by_ref().take(MAX_CHARS) {
        let drawn = is_drawn_right(c, face);
        match (replacing, drawn) {
            (true, true) => out.push('\u{27e9}'),
            (false, false) => out.push('\u{27e8}'),
            (true, false) => out.push(' '),
            (false, true) => {}
        }
        replacing = !drawn;
        if drawn {
            out.push(c);
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "U+{:04X}", u32::from(c));
        }
    }
    if replacing {
        out.push('\u{27e9}');
    }
    let left = rest.count();
    if left > 0 {
        let _ = write!(out, " [{left} more characters are not printed here]");
    }
    out
}

fn is_drawn_right(c: char, face: Face) -> bool {
    if c == ' ' {
        return true;
    }
    let invisible_or_placed = matches!(
        get_general_category(c),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::PrivateUse
            | Category::Unassigned
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::SpaceSeparator
            // Marks that NFC could not compose would need placing over the letter before.
            | Category::NonspacingMark
            | Category::SpacingMark
            | Category::EnclosingMark
    );
    // Right-to-left scripts need reordering and joining, which is not done here.
    let right_to_left = matches!(unicode_bidi::bidi_class(c), BidiClass::R | BidiClass::AL | BidiClass::AN);
    let bracket = matches!(c, '\u{27e8}' | '\u{27e9}');
    !invisible_or_placed && !right_to_left && !bracket && face.glyph(c).is_some()
}
