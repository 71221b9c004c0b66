//! `megarc sandbox`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Context;
use crate::cli::values::go_duration;
use crate::config::obscure;
use crate::exit::CommandError;
use crate::sandbox::store::Store;
use crate::sandbox::{self, AccountSpec, Faults, Mfa, Options};

/// What the account of a sandbox is called when none is asked for.
const EMAIL: &str = "sandbox@example.com";
const PASSWORD: &str = "sandbox";

/// Run a MEGA server on this machine, for trials and tests
///
/// It speaks MEGA's protocol, so that megarc, rclone and other clients can be
/// tried without an account: storage on disk, versions, links, quota, events.
/// It runs until it is interrupted. Without --dir everything is gone then.
/// What it has acknowledged is kept in --dir even if it is killed.
///
/// Faults are a list like cs:-3*2,up:-4@2,down:flip@1;seed=7: where, what, when.
#[derive(clap::Args)]
pub struct Args {
    /// Folder to keep the state in (default: a temporary one)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Say whether the state in --dir fits together, and end
    ///
    /// Every contradiction is a line: a node without its folder or its content,
    /// a content of another length, wrong sums. It ends with 1 if there are any.
    #[arg(long, requires = "dir")]
    check: bool,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    addr: SocketAddr,
    /// Allow an address that other machines can reach
    #[arg(long)]
    allow_remote_clients: bool,
    /// Account to make, EMAIL:PASSWORD[:v1|:v2][:2fa=CODE]; may be repeated
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: Vec<AccountArgument>,
    /// Storage of each account made, in bytes or with a suffix K M G T
    #[arg(long, value_name = "SIZE", default_value = "50G", value_parser = size)]
    quota: u64,
    /// Fill each account made with this many nodes, the same every time
    ///
    /// One in twenty is a folder; the files are small, and download.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed_nodes: u64,
    /// Time to wait before every answer
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = go_duration)]
    latency: Duration,
    /// What shall go wrong
    #[arg(long, value_name = "LIST", default_value = "", value_parser = faults)]
    faults: Faults,
    /// Serve downloads in six parts to clients that can join them
    #[arg(long)]
    cloudraid: bool,
    /// Do not check whether uploads keep to the protocol
    #[arg(long)]
    no_witness: bool,
}

/// An account as the command line gives it.
#[derive(Clone)]
struct AccountArgument(AccountSpec);

impl std::fmt::Debug for AccountArgument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AccountArgument")
            .field(&self.0.email)
            .finish()
    }
}

fn faults(text: &str) -> Result<Faults, String> {
    Faults::parse(text).map_err(|error| error.to_string())
}

/// Reads `EMAIL:PASSWORD[:v1|:v2][:2fa=CODE]`; the password may hold colons.
fn account(text: &str) -> Result<AccountArgument, String> {
    let (email, mut rest) = text
        .split_once(':')
        .filter(|(email, _)| email.contains('@'))
        .ok_or_else(|| "an account is EMAIL:PASSWORD[:v1|:v2][:2fa=CODE]".to_owned())?;
    let mut spec = AccountSpec::new(email, "");
    while let Some((before, option)) = rest.rsplit_once(':') {
        match option.strip_prefix("2fa=") {
            Some(secret) if secret.len() == 6 => spec.mfa = Some(Mfa::Code(secret.to_owned())),
            Some(secret) => spec.mfa = Some(Mfa::Totp(secret.to_owned())),
            None if option == "v1" => spec.version = 1,
            None if option == "v2" => spec.version = 2,
            None => break,
        }
        rest = before;
    }
    rest.clone_into(&mut spec.password);
    Ok(AccountArgument(spec))
}

/// Reads a number of bytes with a binary suffix.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match text
        .get(digits.len()..)
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "" | "B" => 0,
        "K" | "KI" | "KIB" => 10,
        "M" | "MI" | "MIB" => 20,
        "G" | "GI" | "GIB" => 30,
        "T" | "TI" | "TIB" => 40,
        other => return Err(format!("no unit of size: {other:?}")),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| format!("no size: {text:?}"))
}

