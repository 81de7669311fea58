use super::face::Face;
use super::safe::safe;
use super::wrap::wrap;
use proptest::prelude::*;

#[test]
fn scripts_that_are_promised_are_printed_as_written() {
    for text in
        ["Zoë Müller-Łukasik", "Þórður Ægisson", "Ελένη Παπαδοπούλου", "Олександр Щербаков", "Nguyễn Thị Ánh"]
    {
        for face in [Face::Sans, Face::Bold] {
            assert_eq!(safe(text, face), text, "{face:?} must draw this name as it is");
        }
    }
    assert_eq!(safe("e\u{301}", Face::Sans), "é", "a composed glyph exists and is used");
}

#[test]
fn what_cannot_be_drawn_right_is_replaced_and_never_dropped() {
    for (text, expected) in [
        ("\u{202e}gpj.exe", "⟨U+202E⟩gpj.exe"),
        ("a\u{200b}b", "a⟨U+200B⟩b"),
        ("张伟", "⟨U+5F20 U+4F1F⟩"),
        ("דוד x", "⟨U+05D3 U+05D5 U+05D3⟩ x"),
        ("محمد", "⟨U+0645 U+062D U+0645 U+062F⟩"),
        ("a\nb\u{0}", "a⟨U+000A⟩b⟨U+0000⟩"),
        ("x\u{0338}", "x⟨U+0338⟩"),
        ("a\u{a0}b", "a⟨U+00A0⟩b"),
        ("😀", "⟨U+1F600⟩"),
        ("\u{e000}", "⟨U+E000⟩"),
        ("⟨U+202E⟩", "⟨U+27E8⟩U+202E⟨U+27E9⟩"),
    ] {
        assert_eq!(safe(text, Face::Sans), expected, "a reader must see that something stands there");
    }
}

#[test]
fn a_field_without_end_is_cut_and_says_so() {
    let printed = safe(&"a".repeat(5000), Face::Sans);
    assert!(printed.ends_with("[1000 more characters are not printed here]"), "{}", &printed[3990..]);
}

#[test]
fn characters_that_share_a_glyph_would_be_confused_when_the_text_is_taken_out() {
    for face in Face::ALL {
        let mut owners = std::collections::BTreeMap::new();
        for c in (0x21..0x500).filter_map(char::from_u32) {
            let drawn = safe(&c.to_string(), face);
            if let (Some(glyph), true) = (face.glyph(c), drawn == c.to_string()) {
                let first = owners.entry(glyph).or_insert(c);
                assert_eq!(*first, c, "{face:?}: {c:?} would be copied out of the PDF as {first:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_printed_is_undrawable(text in "\\PC*|.*") {
        for face in Face::ALL {
            for c in safe(&text, face).chars() {
                prop_assert!(c == ' ' || face.glyph(c).is_some(), "{:?} has no glyph in {:?}", c, face);
            }
        }
    }

    #[test]
    fn lines_fit_and_nothing_is_lost(text in "[a-zA-Z @./-]{0,300}", width in 20.0_f32..200.0) {
        let lines = wrap(&text, Face::Sans, 8.0, width);
        prop_assert_eq!(lines.concat(), text, "wrapping only inserts line ends");
        for line in &lines {
            prop_assert!(Face::Sans.width(line.trim_end(), 8.0) <= width + 0.01, "{:?} runs out of its cell", line);
        }
    }
}
