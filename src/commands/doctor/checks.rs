//! The steps, each of which needs those before it.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

use super::advice;
use super::report::{Failure, Outcome, Report};
use crate::commands::Context;
use crate::engine::trial;
use crate::exit::CommandError;
use crate::output::units;
use crate::remote::open::{Greeting, Patient, Server};
use crate::remote::spec::{Spec, printable};
use crate::remote::{Entry, Location, RemoteError};

/// Codes of a second factor and certificates forgive so much.
const CLOCK_MAY_DIFFER: SignedDuration = SignedDuration::from_secs(60);

use Outcome::{Failed, Fine, Skipped};

/// Runs all of them, as far as it goes.
pub(super) async fn run(
    remote: &str,
    ctx: &Context,
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let mut patient = match ctx.opener.examine(remote).await {
        Ok(patient) => {
            let found = configuration(&patient, remote, ctx);
            report.add("configuration", Fine(found))?;
            patient
        }
        Err(error) => {
            let failure = advice::about(&error, remote);
            report.add("configuration", Failed(failure))?;
            return Ok(());
        }
    };
    if let Some(server) = patient.server.clone()
        && !network(&patient, &server, remote, ctx, report).await?
    {
        return Ok(());
    }
    if patient.is_mega() && !account(&mut patient, remote, report).await? {
        return Ok(());
    }
    if let Some(place) = patient.place() {
        contents(place, remote, ctx, report).await?;
    }
    Ok(())
}

/// What the configuration says, without its secrets.
fn configuration(patient: &Patient, remote: &str, ctx: &Context) -> String {
    let mut found = patient.kind.clone();
    if let Some(user) = &patient.user {
        found += &format!(", {user}");
    }
    for target in &patient.aliases {
        found += &format!(", alias of {}", printable(target));
    }
    let config = ctx.opener.config();
    if let (Ok(Spec::Named { name, .. }), Some(path)) = (Spec::parse(remote), config.path()) {
        if config.section(&name).is_some() {
            found += &format!(", from {}", path.display());
        } else {
            found += ", from the environment";
        }
    }
    found
}

/// Name, connection, encryption, answer, clock, proof of work.
async fn network(
    patient: &Patient,
    server: &Server,
    remote: &str,
    ctx: &Context,
    report: &mut Report<'_>,
) -> Result<bool, CommandError> {
    if let Some(proxy) = proxy(ctx) {
        let why = format!("connections go through {proxy}");
        report.add("name lookup", Skipped(why.clone()))?;
        report.add("connection", Skipped(why))?;
    } else {
        let addresses = match patient.look_up().await {
            Ok(addresses) => addresses,
            Err(error) => {
                let failure = advice::no_address(&error, &server.host);
                return report.add("name lookup", Failed(failure));
            }
        };
        let shown: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
        let found = format!("{} is {}", server.host, shown.join(", "));
        report.add("name lookup", Fine(found))?;
        match patient.connect(&addresses).await {
            Ok(took) => {
                let found = format!("port {} answers in {}", server.port, time(took));
                report.add("connection", Fine(found))?;
            }
            Err(error) => {
                let failure = advice::no_connection(&error, server.port);
                return report.add("connection", Failed(failure));
            }
        }
    }
    if !patient.is_mega() {
        return Ok(true);
    }
    let greeted = patient.greet().await;
    // Where no answer came at all it never got to one.
    let answered = patient.seen().date.is_some() || greeted.is_ok();
    let encrypted = encryption(server, answered, greeted.as_ref().err(), ctx);
    if !report.add("TLS", encrypted)? {
        return Ok(false);
    }
    match greeted {
        Ok(greeting) => {
            let found = format!("the server answers in {}", time(greeting.took));
            report.add("API", Fine(found))?;
            report.add("clock", clock(&greeting))?;
        }
        Err(error) => return report.add("API", Failed(advice::about(&error, remote))),
    }
    Ok(true)
}

