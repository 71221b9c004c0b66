//! The faults, what they concern, and how a command may end under them.

/// One line of the table.
pub(super) struct Fault {
    /// In the sandbox's language.
    pub text: &'static str,
    /// The commands that meet it.
    pub on: &'static [&'static str],
    pub expect: Expect,
    /// Not one more request may follow it.
    pub at_once: bool,
}

pub(super) enum Expect {
    /// The end is right.
    Right,
    /// A failure, with these words in the log.
    Named(&'static str),
    /// Right, or a failure with any words.
    Either,
}

const ALL: &[&str] = &[
    "copy up",
    "copy down",
    "sync up",
    "move up",
    "delete",
    "dedupe",
    "move inside",
];
const INSIDE: &[&str] = &["move inside"];
const UP: &[&str] = &["copy up", "sync up", "move up"];
const DOWN: &[&str] = &["copy down"];
const REMOVE: &[&str] = &["delete", "dedupe"];

const fn right(text: &'static str, on: &'static [&'static str]) -> Fault {
    Fault {
        text,
        on,
        expect: Expect::Right,
        at_once: false,
    }
}

const fn named(text: &'static str, on: &'static [&'static str], words: &'static str) -> Fault {
    Fault {
        expect: Expect::Named(words),
        ..right(text, on)
    }
}

const fn either(text: &'static str, on: &'static [&'static str]) -> Fault {
    Fault {
        expect: Expect::Either,
        ..right(text, on)
    }
}

const fn at_once(fault: Fault) -> Fault {
    Fault {
        at_once: true,
        ..fault
    }
}

/// All of them.
pub(super) const TABLE: &[Fault] = &[
    // The API: before, during and after a request.
    right("cs:refuse@1", ALL),
    right("cs:refuse@2", ALL),
    right("cs:hangup=5@1", ALL),
    right("cs:hangup=5@2", ALL),
    right("cs:reset@1", ALL),
    right("cs:reset@2", ALL),
    right("cs:lose@1", ALL),
    right("cs:lose@2", ALL),
    right("cs:lose@3", ALL),
    right("cs:cut=3@1", ALL),
    right("cs:cut=3@2", ALL),
    right("cs:short=1@1", ALL),
    right("cs:long=5@1", ALL),
    right("cs:length=10@1", ALL),
    right("cs:empty@1", ALL),
    right("cs:garbage@1", ALL),
    right("cs:garbage@2", ALL),
    right("cs:delay=60@1", ALL),
    right("cs:stall=60@1", ALL),
    right("cs:slow=20000", ALL),
    // HTTP statuses.
    right("cs:500*2", ALL),
    right("cs:502@1", ALL),
    right("cs:503@2", ALL),
    right("cs:504@1", ALL),
    right("cs:402=255@1", ALL),
    right("cs:402=255@2", ALL),
    // the session has ended, and the new login has to be worked for
    right("cs:-15@1,login:402=255@1", ALL),
    right("cs:-15@1,login:500@1", ALL),
    either("cs:500", ALL),
    // Codes for a whole request.
    right("cs:-3*2", ALL),
    right("cs:-3@2", ALL),
    right("cs:-4*2", ALL),
    right("cs:-6@1", UP),
    right("cs:-6@1", REMOVE),
    // met while the source is opened, which is not tried again
    either("cs:-6@1", DOWN),
    right("cs:-18@1", ALL),
    right("cs:-15@1", ALL),
    right("cs:-15@2", ALL),
    either("cs:-9@1", ALL),
    either("cs:-11@1", ALL),
    either("cs:-17@1", ALL),
    either("cs:-26@1", ALL),
    either("cs:-3", ALL),
    either("cs:-15", ALL),
    at_once(named("cs:-16", ALL, "blocked")),
    // Events: lost, refused, broken.
    right("sc:-3@1", ALL),
    right("sc:-6@1", ALL),
    right("sc:-9@1", ALL),
    right("sc:500@1", ALL),
    right("sc:reset@1", ALL),
    right("sc:lose@1", ALL),
    right("sc:cut=4@1", ALL),
    right("sc:garbage@1", ALL),
    right("sc:empty@1", ALL),
    right("sc:delay=60@1", ALL),
    right("sc:refuse@1", ALL),
    right("sc:hangup=0@1", ALL),
    right("sc:short=1@1", ALL),
    right("sc:long=3@1", ALL),
    right("sc:length=5@1", ALL),
    right("sc:stall=60@1", ALL),
    right("sc:slow=5000@1", ALL),
    right("sc:502@1", ALL),
    right("sc:-15@1", ALL),
    // Now and then, everywhere.
    right("any:reset%5;seed=1", ALL),
    right("any:500%5;seed=2", ALL),
    right("any:lose%5;seed=3", ALL),
    // Asking for an upload.
    right("cs.u:[-3]*2", UP),
    either("cs.u:[-9]@1", UP),
    named("cs.u:[-17]", UP, "quota"),
    // The pieces.
    right("up:-3@1", UP),
    right("up:-4@1", UP),
    right("up:-14@1", UP),
    right("up:-6@1", UP),
    right("up:500*2", UP),
    right("up:502@1", UP),
    right("up:503@2", UP),
    right("up:504@1", UP),
    right("up:stall=60@1", UP),
    right("up:slow=20@1", UP),
    right("up:403@1", UP),
    right("up:404@2", UP),
    either("up:509@1", UP),
    right("up:refuse@1", UP),
    right("up:hangup=1000@1", UP),
    right("up:hangup=100000@2", UP),
    right("up:reset@1", UP),
    right("up:lose@1", UP),
    right("up:lose@3", UP),
    right("up:cut=1@1", UP),
    right("up:empty@1", UP),
    right("up:garbage@1", UP),
    right("up:flip@1", UP),
    right("up:flip@2", UP),
    right("up:short=1@1", UP),
    right("up:long=3@2", UP),
    right("up:length=5@1", UP),
    right("up:delay=60@1", UP),
    right("up:expired@1", UP),
    right("up:expired@3", UP),
    either("up:500", UP),
    // Making the node.
    right("cs.p:[-3]@1", UP),
    either("cs.p:[-9]@1", UP),
    named("cs.p:[-11]", UP, "access"),
    named("cs.p:[-17]", UP, "quota"),
    right("cs.p:lose@1", UP),
    right("cs.p:reset@1", UP),
    right("cs.p:cut=3@1", UP),
    right("cs.p:500@1", UP),
    right("cs.p:-3@1", UP),
    // Asking for a download.
    right("cs.g:[-3]*2", DOWN),
    right("cs.g:quota=1@1", DOWN),
    named("cs.g:[-9]", DOWN, "not found"),
    named("cs.g:[-11]", DOWN, "access"),
    either("cs.g:[-18]@1", DOWN),
    // The ranges.
    right("down:500*2", DOWN),
    right("down:502@1", DOWN),
    right("down:503@3", DOWN),
    right("down:504@2", DOWN),
    right("down:-3@1", DOWN),
    right("down:-4@2", DOWN),
    right("down:-14@3", DOWN),
    right("down:403@1", DOWN),
    right("down:404@2", DOWN),
    right("down:509=1@1", DOWN),
    right("down:refuse@1", DOWN),
    right("down:hangup=0@2", DOWN),
    right("down:reset@1", DOWN),
    right("down:lose@2", DOWN),
    right("down:cut=0@1", DOWN),
    right("down:cut=100000@2", DOWN),
    right("down:short=7@1", DOWN),
    right("down:long=9@1", DOWN),
    right("down:shift=16@1", DOWN),
    right("down:shift=16@3", DOWN),
    right("down:flip@1", DOWN),
    right("down:flip@3", DOWN),
    right("down:length=100@1", DOWN),
    right("down:length=-5@1", DOWN),
    right("down:garbage@1", DOWN),
    right("down:empty@1", DOWN),
    right("down:stall=60@1", DOWN),
    right("down:slow=5000000@2", DOWN),
    right("down:expired@1", DOWN),
    right("down:expired@3", DOWN),
    named("down:flip", DOWN, "corrupt"),
    named("down:shift=16", DOWN, "corrupt"),
    either("down:500", DOWN),
    either("cs.f:flip=key", DOWN),
    either("cs.f:flip=attr", DOWN),
    // Moving to the rubbish.
    right("cs.m:[-3]@1", REMOVE),
    either("cs.m:[-9]@1", REMOVE),
    named("cs.m:[-11]", REMOVE, "access"),
    right("cs.m:lose@1", REMOVE),
    right("cs.m:lose@2", REMOVE),
    right("cs.m:reset@1", REMOVE),
    right("cs.m:cut=1@1", REMOVE),
    // Moving inside the account.
    // another try of the whole command is what helps
    either("cs:-6@1", INSIDE),
    right("cs.m:[-3]*2", INSIDE),
    either("cs.m:[-9]@1", INSIDE),
    named("cs.m:[-11]", INSIDE, "access"),
    right("cs.m:lose@1", INSIDE),
    right("cs.m:reset@2", INSIDE),
    right("cs.m:cut=1@1", INSIDE),
    right("cs.m:garbage@1", INSIDE),
];
