//! Text for people: one page that everything printed passes through.

mod clean;
mod page;
mod when;

pub(crate) use clean::{clean, clean_json};
pub(crate) use page::Page;
pub(crate) use when::{utc, utc_with_local};

/// Whether the environment lets us use colour (<https://no-color.org>).
pub(crate) fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// "1 step", "2 steps".
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A word of the Desk's ("notice_period") as people read it.
pub(crate) fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// Two sentences, whether or not the first brings its full stop.
pub(crate) fn then(first: &str, second: &str) -> String {
    format!("{}. {second}", first.trim_end_matches('.')).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::then;

    #[test]
    fn sentences_of_other_systems_are_told_apart() {
        for (first, second, both) in [
            ("is full", "Make room.", "is full. Make room."),
            ("Is full.", "Make room.", "Is full. Make room."),
            ("Is full", "", "Is full."),
        ] {
            assert_eq!(then(first, second), both, "what is wrong and what to do must not run together");
        }
    }
}
