//! Signing a client assertion (RFC 7523 §2.2): a JWT in the compact form of RFC 7515.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use aws_lc_rs::{error::KeyRejected, rsa};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{Error, Kind, Result};

/// A private key that signs assertions. Never shown.
pub(super) struct Signer {
    key: Key,
    kid: Option<String>,
}

enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// A private key in JWK form (RFC 7517, RFC 7518 §6); of it only what signing needs.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Signer {
    /// Reads a private key: PEM (PKCS #8, PKCS #1 or SEC 1) or JWK, RSA or P-256. `kid` names it to the
    /// vendor; a JWK may name itself.
    ///
    /// # Errors
    /// `Setting`, without a word of the key.
    pub(super) fn read(secret: &str, kid: Option<&str>) -> Result<Self> {
        let text = secret.trim();
        let (key, own_kid) = if text.starts_with('{') { from_jwk(text)? } else { (from_pem(text)?, None) };
        Ok(Self { key, kid: kid.map(str::to_owned).or(own_kid) })
    }

    /// A signed JWT with these claims.
    ///
    /// # Errors
    /// `Setting`, when the key cannot sign.
    pub(super) fn sign(&self, claims: &Value) -> Result<Zeroizing<String>> {
        let algorithm = match self.key {
            Key::Rsa(_) => "RS256",
            Key::P256(_) => "ES256",
        };
        let mut header = json!({"alg": algorithm, "typ": "JWT"});
        if let Some(kid) = &self.kid {
            header["kid"] = json!(kid);
        }
        let part = |value: &Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.signature(signed.as_bytes())?;
        Ok(Zeroizing::new(format!("{signed}.{}", BASE64URL.encode(signature))))
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let failed = |_| unusable("it could not sign");
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Key::P256(key) => Ok(key.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer([secret])")
    }
}

fn from_pem(text: &str) -> Result<Key> {
    // Some ways of passing a secret on cannot hold a line break.
    let lines = Zeroizing::new(text.replace("\\n", "\n"));
    let rejected = |_: KeyRejected| unusable("it is neither an RSA key of 2048 bits or more nor a P-256 key");
    // Causes are left out: they could quote the key.
    match PrivateKeyDer::from_pem_slice(lines.as_bytes())
        .map_err(|_| unusable("it is no private key in PEM"))?
    {
        PrivateKeyDer::Pkcs1(der) => {
            RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Key::Rsa).map_err(rejected)
        }
        PrivateKeyDer::Sec1(der) => {
            EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_sec1_der())
                .map(Key::P256)
                .map_err(rejected)
        }
        PrivateKeyDer::Pkcs8(der) => {
            let der = der.secret_pkcs8_der();
            RsaKeyPair::from_pkcs8(der)
                .map(Key::Rsa)
                .or_else(|_| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Key::P256))
                .map_err(rejected)
        }
        _ => Err(unusable("it is in a form that is not known")),
    }
}

fn from_jwk(text: &str) -> Result<(Key, Option<String>)> {
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| unusable("it is no JWK"))?;
    let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => Key::Rsa(rsa_key(&jwk)?),
        ("EC", Some("P-256")) => Key::P256(p256_key(&jwk)?),
        _ => return Err(unusable("it is neither an RSA nor a P-256 key")),
    };
    Ok((key, jwk.kid.clone()))
}

fn rsa_key(jwk: &Jwk) -> Result<RsaKeyPair> {
    let (n, e) = (bytes(jwk.n.as_deref())?, bytes(jwk.e.as_deref())?);
    RsaKeyPair::from_components(&rsa::KeyPairComponents {
        public_key: RsaPublicKeyComponents { n: n.to_vec(), e: e.to_vec() },
        d: bytes(jwk.d.as_deref())?.to_vec(),
        p: bytes(jwk.p.as_deref())?.to_vec(),
        q: bytes(jwk.q.as_deref())?.to_vec(),
        dP: bytes(jwk.dp.as_deref())?.to_vec(),
        dQ: bytes(jwk.dq.as_deref())?.to_vec(),
        qInv: bytes(jwk.qi.as_deref())?.to_vec(),
    })
    .map_err(|_| unusable("its numbers do not belong together, or it is shorter than 2048 bits"))
}

