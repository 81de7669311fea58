//! Where secrets come from: never an argument, because arguments are seen by every process and kept in
//! the shell's history.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use lockstep_engine::api::FieldView;
use lockstep_engine::{Code, Error, Result};
use zeroize::Zeroizing;

use crate::files;

/// Holds the sealed file's passphrase.
const PASSPHRASE: &str = "LOCKSTEP_PASSPHRASE";
/// Where systemd puts a service's credentials
/// (<https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#LoadCredential=ID:PATH>).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// The credential's name there.
const CREDENTIAL: &str = "lockstep-passphrase";
/// No credential is longer; what is, is the wrong file.
const LIMIT: u64 = 1024 * 1024;

/// The passphrase of the sealed file: from the environment, from systemd, or asked for.
///
/// # Errors
/// When none of them has it.
pub(crate) fn passphrase() -> Result<Zeroizing<String>> {
    match given_passphrase()? {
        Some(passphrase) => Ok(passphrase),
        None if io::stdin().is_terminal() => prompt("Passphrase of the sealed secrets"),
        None => Err(no_passphrase()),
    }
}

/// The passphrase for a new sealed file; asked for twice, since a slip would lock everything away.
///
/// # Errors
/// When none is given, or the two differ.
pub(crate) fn new_passphrase() -> Result<Zeroizing<String>> {
    if let Some(passphrase) = given_passphrase()? {
        return Ok(passphrase);
    }
    if !io::stdin().is_terminal() {
        return Err(no_passphrase());
    }
    let first = prompt("New passphrase for the sealed secrets")?;
    if *first != *prompt("The same once more")? {
        return Err(Error::new(Code::Usage, "The two passphrases differ.", "Run `lockstep init` again."));
    }
    Ok(first)
}

fn given_passphrase() -> Result<Option<Zeroizing<String>>> {
    if let Some(value) = env::var_os(PASSPHRASE) {
        let value = value.into_string().map_err(|_| not_text(PASSPHRASE))?;
        return not_empty(Zeroizing::new(value), PASSPHRASE).map(Some);
    }
    let Some(folder) = env::var_os(CREDENTIALS) else { return Ok(None) };
    let path = Path::new(&folder).join(CREDENTIAL);
    if !path.exists() {
        return Ok(None);
    }
    not_empty(without_line_end(Zeroizing::new(files::read_text(&path)?)), CREDENTIAL).map(Some)
}

fn no_passphrase() -> Error {
    Error::new(
        Code::SecretsLocked,
        "This home keeps its secrets in a sealed file, and its passphrase was not given.",
        format!(
            "Set {PASSPHRASE}, give a service the systemd credential \"{CREDENTIAL}\", or run in a terminal."
        ),
    )
}

/// The secrets of a new connection, from `FIELD=env:VARIABLE` and `FIELD=stdin`; what is required and not
/// named is asked for, if somebody is there to answer.
///
/// # Errors
/// Never with the text of an argument in it: it may be the secret itself.
pub(crate) fn for_connection(
    fields: &[FieldView],
    sources: &[String],
) -> Result<BTreeMap<String, Zeroizing<String>>> {
    let mut secrets = BTreeMap::new();
    let mut stdin_taken = false;
    for source in sources {
        let (name, from) = source.split_once('=').ok_or_else(bad_source)?;
        let field = fields.iter().find(|field| field.name == name && field.secret);
        let field = field.ok_or_else(|| no_such_secret(fields))?;
        let value = match (from, from.strip_prefix("env:")) {
            (_, Some(variable)) => from_env(field, variable)?,
            ("stdin", _) if !stdin_taken => {
                stdin_taken = true;
                from_stdin()?
            }
            ("stdin", _) => return Err(stdin_twice()),
            _ => return Err(bad_source()),
        };
        if secrets.insert(field.name.clone(), not_empty(value, &field.name)?).is_some() {
            return Err(Error::new(
                Code::Usage,
                format!("The secret \"{}\" is given twice.", field.name),
                "Name each secret once.",
            ));
        }
    }
    for field in fields.iter().filter(|field| field.secret && field.required) {
        if secrets.contains_key(&field.name) {
            continue;
        }
        if !io::stdin().is_terminal() {
            return Err(missing(field));
        }
        secrets.insert(field.name.clone(), not_empty(prompt(&field.label)?, &field.name)?);
    }
    Ok(secrets)
}

fn from_env(field: &FieldView, variable: &str) -> Result<Zeroizing<String>> {
    let value = env::var_os(variable).ok_or_else(|| {
        // The name is not repeated: whoever writes env:SECRET by mistake must not find it in a log.
        Error::new(
            Code::Usage,
            format!("The variable named for the secret \"{}\" is not set.", field.name),
            "Set and export the variable, then try again; after env: stands its name, not the secret.",
        )
    })?;
    value.into_string().map(Zeroizing::new).map_err(|_| not_text(&field.name))
}