/// Runs `megarc sandbox`.
///
/// # Errors
/// The address cannot be listened on, or the state not used.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    if let (Some(dir), true) = (&args.dir, args.check) {
        return check(dir, ctx);
    }
    let is_local = args.addr.ip().is_loopback();
    if !is_local && !args.allow_remote_clients {
        return Err(CommandError::start(format!(
            "{} can be reached from other machines",
            args.addr
        ))
        .hint("add --allow-remote-clients if that is what you want"));
    }
    if !is_local && args.account.is_empty() {
        return Err(CommandError::start(
            "a sandbox that others can reach needs a password of your own",
        )
        .hint("add --account EMAIL:PASSWORD"));
    }
    let accounts = accounts(args);
    let mut shown = accounts.clone();
    let server = sandbox::start(Options {
        dir: args.dir.clone(),
        addr: args.addr,
        faults: args.faults.clone(),
        accounts,
        seed_nodes: args.seed_nodes,
        latency: args.latency,
        witness: !args.no_witness,
        cloudraid: args.cloudraid,
        ..Options::default()
    })
    .await
    .map_err(|error| CommandError::start(error.to_string()))?;
    ctx.output.text(&invitation(server.url(), &mut shown)?)?;
    ctx.output.flush()?;
    // Until a signal ends the command, and with it the server.
    std::future::pending().await
}

/// Opens the state as a server does when it starts, and looks at it.
fn check(dir: &Path, ctx: &Context) -> Result<(), CommandError> {
    if !Store::is_in(dir) {
        let text = format!("there is no state of a sandbox in {}", dir.display());
        return Err(CommandError::start(text));
    }
    let store = Store::open(dir).map_err(|error| CommandError::start(error.to_string()))?;
    let problems = store.check();
    for problem in &problems {
        ctx.output.text(&format!("{problem}\n"))?;
    }
    ctx.output.flush()?;
    match problems.len() {
        0 => Ok(()),
        many => Err(CommandError::run(format!(
            "{many} contradictions in the state of the sandbox"
        ))),
    }
}

fn accounts(args: &Args) -> Vec<AccountSpec> {
    let asked = args
        .account
        .iter()
        .map(|AccountArgument(spec)| spec.clone());
    let mut specs: Vec<AccountSpec> = asked.collect();
    if specs.is_empty() {
        specs.push(AccountSpec::new(EMAIL, PASSWORD));
    }
    for spec in &mut specs {
        spec.quota = args.quota;
    }
    specs
}

/// How to point clients at the server.
fn invitation(url: &str, accounts: &mut [AccountSpec]) -> Result<String, CommandError> {
    let base = url.trim_end_matches('/');
    let mut text = format!("Sandbox listening on {url}\n");
    for account in accounts {
        let password = obscure::obscure(&account.password)
            .map_err(|error| CommandError::run(format!("obscuring the password: {error}")))?;
        let email = &account.email;
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\nAccount {email}, version {}{}\n\
             \x20 megarc lsd ':mega,api_url=\"{url}\",user={email},pass={password}:'\n\
             \x20 X_MEGA_API_URL={base} rclone lsd ':mega,user={email},pass={password}:'\n",
            account.version,
            if account.mfa.is_some() {
                ", with a second factor"
            } else {
                ""
            },
        );
    }
    text.push_str("\nInterrupt to stop it.\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn accounts_take_options_from_the_end() {
        let AccountArgument(plain) = account("a@b.c:pass:word").unwrap();
        assert_eq!((plain.password.as_str(), plain.version), ("pass:word", 2));
        let AccountArgument(old) = account("a@b.c:p:w:v1:2fa=123456").unwrap();
        assert_eq!((old.password.as_str(), old.version), ("p:w", 1));
        assert!(matches!(old.mfa, Some(Mfa::Code(code)) if code == "123456"));
        assert!(account("nobody").is_err());
    }

    #[test]
    fn sizes_take_units() {
        assert_eq!(size("20G").unwrap(), 20 << 30);
        assert_eq!(size("5").unwrap(), 5);
        assert!(size("5X").is_err());
        assert!(size("99999999T").is_err());
    }
}
