//! The commands, a file each: arguments in, calls into the layers below,
//! rows out. Their doc comments are their help.

pub mod about;
pub mod cat;
pub mod check;
pub mod checksum;
pub mod cleanup;
pub mod complete;
pub mod completion;
pub mod config;
pub mod context;
pub mod copy;
pub mod copyto;
pub mod copyurl;
pub mod dedupe;
pub mod delete;
pub mod deletefile;
pub mod dialogue;
pub mod doctor;
pub mod gendocs;
pub mod hashsum;
pub mod help;
pub mod import;
pub mod link;
pub mod listremotes;
pub mod logout;
pub mod ls;
pub mod lsd;
pub mod lsf;
pub mod lsjson;
pub mod lsl;
mod mapping;
pub mod md5sum;
pub mod mkdir;
pub mod r#move;
pub mod moveto;
pub mod ncdu;
pub mod obscure;
pub mod purge;
pub mod rcat;
mod reports;
pub mod restore;
pub mod reveal;
pub mod rmdir;
pub mod rmdirs;
pub mod sandbox;
pub mod sha1sum;
pub mod size;
mod sums;
pub mod sync;
pub mod touch;
pub mod tree;
pub mod version;
pub mod versions;

use clap::Subcommand;

pub use context::Context;

use crate::exit::CommandError;

/// Every command of megarc.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "the help of each stands in its file")]
pub enum Command {
    About(about::Args),
    Cat(cat::Args),
    Check(check::Args),
    Checksum(checksum::Args),
    Cleanup(cleanup::Args),
    #[command(hide = true, name = "__complete")]
    Complete(complete::Args),
    #[command(alias = "genautocomplete")]
    Completion(completion::Args),
    Config(config::Args),
    Copy(copy::Args),
    Copyto(copyto::Args),
    Copyurl(copyurl::Args),
    Dedupe(dedupe::Args),
    Delete(delete::Args),
    Deletefile(deletefile::Args),
    Doctor(doctor::Args),
    Gendocs(gendocs::Args),
    Hashsum(hashsum::Args),
    Help(help::Args),
    Import(import::Args),
    Link(link::Args),
    Listremotes(listremotes::Args),
    Logout(logout::Args),
    Ls(ls::Args),
    Lsd(lsd::Args),
    Lsf(lsf::Args),
    Lsjson(lsjson::Args),
    Lsl(lsl::Args),
    Md5sum(md5sum::Args),
    Mkdir(mkdir::Args),
    Move(r#move::Args),
    Moveto(moveto::Args),
    Ncdu(ncdu::Args),
    Obscure(obscure::Args),
    Purge(purge::Args),
    Rcat(rcat::Args),
    Restore(restore::Args),
    #[command(hide = true)]
    Reveal(reveal::Args),
    Rmdir(rmdir::Args),
    Rmdirs(rmdirs::Args),
    Sandbox(sandbox::Args),
    Sha1sum(sha1sum::Args),
    Size(size::Args),
    Sync(sync::Args),
    Touch(touch::Args),
    Tree(tree::Args),
    Version(version::Args),
    Versions(versions::Args),
}

/// How a command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// The whole command is tried again after a failure.
    pub retried: bool,
    /// Statistics are logged while it runs and at its end.
    pub statistics: bool,
    /// It works on remotes, and so needs the configuration.
    pub remotes: bool,
}