fn p256_key(jwk: &Jwk) -> Result<EcdsaKeyPair> {
    // An uncompressed point (SEC 1 §2.3.3).
    let point = [&[4][..], &bytes(jwk.x.as_deref())?, &bytes(jwk.y.as_deref())?].concat();
    let private = bytes(jwk.d.as_deref())?;
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, &point)
        .map_err(|_| unusable("its numbers do not belong together"))
}

fn bytes(part: Option<&str>) -> Result<Zeroizing<Vec<u8>>> {
    let text = part.ok_or_else(|| unusable("it is the public half, or a part is missing"))?;
    BASE64URL.decode(text).map(Zeroizing::new).map_err(|_| unusable("a part of it is not base64url"))
}

fn unusable(why: &str) -> Error {
    Error::new(
        Kind::Setting,
        format!("the private key cannot be used: {why}"),
        "Copy the whole private key again, as the vendor showed it (PEM or JWK), and set it anew.",
    )
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
    }

    fn parts(jwt: &str) -> (Value, String, Vec<u8>) {
        let (signed, signature) = jwt.rsplit_once('.').unwrap();
        let header = BASE64URL.decode(signed.split('.').next().unwrap()).unwrap();
        (serde_json::from_slice(&header).unwrap(), signed.into(), BASE64URL.decode(signature).unwrap())
    }

    #[test]
    fn a_p256_key_signs_in_each_of_its_forms() {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = key.public_key().as_ref();
        let private = key.private_key();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "kid": "k-1", "alg": "ES256",
            "d": BASE64URL.encode(aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&private).unwrap().as_ref()),
            "x": BASE64URL.encode(&public[1..33]), "y": BASE64URL.encode(&public[33..]),
        });
        let pkcs8 = pem("PRIVATE KEY", key.to_pkcs8v1().unwrap().as_ref());
        for (form, kid) in [(jwk.to_string(), Some("k-1")), (pkcs8.replace('\n', "\\n"), None), (pkcs8, None)]
        {
            let jwt = Signer::read(&form, None).unwrap().sign(&json!({"iss": "app"})).unwrap();
            let (header, signed, signature) = parts(&jwt);
            assert_eq!((&header["alg"], header["kid"].as_str()), (&json!("ES256"), kid), "RFC 7518 §3.1");
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
                .verify(signed.as_bytes(), &signature)
                .expect("the vendor verifies just this");
        }
    }

    #[test]
    fn an_rsa_key_signs_and_a_setting_names_it() {
        let key = RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let signer = Signer::read(&pem("PRIVATE KEY", der.as_ref()), Some("k-2")).unwrap();
        let (header, signed, signature) = parts(&signer.sign(&json!({"iss": "app"})).unwrap());
        assert_eq!(header, json!({"alg": "RS256", "kid": "k-2", "typ": "JWT"}), "RFC 7515 §4.1");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .expect("the vendor verifies just this");
    }

    #[test]
    fn what_is_no_private_key_is_a_setting_and_is_not_quoted() {
        let half = r#"{"kty":"EC","crv":"P-256","x":"c2VjcmV0","y":"c2VjcmV0"}"#;
        let other = r#"{"kty":"oct","k":"c2VjcmV0"}"#;
        for text in ["", "c2VjcmV0", "{c2VjcmV0", half, other, &pem("PRIVATE KEY", b"secret")] {
            let error = Signer::read(text, None).unwrap_err();
            assert_eq!(error.kind(), &Kind::Setting, "{text}: a person has to set it anew");
            assert!(
                !format!("{error} {error:?}").contains("c2VjcmV0"),
                "not a word of it is shown: {error:?}"
            );
        }
    }
}
