//! Which addresses a connection may reach.
//!
//! A base URL is typed by people and a host name is answered by DNS, so either could point a credential at a
//! machine inside. Every address is therefore judged at the moment it is connected to: the resolver hands
//! the client only addresses that passed, which leaves nothing for a second, different DNS answer to change.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::error::{Error, Kind, Result};

/// Where a connection may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public addresses only.
    Public,
    /// Public, private and loopback addresses.
    Anywhere,
    /// Private and loopback addresses only (plain http).
    Local,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Public,
    Local,
    /// Link-local (where clouds serve their machine credentials), multicast, reserved.
    Never,
}

impl Reach {
    pub(super) fn allows(self, ip: IpAddr) -> bool {
        match place(ip) {
            Place::Public => self != Self::Local,
            Place::Local => self != Self::Public,
            Place::Never => false,
        }
    }
}

/// Parses a base URL and says where it may reach.
///
/// # Errors
/// `Setting`, when it is no https URL, or reaches inside without `allow_local`, or carries credentials,
/// a query or a fragment.
pub(super) fn base_url(text: &str, allow_local: bool) -> Result<(Url, Reach)> {
    let url = Url::parse(text.trim())
        .map_err(|e| setting("is not a web address", "Give it as https://host/path.").caused_by(e))?;
    let reach = match (url.scheme(), allow_local) {
        ("https", false) => Reach::Public,
        ("https", true) => Reach::Anywhere,
        ("http", true) => Reach::Local,
        ("http", false) => {
            return Err(setting(
                "uses plain http, which would send the secret readable by anybody on the way",
                "Use the https address. For a test server on this machine, set allow_local=true.",
            ));
        }
        _ => return Err(setting("is neither https nor http", "Give it as https://host/path.")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(setting("holds a name or password", "Set the secret in its own field."));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(setting("holds a ? or #", "Give only the address up to the path."));
    }
    let literal = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(_)) => None,
        None => return Err(setting("names no host", "Give it as https://host/path.")),
    };
    match literal {
        Some(ip) if !reach.allows(ip) => Err(OutOfReach { reach, ip }.into_error()),
        _ => Ok((url, reach)),
    }
}

fn setting(what: &str, remedy: &str) -> Error {
    Error::new(Kind::Setting, format!("the base URL {what}"), remedy)
}

/// A host name led to an address that the connection may not reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfReach {
    reach: Reach,
    ip: IpAddr,
}

impl OutOfReach {
    pub(super) fn into_error(self) -> Error {
        let remedy = match (self.reach, place(self.ip)) {
            (_, Place::Never) => "Check the base URL; such addresses are never connected to.",
            (Reach::Public, _) => {
                "Check the base URL and DNS. If the server really is inside, set allow_local=true."
            }
            _ => "Use the https address: plain http is only for servers inside.",
        };
        Error::new(Kind::Setting, self.to_string(), remedy)
    }
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = match self.reach {
            Reach::Public => "public addresses",
            Reach::Anywhere => "public, private and loopback addresses",
            Reach::Local => "private and loopback addresses over plain http",
        };
        write!(f, "the base URL leads to {}, but this connection may reach only {wanted}", self.ip)
    }
}

impl std::error::Error for OutOfReach {}

/// Resolves names with the system's resolver and lets through only what is within reach.
#[derive(Debug)]
pub(super) struct GuardedResolver(pub(super) Reach);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One address out of reach refuses the name: a mixed answer is how rebinding looks.
            match found.iter().find(|a| !reach.allows(a.ip())) {
                Some(bad) => Err(OutOfReach { reach, ip: bad.ip() }.into()),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

fn place(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(v4) => place_v4(v4),
        IpAddr::V6(v6) => place_v6(v6),
    }
}

// IANA special-purpose registries:
// https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
fn place_v4(ip: Ipv4Addr) -> Place {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (127 | 10, ..) | (192, 168, _) | (172, 16..=31, _) => Place::Local,
        (100, 64..=127, _) => Place::Local, // shared address space; overlay networks use it
        (0 | 224..=255, ..) | (169, 254, _) | (192, 0, 0 | 2) => Place::Never,
        (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => Place::Never,
        _ => Place::Public,
    }
}

