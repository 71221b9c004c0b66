//! The recorded values of flags (tests/recorded/values.json), all of them:
//! each is typed on a command line, and what is made of it compared with what
//! rclone made of it, or with its refusal.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use megarc::cli::argv::Why;
use megarc::cli::values::{Depth, Limit, Size, Span};
use megarc::cli::{Flags, Parsed, parse};
use megarc::output::logging::Level;
use megarc::remote::open::Dump;
use serde_json::{Value, json};

/// What a command line is understood as.
fn typed(words: &[String], variables: &Value) -> Result<Box<megarc::cli::Cli>, Why> {
    let words: Vec<String> = ["lsf".to_owned(), "x".to_owned()]
        .into_iter()
        .chain(words.iter().cloned())
        .collect();
    let variable = |name: &str| {
        let name = name.replace("MEGARC_", "RCLONE_");
        variables[name].as_str().map(str::to_owned)
    };
    match parse(&words, variable) {
        Ok(Parsed::Run(cli)) => Ok(cli),
        Ok(Parsed::Help(text)) => panic!("help: {text}"),
        Err(refusal) => Err(refusal.why),
    }
}

fn words(case: &Value) -> Vec<String> {
    let argv = case["argv"].as_array().into_iter().flatten();
    let argv = argv.map(|word| word.as_str().unwrap().to_owned());
    let Some(flag) = case["flag"].as_str() else {
        return argv.collect();
    };
    let value = case["value"].as_str().unwrap();
    match case["kind"].as_str().unwrap() {
        "Bool" | "Tristate" | "Count" => vec![format!("{flag}{value}")],
        _ if value.starts_with('-') => vec![format!("{flag}={value}")],
        _ => vec![flag.to_owned(), value.to_owned()],
    }
}

fn size(size: Size) -> Value {
    size.0.map_or(json!(-1), |bytes| json!(bytes))
}

fn span(span: Span) -> Value {
    match span {
        Span::For(nanos) => json!(nanos),
        Span::At(date) => json!(date.to_string()),
        Span::Off => json!(i64::MAX),
    }
}

fn nanos(duration: std::time::Duration) -> Value {
    json!(i64::try_from(duration.as_nanos()).unwrap())
}

fn level(level: Level) -> Value {
    json!(format!("{level:?}").to_uppercase())
}

/// The value of a flag, as rclone's options show it.
fn value(flags: &Flags, flag: &str) -> Value {
    let Flags {
        copy,
        filter,
        limit,
        network,
        show,
        sync,
        ..
    } = flags;
    match flag {
        "--max-size" => size(filter.max_size),
        "--max-age" => span(filter.max_age),
        "--min-age" => span(filter.min_age),
        "--bwlimit" => json!(limit.bwlimit.to_string()),
        "--bwlimit-file" => json!(limit.bwlimit_file.to_string()),
        "--log-level" | "-v" => level(show.level().unwrap()),
        "--dry-run" => json!(copy.dry_run),
        "--disable" => match copy.disable.as_deref().filter(|list| !list.is_empty()) {
            Some(list) => list.split(',').map(|name| json!(name)).collect(),
            None => Value::Null,
        },
        "--transfers" => json!(copy.transfers),
        "--cutoff-mode" => json!(limit.cutoff_mode.word()),
        "--buffer-size" => copy.buffer_size.map_or(Value::Null, size),
        "--max-duration" => nanos(limit.max_duration),
        "--timeout" => nanos(network.timeout),
        "--modify-window" => nanos(copy.modify_window),
        "--tpslimit" => json!(network.tpslimit),
        "--max-transfer" => size(limit.max_transfer),
        "--stats" => show.stats.map_or(Value::Null, span),
        "--max-delete" => match sync.max_delete {
            Limit(None) => json!(-1),
            Limit(Some(most)) => json!(most),
        },
        "--max-depth" => match copy.max_depth {
            Depth(None) => json!(-1),
            Depth(Some(depth)) => json!(depth),
        },
        // An empty one is none.
        "--compare-dest" => sync
            .compare_dest
            .iter()
            .filter(|d| !d.is_empty())
            .map(|d| json!(d))
            .collect(),
        "--header" => json!(network.header),
        "--color" => json!(format!("{:?}", show.color).to_uppercase()),
        "--multi-thread-cutoff" => copy.multi_thread_cutoff.map_or(Value::Null, size),
        "--track-renames-strategy" => json!(sync.track_renames_strategy),
        "--exclude" => json!(filter.exclude),
        "--suffix" => json!(sync.suffix),
        "--exclude-if-present" => json!(filter.exclude_if_present),
        // Whether they are read is what counts here.
        "--dump" | "--refresh-times" => Value::Null,
        other => panic!("{other} is not looked at"),
    }
}

