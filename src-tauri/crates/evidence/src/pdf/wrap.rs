//! Breaking text into lines by measured widths.

use super::face::Face;

/// Lines that each fit the width, in points; a word that is too long is broken where it has to be. Text must
/// be safe already. At least one line.
pub(super) fn wrap(text: &str, face: Face, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for word in text.split_inclusive(' ') {
        // The space that ends a line may hang over.
        if used + face.width(word.trim_end(), size) <= width {
            line.push_str(word);
            used += face.width(word, size);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        for c in word.chars() {
            let advance = face.advance(c, size);
            if used + advance > width && !line.is_empty() && c != ' ' {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += advance;
        }
    }
    lines.push(line);
    lines
}