impl Command {
    /// The word that calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::About(_) => "about",
            Self::Cat(_) => "cat",
            Self::Check(_) => "check",
            Self::Checksum(_) => "checksum",
            Self::Cleanup(_) => "cleanup",
            Self::Complete(_) => "__complete",
            Self::Completion(_) => "completion",
            Self::Config(_) => "config",
            Self::Copy(_) => "copy",
            Self::Copyto(_) => "copyto",
            Self::Copyurl(_) => "copyurl",
            Self::Dedupe(_) => "dedupe",
            Self::Delete(_) => "delete",
            Self::Deletefile(_) => "deletefile",
            Self::Doctor(_) => "doctor",
            Self::Gendocs(_) => "gendocs",
            Self::Hashsum(_) => "hashsum",
            Self::Help(_) => "help",
            Self::Import(_) => "import",
            Self::Link(_) => "link",
            Self::Listremotes(_) => "listremotes",
            Self::Logout(_) => "logout",
            Self::Ls(_) => "ls",
            Self::Lsd(_) => "lsd",
            Self::Lsf(_) => "lsf",
            Self::Lsjson(_) => "lsjson",
            Self::Lsl(_) => "lsl",
            Self::Md5sum(_) => "md5sum",
            Self::Mkdir(_) => "mkdir",
            Self::Move(_) => "move",
            Self::Moveto(_) => "moveto",
            Self::Ncdu(_) => "ncdu",
            Self::Obscure(_) => "obscure",
            Self::Purge(_) => "purge",
            Self::Rcat(_) => "rcat",
            Self::Restore(_) => "restore",
            Self::Reveal(_) => "reveal",
            Self::Rmdir(_) => "rmdir",
            Self::Rmdirs(_) => "rmdirs",
            Self::Sandbox(_) => "sandbox",
            Self::Sha1sum(_) => "sha1sum",
            Self::Size(_) => "size",
            Self::Sync(_) => "sync",
            Self::Touch(_) => "touch",
            Self::Tree(_) => "tree",
            Self::Version(_) => "version",
            Self::Versions(_) => "versions",
        }
    }

    /// How this command is run; the table is rclone's.
    #[must_use]
    pub fn manner(&self) -> Manner {
        let (retried, statistics) = match self {
            Self::Copy(_)
            | Self::Copyto(_)
            | Self::Copyurl(_)
            | Self::Move(_)
            | Self::Moveto(_)
            | Self::Sync(_) => (true, true),
            Self::Cleanup(_)
            | Self::Delete(_)
            | Self::Deletefile(_)
            | Self::Touch(_)
            | Self::Mkdir(_)
            | Self::Purge(_)
            | Self::Rmdir(_)
            | Self::Rmdirs(_) => (true, false),
            Self::Check(_) | Self::Checksum(_) => (false, true),
            _ => (false, false),
        };
        let alone = match self {
            Self::Config(args) => !args.loads(),
            Self::Complete(_)
            | Self::Completion(_)
            | Self::Gendocs(_)
            | Self::Help(_)
            | Self::Obscure(_)
            | Self::Reveal(_)
            | Self::Sandbox(_)
            | Self::Version(_) => true,
            _ => false,
        };
        Manner {
            retried,
            statistics,
            remotes: !alone,
        }
    }

    /// Runs the command once.
    ///
    /// # Errors
    /// As each command says.
    pub async fn run(&self, ctx: &Context) -> Result<(), CommandError> {
        match self {
            Self::About(args) => about::run(args, ctx).await,
            Self::Cat(args) => cat::run(args, ctx).await,
            Self::Check(args) => check::run(args, ctx).await,
            Self::Checksum(args) => checksum::run(args, ctx).await,
            Self::Cleanup(args) => cleanup::run(args, ctx).await,
            Self::Complete(args) => complete::run(args, ctx).await,
            Self::Completion(args) => completion::run(args, ctx),
            Self::Config(args) => config::run(args, ctx).await,
            Self::Copy(args) => copy::run(args, ctx).await,
            Self::Copyto(args) => copyto::run(args, ctx).await,
            Self::Copyurl(args) => copyurl::run(args, ctx).await,
            Self::Dedupe(args) => dedupe::run(args, ctx).await,
            Self::Delete(args) => delete::run(args, ctx).await,
            Self::Deletefile(args) => deletefile::run(args, ctx).await,
            Self::Doctor(args) => doctor::run(args, ctx).await,
            Self::Gendocs(args) => gendocs::run(args, ctx),
            Self::Hashsum(args) => hashsum::run(args, ctx).await,
            Self::Help(args) => help::run(args, ctx),
            Self::Import(args) => import::run(args, ctx).await,
            Self::Link(args) => link::run(args, ctx).await,
            Self::Listremotes(args) => listremotes::run(args, ctx),
            Self::Logout(args) => logout::run(args, ctx).await,
            Self::Ls(args) => ls::run(args, ctx).await,
            Self::Lsd(args) => lsd::run(args, ctx).await,
            Self::Lsf(args) => lsf::run(args, ctx).await,
            Self::Lsjson(args) => lsjson::run(args, ctx).await,
            Self::Lsl(args) => lsl::run(args, ctx).await,
            Self::Md5sum(args) => md5sum::run(args, ctx).await,
            Self::Mkdir(args) => mkdir::run(args, ctx).await,
            Self::Move(args) => r#move::run(args, ctx).await,
            Self::Moveto(args) => moveto::run(args, ctx).await,
            Self::Ncdu(args) => ncdu::run(args, ctx).await,
            Self::Obscure(args) => obscure::run(args, ctx),
            Self::Purge(args) => purge::run(args, ctx).await,
            Self::Rcat(args) => rcat::run(args, ctx).await,
            Self::Restore(args) => restore::run(args, ctx).await,
            Self::Reveal(args) => reveal::run(args, ctx),
            Self::Rmdir(args) => rmdir::run(args, ctx).await,
            Self::Rmdirs(args) => rmdirs::run(args, ctx).await,
            Self::Sandbox(args) => sandbox::run(args, ctx).await,
            Self::Sha1sum(args) => sha1sum::run(args, ctx).await,
            Self::Size(args) => size::run(args, ctx).await,
            Self::Sync(args) => sync::run(args, ctx).await,
            Self::Touch(args) => touch::run(args, ctx).await,
            Self::Tree(args) => tree::run(args, ctx).await,
            Self::Version(args) => version::run(args, ctx),
            Self::Versions(args) => versions::run(args, ctx).await,
        }
    }
}