fn encryption(
    server: &Server,
    answered: bool,
    error: Option<&RemoteError>,
    ctx: &Context,
) -> Outcome {
    if !server.tls {
        return Fine(format!(
            "not used: {} is spoken to in plain HTTP",
            server.host
        ));
    }
    match error.filter(|_| !answered) {
        Some(error) => Failed(Failure {
            found: error.to_string(),
            cause:
                "the certificate is not valid for this server and this day, or something on the \
                    way puts its own in the place"
                    .to_owned(),
            cure: "check the clock of this machine; a proxy of a company needs its certificate in \
                   --ca-cert"
                .to_owned(),
        }),
        None if ctx.flags.network.no_check_certificate => {
            Fine("not verified: with --no-check-certificate anybody may listen".to_owned())
        }
        None => Fine(format!("the certificate of {} is valid", server.host)),
    }
}

/// The clock here, by that of the server.
fn clock(greeting: &Greeting) -> Outcome {
    let Some((date, here)) = &greeting.date else {
        return Skipped("the server does not tell its time".to_owned());
    };
    let Ok(there) = DateTimeParser::new().parse_zoned(date.trim()) else {
        return Skipped(format!("the server's time cannot be read: {date:?}"));
    };
    let Ok(here) = Timestamp::try_from(*here) else {
        return Skipped("this machine has no sensible time".to_owned());
    };
    judge_clock(here.duration_since(there.timestamp()))
}

fn judge_clock(ahead: SignedDuration) -> Outcome {
    let by = ahead.abs();
    let which = if ahead.is_negative() {
        "behind"
    } else {
        "ahead"
    };
    let text = format!("{} {which}", time(by.unsigned_abs()));
    if by <= CLOCK_MAY_DIFFER {
        // The server counts in seconds.
        return Fine(if by.as_secs() < 2 {
            "right".to_owned()
        } else {
            text
        });
    }
    Failed(Failure {
        found: text,
        cause: "the clock of this machine, or its time zone, is wrong".to_owned(),
        cure: "set it ('timedatectl set-ntp true' on many systems): codes of a second factor and \
               certificates depend on it"
            .to_owned(),
    })
}

/// Proof of work, login, session, keys.
async fn account(
    patient: &mut Patient,
    remote: &str,
    report: &mut Report<'_>,
) -> Result<bool, CommandError> {
    let logged_in = patient.log_in().await;
    let seen = patient.seen();
    let proof = match seen.proofs {
        0 => "the server asks for no proof of work".to_owned(),
        n => format!("{n} given, in {}", time(seen.proving)),
    };
    report.add("hashcash", Fine(proof))?;
    match logged_in {
        Err(error) => return report.add("login", Failed(advice::about(&error, remote))),
        Ok(_) if patient.user.is_none() => {
            report.add("login", Skipped("a link needs none".to_owned()))?;
        }
        Ok(true) => {
            report.add("login", Fine("not needed: a session is kept".to_owned()))?;
        }
        Ok(false) => {
            report.add("login", Fine("user name and password are right".to_owned()))?;
        }
    }
    if let Some(place) = patient.place().filter(|_| patient.user.is_some()) {
        match place.remote.user_info().await {
            Err(error) => return report.add("session", Failed(advice::about(&error, remote))),
            Ok(rows) => {
                let email = rows.into_iter().find(|(name, _)| *name == "Email");
                let email = email.map_or_else(String::new, |(_, email)| email);
                report.add("session", Fine(format!("open, for {email}")))?;
            }
        }
    }
    let keys = match patient.keys().await {
        Err(error) => return report.add("keys", Failed(advice::about(&error, remote))),
        Ok(keys) => keys,
    };
    let outcome = match keys.unreadable {
        0 => Fine(format!("all of {} files and folders open", keys.nodes)),
        some => Failed(Failure {
            found: format!("{some} of {} files and folders do not open", keys.nodes),
            cause: "they were shared by somebody who has not sent their keys yet, or their keys \
                    are damaged"
                .to_owned(),
            cure: "open the account in MEGA's own client once: it exchanges keys; the other files \
                   are not concerned"
                .to_owned(),
        }),
    };
    // The others can be used all the same.
    report.add("keys", outcome)?;
    Ok(true)
}

