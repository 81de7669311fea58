//! From the bytes of a text file to characters. What is not sure is refused, not guessed.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::report::refuse;
use super::settings::Encoding;
use crate::error::Result;

/// The characters of a text file, and the name of the encoding that they came in.
///
/// # Errors
/// `Malformed`, with the byte offset: bytes that are not of the encoding, and NUL anywhere.
pub(super) fn decode(bytes: Vec<u8>, declared: Encoding) -> Result<(String, &'static str)> {
    let (text, name) = match (&bytes[..], declared) {
        ([0xEF, 0xBB, 0xBF, ..], _) => (utf8(bytes, 3, declared)?, "UTF-8"),
        ([0xFF, 0xFE, rest @ ..], _) => (utf16(UTF_16LE, rest)?, "UTF-16"),
        ([0xFE, 0xFF, rest @ ..], _) => (utf16(UTF_16BE, rest)?, "UTF-16"),
        (_, Encoding::Windows1252) => {
            (WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(), "Windows-1252")
        }
        _ => (utf8(bytes, 0, declared)?, "UTF-8"),
    };
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        return Err(refuse(
            format_args!("line {line} holds a NUL character, which no text file does"),
            "export again as CSV in UTF-8; a file that was cut off or saved as UTF-16 without a mark looks like this",
        ));
    }
    Ok((text, name))
}

fn utf8(mut bytes: Vec<u8>, mark: usize, declared: Encoding) -> Result<String> {
    bytes.drain(..mark);
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        let remedy = match declared {
            Encoding::Utf8 => "export as UTF-8, or set encoding=windows-1252 if that is what the file is",
            _ => "export as “CSV UTF-8”; if the file is an old Western one, set encoding=windows-1252",
        };
        refuse(format_args!("byte {} (line {line}) is not UTF-8", at + mark), remedy).caused_by(e)
    })
}

fn utf16(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Result<String> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| refuse("it begins as UTF-16 and does not stay so", "export again as CSV in UTF-8"))
}