fn from_stdin() -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    io::stdin().lock().take(LIMIT).read_to_string(&mut text).map_err(|error| {
        Error::new(
            Code::Usage,
            "The secret could not be read from standard input.",
            "Hand it over as text in UTF-8, for example `… --secret token=stdin < token.txt`.",
        )
        .caused_by(error)
    })?;
    Ok(without_line_end(text))
}

fn prompt(label: &str) -> Result<Zeroizing<String>> {
    let label = crate::text::clean(label).into_owned();
    rpassword::prompt_password(format!("{label} (not shown): ")).map(Zeroizing::new).map_err(|error| {
        Error::new(
            Code::SecretsLocked,
            "The secret could not be asked for on this terminal.",
            "Hand it over through a variable or standard input; see `lockstep help`.",
        )
        .caused_by(error)
    })
}

/// Editors and `echo` end a line; no credential means that.
fn without_line_end(mut text: Zeroizing<String>) -> Zeroizing<String> {
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    text
}

fn not_empty(value: Zeroizing<String>, name: &str) -> Result<Zeroizing<String>> {
    if value.is_empty() {
        return Err(Error::new(Code::Usage, format!("\"{name}\" is empty."), "Give the secret itself."));
    }
    Ok(value)
}

fn not_text(name: &str) -> Error {
    Error::new(Code::Usage, format!("\"{name}\" is not text in UTF-8."), "Give the secret as text.")
}

fn bad_source() -> Error {
    Error::new(
        Code::Usage,
        "A --secret does not say where the secret comes from.",
        "Write --secret FIELD=env:VARIABLE or --secret FIELD=stdin. If you wrote the secret itself: it now \
         stands in the shell's history, so replace it at the vendor.",
    )
}

fn no_such_secret(fields: &[FieldView]) -> Error {
    let names: Vec<_> = fields.iter().filter(|field| field.secret).map(|field| field.name.as_str()).collect();
    let remedy = if names.is_empty() {
        "This vendor needs no secret.".to_owned()
    } else {
        format!("The vendor's secrets are: {}.", names.join(", "))
    };
    Error::new(Code::Usage, "A --secret names a field that is not a secret of this vendor.", remedy)
}

fn stdin_twice() -> Error {
    Error::new(
        Code::Usage,
        "Only one secret can come from standard input.",
        "Give the others through variables: --secret FIELD=env:VARIABLE.",
    )
}

fn missing(field: &FieldView) -> Error {
    let name = &field.name;
    Error::new(
        Code::Usage,
        format!("The secret \"{name}\" ({}) was not given, and nobody can be asked.", field.label),
        format!("Add --secret {name}=env:VARIABLE or --secret {name}=stdin, or run in a terminal."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, secret: bool, required: bool) -> FieldView {
        FieldView {
            name: name.into(),
            label: name.to_uppercase(),
            help: String::new(),
            kind: "text".into(),
            secret,
            required,
            default: None,
            example: String::new(),
        }
    }

    #[test]
    fn a_secret_written_as_an_argument_is_refused_and_not_repeated() {
        let fields = [field("token", true, true), field("base_url", false, true)];
        for source in ["hunter2", "token=hunter2", "hunter2=stdin", "base_url=hunter2", "token=env:hunter2"] {
            let error = for_connection(&fields, &[source.to_owned()]).unwrap_err();
            assert_eq!(error.code(), Code::Usage, "{source}: the argument is at fault");
            let said = format!("{error} {} {error:?}", error.remedy());
            assert!(!said.contains("hunter2"), "{source}: an error must not spread the secret: {said}");
        }
    }

    #[test]
    fn a_variable_gives_a_secret_once() {
        let fields = [field("token", true, true)];
        // Every environment that runs tests has it.
        let source = "token=env:PATH".to_owned();
        let secrets = for_connection(&fields, std::slice::from_ref(&source)).unwrap();
        assert_eq!(
            secrets["token"].as_str(),
            env::var("PATH").unwrap(),
            "the variable's value is the secret, not its name"
        );
        let error = for_connection(&fields, &[source.clone(), source]).unwrap_err();
        assert!(error.to_string().contains("twice"), "one of two would be lost silently: {error}");
    }

    #[test]
    fn the_line_end_of_a_file_is_not_part_of_the_secret() {
        for (text, secret) in [("abc\n", "abc"), ("abc\r\n", "abc"), (" a b ", " a b "), ("\n", "")] {
            let text = Zeroizing::new(text.to_owned());
            assert_eq!(without_line_end(text).as_str(), secret, "only the line end goes");
        }
    }
}
