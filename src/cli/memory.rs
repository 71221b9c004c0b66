//! Keeps what the memory holds out of files: passwords and keys would stand in
//! a core dump.

/// Forbids core dumps of this process, those that go to a collector as well.
/// A system that refuses changes nothing: the run goes on.
#[cfg(unix)]
pub(super) fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    // Linux ignores a limit of 0 where dumps are piped into a collector; 1 is
    // less than any core file takes, and ends the pipe as well
    let limit = Rlimit {
        current: Some(1),
        maximum: getrlimit(Resource::Core).maximum,
    };
    // fails where the hard limit is 0: that is as good
    let _ = setrlimit(Resource::Core, limit);
}

/// Other systems write none unless asked.
#[cfg(not(unix))]
pub(super) fn forbid_core_dumps() {}
