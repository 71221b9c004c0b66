//! The system's log (`--syslog`).
//!
//! A record is one datagram: `<PRIORITY>Mmm dd hh:mm:ss megarc[PID]: TEXT`,
//! as the daemons have read it since there are any (RFC 3164).

use std::io;
use std::os::unix::net::UnixDatagram;

use jiff::Zoned;

use super::{Level, Sink};

/// Where a daemon may listen.
const SOCKETS: &[&str] = &["/dev/log", "/var/run/syslog", "/var/run/log"];

/// The facilities by their numbers; what has no name is not for programs.
const FACILITIES: &[&str] = &[
    "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV",
    "FTP", "", "", "", "", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6",
    "LOCAL7",
];

/// What kind of program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facility(usize);

impl Facility {
    /// The facility of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = FACILITIES
            .iter()
            .position(|known| !known.is_empty() && known.eq_ignore_ascii_case(name));
        found
            .map(Self)
            .ok_or_else(|| format!("Unknown syslog facility {name:?}"))
    }
}

/// A connection to the system's log.
pub struct Syslog {
    socket: UnixDatagram,
    facility: Facility,
}

impl Syslog {
    /// Connects to the daemon of this system.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn connect(facility: Facility) -> io::Result<Self> {
        Self::connect_to(SOCKETS, facility)
    }

    fn connect_to(sockets: &[&str], facility: Facility) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        let connected = sockets.iter().any(|path| socket.connect(path).is_ok());
        if !connected {
            let all = sockets.join(", ");
            return Err(io::Error::other(format!(
                "no daemon listens at any of {all}"
            )));
        }
        Ok(Self { socket, facility })
    }
}

impl Sink for Syslog {
    fn put(&mut self, level: Level, text: &str) -> io::Result<()> {
        let priority = self.facility.0 * 8 + usize::from(level.severity());
        let record = format!(
            "<{priority}>{} megarc[{}]: {}",
            Zoned::now().strftime("%b %e %H:%M:%S"),
            std::process::id(),
            text.trim_end()
        );
        self.socket.send(record.as_bytes())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_record_is_a_datagram_with_its_priority() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let facility = Facility::parse("local1").unwrap();
        let sockets = ["/none/such", path.to_str().unwrap()];
        let mut syslog = Syslog::connect_to(&sockets, facility).unwrap();
        syslog.put(Level::Error, "ERROR : a: gone\n").unwrap();
        let mut buffer = [0; 200];
        let length = daemon.recv(&mut buffer).unwrap();
        let record = std::str::from_utf8(&buffer[..length]).unwrap();
        assert!(record.starts_with("<139>"), "{record}");
        let end = format!(" megarc[{}]: ERROR : a: gone", std::process::id());
        assert!(record.ends_with(&end), "{record}");
    }

    #[test]
    fn without_daemon_or_facility_there_is_an_error() {
        let facility = Facility::parse("DAEMON").unwrap();
        let error = Syslog::connect_to(&["/none/such"], facility).err().unwrap();
        assert!(error.to_string().contains("/none/such"));
        assert!(Facility::parse("").is_err());
        assert!(Facility::parse("bogus").is_err());
    }
}
