//! Settings of `mega` and `sandbox` remotes, turned into an open client.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::process::Command;

use super::{Opener, invalid, setting};
use crate::config::Options;
use crate::mega::client::{ClientOptions, DEFAULT_API_URL, QuotaReaction};
use crate::mega::crypto::keys::SealKey;
use crate::mega::links::read_link;
use crate::mega::session::{CodeCallback, Credentials, MfaSource, Secret, SessionStore};
use crate::mega::transport::RetryPolicy;
use crate::mega::{Client, Error};
use crate::remote::mega::{Mega, MegaOptions};
use crate::remote::{ErrorKind, RemoteError, RemotePath, Result};

/// Longest time that `otp_command` may take.
const OTP_COMMAND_TIME: Duration = Duration::from_secs(60);

/// What the flags say about every connection to MEGA.
#[derive(Clone)]
pub struct MegaSettings {
    /// Tries of a single request (`--low-level-retries`).
    pub low_level_retries: u32,
    /// Longest time without progress; zero means for ever.
    pub timeout: Duration,
    /// Longest time for a connection to stand; zero means for ever.
    pub contimeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Asks a person for a code of the second factor.
    pub ask_code: Option<CodeCallback>,
}

impl Default for MegaSettings {
    fn default() -> Self {
        let client = ClientOptions::default();
        Self {
            low_level_retries: 10,
            timeout: client.timeout,
            contimeout: client.contimeout,
            user_agent: client.user_agent,
            ask_code: None,
        }
    }
}

impl Opener {
    /// The remote that `options` of kind `mega` describe.
    pub(super) async fn mega(&self, options: &Options<'_>) -> Result<Mega> {
        let shown = mega_options(options)?;
        let mut client = self.client_options(options)?;
        client.api_url = api_url(options)?;
        if let Some(link) = options.text("link") {
            return open_link(client, &link, options, shown).await;
        }
        let user = options
            .text("user")
            .ok_or_else(|| missing(options, "user"))?;
        let password = options
            .password("pass")
            .map_err(setting)?
            .ok_or_else(|| missing(options, "pass"))?;
        client.credentials = Some(Credentials {
            email: user,
            password: Secret::new(password.expose()),
            mfa: MfaSource {
                fixed: options.text("2fa").map(Secret::new),
                command: options.text("otp_command").map(otp_command),
                prompt: self.options.mega.ask_code.clone(),
            },
        });
        client.store = Some(self.session_store(options)?);
        connect(client, shown).await
    }

    /// The remote over an account of the sandbox at `url`.
    pub(super) async fn sandbox_account(
        &self,
        options: &Options<'_>,
        url: &str,
        email: &str,
        password: &str,
    ) -> Result<Mega> {
        let mut client = self.client_options(options)?;
        url.clone_into(&mut client.api_url);
        client.credentials = Some(Credentials {
            email: email.to_owned(),
            password: Secret::new(password),
            mfa: MfaSource::default(),
        });
        client.store = Some(self.session_store(options)?);
        connect(client, mega_options(options)?).await
    }

    fn client_options(&self, options: &Options<'_>) -> Result<ClientOptions> {
        let settings = &self.options.mega;
        let defaults = ClientOptions::default();
        let connections = |option: &str, default: usize| {
            let parsed = options
                .parsed(option, "number", str::parse::<usize>)
                .map_err(setting)?;
            Ok::<_, RemoteError>(parsed.unwrap_or(default).clamp(1, 64))
        };
        Ok(ClientOptions {
            retries: RetryPolicy::new(settings.low_level_retries),
            timeout: settings.timeout,
            contimeout: settings.contimeout,
            user_agent: settings.user_agent.clone(),
            use_https: options.flag("use_https").map_err(setting)?,
            hard_delete: options.flag("hard_delete").map_err(setting)?,
            upload_connections: connections("upload_connections", defaults.upload_connections)?,
            download_connections: connections(
                "download_connections",
                defaults.download_connections,
            )?,
            quota: options
                .parsed("quota", "wait or fail", parse_quota)
                .map_err(setting)?
                .unwrap_or_default(),
            ..defaults
        })
    }