fn place_v6(ip: Ipv6Addr) -> Place {
    if ip.is_loopback() || ip.is_unique_local() {
        return Place::Local;
    }
    // Forms that carry an IPv4 address are judged by it: mapped, NAT64 (64:ff9b::/96), 6to4 (2002::/16).
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let [g1, g2] = g.to_be_bytes();
    let [h1, h2] = h.to_be_bytes();
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => place_v4(Ipv4Addr::new(g1, g2, h1, h2)),
        (0x2002, ..) => {
            let [b1, b2] = b.to_be_bytes();
            let [c1, c2] = c.to_be_bytes();
            place_v4(Ipv4Addr::new(b1, b2, c1, c2))
        }
        (0x2001, 0xdb8, ..) => Place::Never,
        (0x2000..=0x3fff, ..) => Place::Public, // global unicast is all that is handed out
        _ => Place::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_judged_by_where_they_lead() {
        for (ip, expected) in [
            ("8.8.8.8", Place::Public),
            ("127.0.0.1", Place::Local),
            ("10.1.2.3", Place::Local),
            ("172.16.0.1", Place::Local),
            ("172.32.0.1", Place::Public),
            ("192.168.1.1", Place::Local),
            ("100.64.0.1", Place::Local),
            ("169.254.169.254", Place::Never),
            ("0.0.0.0", Place::Never),
            ("224.0.0.1", Place::Never),
            ("255.255.255.255", Place::Never),
            ("2606:4700::1111", Place::Public),
            ("::1", Place::Local),
            ("::", Place::Never),
            ("fd00::1", Place::Local),
            ("fe80::1", Place::Never),
            ("::ffff:10.0.0.1", Place::Local),
            ("::ffff:169.254.169.254", Place::Never),
            ("64:ff9b::a00:1", Place::Local),
            ("2002:7f00:1::", Place::Local),
            ("ff02::1", Place::Never),
        ] {
            assert_eq!(place(ip.parse().unwrap()), expected, "{ip} in another spelling must not get through");
        }
    }

    #[test]
    fn a_base_url_that_could_leak_the_secret_is_refused() {
        for (text, allow_local, good) in [
            ("https://scim.example.com/v2", false, true),
            ("https://8.8.8.8/v2", false, true),
            ("http://scim.example.com/v2", false, false),
            ("http://8.8.8.8/v2", true, false),
            ("http://127.0.0.1:8080/v2", false, false),
            ("http://127.0.0.1:8080/v2", true, true),
            ("https://127.0.0.1/v2", false, false),
            ("https://192.168.1.4/v2", true, true),
            ("https://[::1]/v2", false, false),
            ("https://2130706433/v2", false, false),
            ("https://169.254.169.254/latest", true, false),
            ("https://kim:pw@scim.example.com", false, false),
            ("https://scim.example.com/v2?tenant=1", false, false),
            ("ftp://scim.example.com", true, false),
            ("file:///etc/passwd", true, false),
            ("scim.example.com/v2", true, false),
            ("", false, false),
        ] {
            let answer = base_url(text, allow_local);
            assert_eq!(answer.is_ok(), good, "{text:?} with allow_local={allow_local}");
            if let Err(error) = answer {
                assert_eq!(error.kind(), &Kind::Setting, "{text:?}: only the operator can put it right");
                assert!(!error.remedy().is_empty(), "{text:?}: and has to be told how");
            }
        }
    }

    #[tokio::test]
    async fn a_public_name_that_leads_inside_is_refused_when_it_is_resolved() {
        for (reach, good) in [(Reach::Public, false), (Reach::Local, true), (Reach::Anywhere, true)] {
            let answer = GuardedResolver(reach).resolve("localhost".parse().unwrap()).await;
            assert_eq!(answer.is_ok(), good, "{reach:?}: DNS must not decide where a secret goes");
        }
    }
}
