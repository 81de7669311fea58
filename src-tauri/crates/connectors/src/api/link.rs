//! Following a vendor to the next page without leaving its server.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use crate::error::{Error, Kind, Result};

/// The address of a further page, on the connection's own server. Opaque: it is followed as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageLink(pub(super) Url);

impl PageLink {
    /// Takes a link of the server at `base`, whole or from the path on.
    ///
    /// # Errors
    /// `Malformed`, when it leads to another server, which must not see the secret.
    pub(super) fn on(base: &Url, link: &str) -> Result<Self> {
        match base.join(link) {
            Ok(url) if url.origin() == base.origin() && url.username().is_empty() => Ok(Self(url)),
            _ => Err(Error::new(
                Kind::Malformed,
                "the server names a next page that is not on this server",
                "Set the base URL to the address by which the server calls itself; nothing of this read was used.",
            )),
        }
    }

    /// The link without the server's name: what may be stored, and taken again by the same connection.
    pub fn path(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }
}

/// The target of `Link: <…>; rel="next"` (RFC 8288 §3), which may stand in one of several headers.
pub(super) fn next(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(LINK).iter().filter_map(|v| v.to_str().ok());
    values.flat_map(links).find(|(_, rel)| rel.eq_ignore_ascii_case("next")).map(|(target, _)| target)
}

/// Targets and relations of one header. A target may hold commas and semicolons, so it is read by its brackets.
fn links(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    while let Some((_, from)) = rest.split_once('<') {
        let Some((target, after)) = from.split_once('>') else { break };
        let end = after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len());
        let rel = after[..end].split(';').find_map(|p| p.trim().strip_prefix("rel="));
        found.push((target, rel.unwrap_or_default().trim_matches('"')));
        rest = &after[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn the_next_page_is_found_in_every_way_of_writing_it() {
        let this = r#"<https://a.test/x?limit=1>; rel="self""#;
        let next = r#"<https://a.test/x?after=a,b;c&limit=1>; rel="next""#;
        let target = Some("https://a.test/x?after=a,b;c&limit=1");
        for (values, expected) in [
            (vec![this, next], target),
            (vec![next, this], target),
            (
                vec![
                    r#"<https://a.test/x?limit=1>; rel="self", <https://a.test/x?after=a,b;c&limit=1>; rel=next"#,
                ],
                target,
            ),
            (vec![this], None),
            (vec!["<https://a.test/x"], None),
            (vec![], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(LINK, HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(super::next(&headers), expected, "{values:?}: a page missed is a person missed");
        }
    }

    #[test]
    fn a_page_is_never_followed_to_another_server() {
        let base = Url::parse("https://acme.okta.test/").unwrap();
        for link in [
            "https://evil.test/x",
            "//evil.test/x",
            "http://acme.okta.test/x",
            "https://acme.okta.test:444/x",
            "https://acme@acme.okta.test/x",
            "javascript:x",
        ] {
            assert!(PageLink::on(&base, link).is_err(), "{link}: the secret would go there");
        }
        for link in ["https://acme.okta.test/api?after=x", "/api?after=x"] {
            let page = PageLink::on(&base, link).unwrap();
            assert_eq!(page.path(), "/api?after=x", "{link}: what is stored names no server");
        }
    }
}