    fn session_store(&self, options: &Options<'_>) -> Result<SessionStore> {
        let own = options.remote().filter(|_| options.in_file());
        let key = self.config.session_key(own).map_err(setting)?;
        let dir = self.config.state_dir().map_err(setting)?.join("sessions");
        Ok(SessionStore::new(dir, SealKey::from_bytes(*key.as_bytes())))
    }
}

async fn connect(client: ClientOptions, options: MegaOptions) -> Result<Mega> {
    let client = Client::connect(client).await.map_err(refused)?;
    Ok(Mega::new(client, options))
}

async fn open_link(
    client: ClientOptions,
    link: &str,
    options: &Options<'_>,
    shown: MegaOptions,
) -> Result<Mega> {
    let password = options.password("link_password").map_err(setting)?;
    let wrong = |error: Error| invalid("MEGA link", format!("cannot open the link: {error}"));
    let link = read_link(link, password.as_ref().map(|secret| secret.expose())).map_err(wrong)?;
    let client = Client::connect(client).await.map_err(refused)?;
    Ok(Mega::new(client.open_link(&link).map_err(wrong)?, shown))
}

/// Why no connection came about.
fn refused(error: Error) -> RemoteError {
    match &error {
        Error::Login(_) => RemoteError::new(ErrorKind::Unauthenticated, "logging in", "")
            .because(format!("couldn't login: {error}")),
        _ => crate::remote::mega::explain("logging in", &RemotePath::root())(error),
    }
}

fn mega_options(options: &Options<'_>) -> Result<MegaOptions> {
    let defaults = MegaOptions::default();
    Ok(MegaOptions {
        root: options
            .parsed("root", "root", str::parse)
            .map_err(setting)?
            .unwrap_or(defaults.root),
        encoding: options
            .parsed("encoding", "Encoding", str::parse)
            .map_err(setting)?
            .unwrap_or(defaults.encoding),
    })
}

fn api_url(options: &Options<'_>) -> Result<String> {
    let Some(mut url) = options.text("api_url") else {
        return Ok(DEFAULT_API_URL.to_owned());
    };
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(invalid(
            "api_url",
            format!("'{url}' does not begin with https:// or http://"),
        ));
    }
    if !url.ends_with('/') {
        url.push('/');
    }
    Ok(url)
}

fn parse_quota(text: &str) -> std::result::Result<QuotaReaction, &'static str> {
    match text {
        "fail" => Ok(QuotaReaction::Fail),
        "wait" => Ok(QuotaReaction::Wait),
        _ => Err("must be wait or fail"),
    }
}

fn missing(options: &Options<'_>, option: &str) -> RemoteError {
    let name = options.remote().unwrap_or(":mega");
    invalid(name, format!("no {option} is set")).hint(format!(
        "set {option} of {name} in the configuration file, or give it with --mega-{option}"
    ))
}

/// Runs a command for a code of the second factor; its last line is the code.
fn otp_command(command: String) -> CodeCallback {
    Arc::new(move || {
        let command = command.clone();
        async move {
            let words = shell_words::split(&command).map_err(|e| format!("otp_command: {e}"))?;
            let (program, args) = words.split_first().ok_or("otp_command is empty")?;
            let run = Command::new(program)
                .args(args)
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .kill_on_drop(true)
                .output();
            let output = tokio::time::timeout(OTP_COMMAND_TIME, run)
                .await
                .map_err(|_| {
                    format!(
                        "otp_command '{program}' took longer than {} s",
                        OTP_COMMAND_TIME.as_secs()
                    )
                })?
                .map_err(|e| format!("otp_command '{program}': {e}"))?;
            if !output.status.success() {
                return Err(format!("otp_command '{program}' failed: {}", output.status));
            }
            let text = String::from_utf8_lossy(&output.stdout);
            let code = text
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .unwrap_or("")
                .trim()
                .to_owned();
            if code.is_empty() {
                return Err(format!("otp_command '{program}' printed nothing"));
            }
            Ok(code)
        }
        .boxed()
    })
}