/// Space, a listing, and a file there and back.
async fn contents(
    place: &Location,
    remote: &str,
    ctx: &Context,
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let features = place.remote.features();
    if features.about {
        let outcome = match place.remote.about(&place.path).await {
            Err(error) => Failed(advice::about(&error, remote)),
            Ok(about) => space(about.used, about.total, about.free, remote),
        };
        report.add("quota", outcome)?;
    }
    let listed = place.remote.list(&Entry::dir(place.path.clone())).await;
    let found = match listed {
        Err(error) => {
            report.add("listing", Failed(advice::about(&error, remote)))?;
            return Ok(());
        }
        Ok(entries) => format!("{} entries in {:?}", entries.len(), place.path.as_str()),
    };
    report.add("listing", Fine(found))?;
    let outcome = if features.read_only {
        Skipped("nothing can be written there".to_owned())
    } else if ctx.flags.copy.dry_run {
        Skipped("--dry-run is set".to_owned())
    } else if ctx
        .run
        .skips("upload a trial file", &place.describe(), None)
        .await
    {
        Skipped("--interactive is set".to_owned())
    } else {
        match trial::run(place, &ctx.endings).await {
            Err(failed) => Failed(advice::about_trial(&failed, remote)),
            Ok(times) => Fine(format!(
                "{} uploaded in {}, downloaded in {}, the same, and removed",
                units::size(u64::try_from(trial::SIZE).unwrap_or(0)),
                time(times.up),
                time(times.down)
            )),
        }
    };
    report.add("trial", outcome)?;
    Ok(())
}

fn space(used: Option<u64>, total: Option<u64>, free: Option<u64>, remote: &str) -> Outcome {
    let size = |n: Option<u64>| n.map_or_else(|| "unknown".to_owned(), units::size);
    let found = format!("{} of {} used", size(used), size(total));
    if free == Some(0) {
        let full = RemoteError::new(crate::remote::ErrorKind::QuotaExceeded, "", "");
        let failure = advice::about(&full, remote);
        return Failed(Failure { found, ..failure });
    }
    Fine(found)
}

/// The proxy that connections go through, without its password.
fn proxy(ctx: &Context) -> Option<String> {
    let named = ctx.flags.network.http_proxy.clone().or_else(|| {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        names
            .iter()
            .find_map(|name| ctx.opener.config().env().var(name))
            .map(str::to_owned)
    })?;
    let host = named.rsplit('@').next().unwrap_or_default();
    Some(format!("the proxy {}", host.trim_start_matches("http://")))
}

/// A duration for people.
fn time(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{:.1} s", span.as_secs_f32()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_clock_may_differ_a_little() {
        let seconds = SignedDuration::from_secs;
        assert_eq!(judge_clock(seconds(-1)), Fine("right".to_owned()));
        assert_eq!(judge_clock(seconds(42)), Fine("42.0 s ahead".to_owned()));
        for (off, text) in [(-61, "1 min 1 s behind"), (7260, "2 h 1 min ahead")] {
            match judge_clock(seconds(off)) {
                Failed(failure) => assert_eq!(failure.found, text),
                other => panic!("{off}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_servers_date_is_read() {
        let greeting = |date: &str, here: u64| Greeting {
            took: Duration::ZERO,
            date: Some((
                date.to_owned(),
                SystemTime::UNIX_EPOCH + Duration::from_secs(here),
            )),
        };
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(
            clock(&greeting(date, 784_111_777)),
            Fine("right".to_owned())
        );
        assert!(matches!(clock(&greeting(date, 784_115_377)), Failed(_)));
        assert!(matches!(clock(&greeting("noon", 0)), Skipped(_)));
    }
}