/// The options that `argv` and variables can change here.
fn changed(flags: &Flags) -> Value {
    let defaults = typed(&[], &Value::Null).unwrap().flags;
    let all = |flags: &Flags| {
        let notice = flags.show.style(flags.copy.dry_run).level == Level::Notice;
        [
            ("main.LogLevel", value(flags, "--log-level")),
            (
                "main.StatsLogLevel",
                json!(if notice { "NOTICE" } else { "INFO" }),
            ),
            ("main.Transfers", value(flags, "--transfers")),
            ("main.DryRun", value(flags, "--dry-run")),
            ("main.IgnoreTimes", json!(flags.copy.ignore_times)),
            ("main.Progress", json!(flags.show.progress)),
            ("main.CheckSum", json!(flags.copy.checksum)),
            ("main.UpdateOlder", json!(flags.copy.update)),
            ("main.Metadata", json!(flags.metadata.metadata)),
            ("main.BwLimit", value(flags, "--bwlimit")),
            ("main.CompareDest", value(flags, "--compare-dest")),
            ("filter.MaxSize", value(flags, "--max-size")),
            ("filter.MaxAge", value(flags, "--max-age")),
            ("filter.ExcludeRule", value(flags, "--exclude")),
        ]
    };
    all(flags)
        .into_iter()
        .zip(all(&defaults))
        .filter(|(now, then)| now != then)
        .map(|((name, value), _)| (name.to_owned(), value))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Numbers went through floating point when they were recorded, and sizes
/// through their display with three digits.
fn near(ours: &Value, theirs: &Value, kind: &str) -> bool {
    let (Some(a), Some(b)) = (ours.as_f64(), theirs.as_f64()) else {
        return ours == theirs;
    };
    let unit = if kind == "SizeSuffix" { 1024.0 } else { 1.0 };
    let close = (a - b).abs() <= b.abs() * 1e-12;
    close || kind == "SizeSuffix" && (a - b).abs() <= b.abs().max(unit) * 0.0005
}

/// What differs from the recorded case.
fn problem(case: &Value) -> Option<String> {
    let (kind, exit) = (case["kind"].as_str().unwrap(), &case["exit"]);
    let complaint = case["stderr"][0].as_str().unwrap_or_default();
    let cli = match typed(&words(case), &case["env"]) {
        Ok(cli) => cli,
        // A choice of rclone that is known, and refused for a reason.
        Err(Why::Flag(text)) if exit == 0 && text.contains("cannot be honoured") => return None,
        Err(Why::Flag(text)) if exit == 2 => {
            let same = complaint == "<usage text>" || complaint == format!("Error: {text}");
            return (!same).then(|| format!("{text}\n    rclone: {complaint}"));
        }
        // rclone says it in other words, where it reads its defaults first.
        Err(Why::Environment(text)) if exit == 1 => {
            let text = text.replace("MEGARC_", "RCLONE_");
            let same = complaint.ends_with(&text) || complaint.contains("default values");
            return (!same).then(|| format!("{text}\n    rclone: {complaint}"));
        }
        Err(why) => return Some(format!("{why:?}\n    rclone: {exit} {complaint}")),
    };
    // What is refused only once it is put together.
    let late = [
        cli.flags.show.level().err(),
        cli.flags.network.network(1, Dump::default()).err(),
    ];
    if let Some(error) = late.into_iter().flatten().next() {
        let same = exit == 1 && complaint == format!("CRITICAL: {error}");
        return (!same).then(|| format!("{error}\n    rclone: {exit} {complaint}"));
    }
    // Of this number rclone cannot print the options.
    if exit != 0 && !complaint.contains("failed to Marshal") {
        return Some(format!("accepted\n    rclone: {exit} {complaint}"));
    }
    let (ours, theirs) = match case["flag"].as_str() {
        None => {
            let mut theirs = case["differs_from_defaults"].clone();
            if let Some(options) = theirs.as_object_mut() {
                // Options of one switch each, which are tested by what they do;
                // one of them changes the level of statistics, too.
                options.remove("main.Links");
                if options.remove("main.Interactive").is_some() {
                    options.remove("main.StatsLogLevel");
                }
            }
            (changed(&cli.flags), theirs)
        }
        Some(flag) => (value(&cli.flags, flag), case["parsed"].clone()),
    };
    if let Some(instant) = case["instant"].as_str() {
        return wrong_instant(&ours, instant);
    }
    let theirs = match &theirs {
        // rclone shows a header as two fields.
        Value::Array(headers) if headers.iter().any(Value::is_object) => headers
            .iter()
            .map(|h| {
                json!(
                    case["value"]
                        .as_str()
                        .filter(|v| v.contains(h["Key"].as_str().unwrap()))
                )
            })
            .collect(),
        other => other.clone(),
    };
    let known = !theirs.is_null() && !ours.is_null();
    if known && !near(&ours, &theirs, kind) {
        return Some(format!("{ours}\n    rclone: {theirs}"));
    }
    None
}

/// A moment is right to two seconds; what is too far away depends on the day.
fn wrong_instant(ours: &Value, theirs: &str) -> Option<String> {
    let theirs: Timestamp = theirs.parse().unwrap();
    let (early, late) = ("1740-01-01T00:00:00Z", "2300-01-01T00:00:00Z");
    let same = if theirs < early.parse().unwrap() {
        *ours == json!(i64::MAX)
    } else if theirs > late.parse().unwrap() {
        *ours == json!(i64::MIN)
    } else {
        let ours: Timestamp = ours.as_str().unwrap().parse().unwrap();
        ours.duration_since(theirs).abs().as_secs() <= 2
    };
    (!same).then(|| format!("{ours}\n    rclone: {theirs}"))
}

#[test]
fn every_recorded_value() {
    let recorded: Value = serde_json::from_str(include_str!("recorded/values.json")).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let words = words(case);
        if let Some(problem) = problem(case) {
            wrong.push(format!("{words:?} {}: {problem}", case["env"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
