//! The flags about how servers are spoken to.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values;
use crate::config::Secret;
use crate::exit::CommandError;
use crate::remote::open::{Connections, Dscp, Dump, Network, headers, requests_a_second};

/// Flags about connections.
#[derive(Clone, Args)]
#[command(next_help_heading = "Network")]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct NetworkFlags {
    /// Give a silent connection up after this time
    #[arg(long, global = true, value_name = "DURATION", default_value = "5m", value_parser = values::go_duration)]
    pub timeout: Duration,
    /// Give connecting up after this time
    #[arg(long, global = true, value_name = "DURATION", default_value = "1m", value_parser = values::go_duration)]
    pub contimeout: Duration,
    /// Name of this program in requests
    #[arg(long, global = true, value_name = "TEXT", default_value = concat!("megarc/", env!("CARGO_PKG_VERSION")))]
    pub user_agent: String,
    /// Header of every request, 'Name: value'
    #[arg(long, global = true, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Header of every request that uploads content, 'Name: value'
    #[arg(long, global = true, value_name = "HEADER")]
    pub header_upload: Vec<String>,
    /// Header of every request that downloads content, 'Name: value'
    #[arg(long, global = true, value_name = "HEADER")]
    pub header_download: Vec<String>,
    /// Requests a second at most, 0 for no limit
    #[arg(long, global = true, value_name = "NUMBER", default_value = "0", allow_hyphen_values = true, value_parser = values::float)]
    pub tpslimit: f64,
    /// Requests that may go at once under --tpslimit
    #[arg(long, global = true, value_name = "N", default_value = "1", value_parser = values::at_least_one)]
    pub tpslimit_burst: usize,
    /// Requests that a remote has on their way at the same time at most, 0 for any number
    #[arg(long, global = true, value_name = "N", default_value = "0", allow_hyphen_values = true, value_parser = values::integer)]
    pub max_connections: i64,
    /// Trust only the certificates of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_cert: Vec<PathBuf>,
    /// Certificate that is shown to servers (PEM)
    #[arg(long, global = true, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// Key of --client-cert (PEM)
    #[arg(long, global = true, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Password of an encrypted --client-key, obscured (see 'megarc obscure')
    #[arg(long, global = true, value_name = "OBSCURED")]
    pub client_pass: Option<String>,
    /// Do not verify the certificates of servers: anybody may listen then
    #[arg(long, global = true)]
    pub no_check_certificate: bool,
    /// Address of this machine that connections leave from
    #[arg(long, global = true, value_name = "IP")]
    pub bind: Option<IpAddr>,
    /// Proxy, instead of what the environment names
    #[arg(long, global = true, value_name = "URL")]
    pub http_proxy: Option<String>,
    /// Use each connection for one request only
    #[arg(long, global = true)]
    pub disable_http_keep_alives: bool,
    /// Send back the cookies that servers set, until the command ends
    #[arg(long, global = true)]
    pub use_cookies: bool,
    /// Mark connections for routers: a name, as EF or AF11, or a number below 64
    #[arg(long, global = true, value_name = "NAME")]
    pub dscp: Option<String>,
    /// Ask for answers that are not packed
    #[arg(long, global = true)]
    pub no_gzip_encoding: bool,
    /// Accepted for rclone's sake: HTTP/1.1 is spoken in any case
    #[arg(long, global = true)]
    pub disable_http2: bool,
    /// Accepted for rclone's sake: requests never wait for '100 Continue'
    #[arg(long, global = true, value_name = "DURATION", value_parser = values::go_duration)]
    pub expect_continue_timeout: Option<Duration>,
}

impl NetworkFlags {
    /// How servers are spoken to.
    ///
    /// # Errors
    /// A certificate cannot be read, or a header is none.
    pub fn network(&self, low_level_retries: usize, dump: Dump) -> Result<Network, CommandError> {
        let dscp = self.dscp.as_deref().filter(|name| !name.is_empty());
        let dscp = dscp.map(str::parse::<Dscp>);
        let asked = Connections {
            headers: self.header.clone(),
            ca_certs: self.ca_cert.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            client_pass: self.client_pass.clone().map(Secret::new),
            no_check_certificate: self.no_check_certificate,
            bind: self.bind,
            proxy: self.http_proxy.clone(),
            no_keep_alive: self.disable_http_keep_alives,
            no_gzip: self.no_gzip_encoding,
            cookies: self.use_cookies,
            dscp: dscp
                .transpose()
                .map_err(|why| CommandError::start(format!("--dscp: {why}")))?,
        };
        if self.no_check_certificate {
            // The environment may have said it, long ago.
            tracing::warn!(
                "--no-check-certificate is set: whoever answers is believed, and can listen"
            );
        }
        let burst = u32::try_from(self.tpslimit_burst).unwrap_or(u32::MAX);
        let gate = requests_a_second(self.tpslimit, burst);
        if gate.is_some() {
            tracing::info!(
                "Starting transaction limiter: max {} transactions/s with burst {burst}",
                self.tpslimit
            );
        }
        Ok(Network {
            low_level_retries: u32::try_from(low_level_retries).unwrap_or(u32::MAX),
            timeout: self.timeout,
            contimeout: self.contimeout,
            user_agent: self.user_agent.clone(),
            setup: asked.setup().map_err(CommandError::start)?,
            gate,
            max_connections: usize::try_from(self.max_connections).unwrap_or(0),
            upload_headers: headers(&self.header_upload).map_err(CommandError::start)?,
            download_headers: headers(&self.header_download).map_err(CommandError::start)?,
            wire: asked
                .wire(dump, &self.user_agent)
                .map_err(CommandError::start)?,
        })
    }
}
