//! What every command receives, and the few steps that all commands share.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::dialogue::Confirmation;
use crate::cli::{Flags, usage};
use crate::engine::details::{self, Details, Ended};
use crate::engine::walk::Walk;
use crate::engine::{self, Aside, Endings, Root, Run};
use crate::exit::{Code, CommandError};
use crate::output::Output;
use crate::remote::open::Opener;
use crate::remote::spec::{Spec, printable};
use crate::remote::{Entry, ErrorKind, Location, RemoteError};

/// The surroundings of a running command.
pub struct Context {
    /// Where results are written.
    pub output: Arc<Output>,
    /// The flags that every command takes.
    pub flags: Flags,
    /// Finds remotes.
    pub opener: Opener,
    /// Whether the user is being asked something: nothing else runs then.
    pub asking: Arc<AtomicBool>,
    /// Who is asked before each change, if anybody is.
    pub confirmation: Option<Arc<Confirmation>>,
    /// What has to be cleared up when the user stops the command.
    pub endings: Endings,
    /// Options and statistics of the engine.
    pub run: Run,
}

impl Context {
    /// The place that `argument` names, not looked up.
    ///
    /// # Errors
    /// No such remote, or it cannot be opened.
    pub async fn locate(&self, argument: &str) -> Result<Location, CommandError> {
        self.opener.open(argument).await.map_err(|error| {
            // Where nothing is found, it matters that there was no file to
            // look in.
            let named = matches!(Spec::parse(argument), Ok(Spec::Named { .. }));
            if let Some(notice) = self.opener.config().notice().filter(|_| named) {
                tracing::warn!("{notice}");
            }
            CommandError::no_file_system(argument, &error)
        })
    }

    /// The directory, or the one file, that `argument` names.
    ///
    /// # Errors
    /// As [`Context::find`]; filters together with a single file.
    pub async fn open(&self, argument: &str) -> Result<Root, CommandError> {
        let root = self.find(argument).await?;
        if root.file.is_some() && self.run.filter.is_active() {
            return Err(CommandError::start(format!(
                "can't limit to single files when using filters: {}",
                printable(argument)
            )));
        }
        Ok(root)
    }

    /// The directory, or the one file, that `argument` names, whatever the
    /// filters say.
    ///
    /// # Errors
    /// As [`Context::locate`], and those of looking it up.
    pub async fn find(&self, argument: &str) -> Result<Root, CommandError> {
        let place = self.locate(argument).await?;
        Root::find(&place)
            .await
            .map_err(|error| CommandError::no_file_system(argument, &error))
    }

    /// The directory that `argument` names; it may be missing.
    ///
    /// # Errors
    /// As [`Context::open`]; `argument` names a file.
    pub async fn open_dir(&self, argument: &str) -> Result<Location, CommandError> {
        let root = self.find(argument).await?;
        if root.file.is_some() {
            let error = RemoteError::new(ErrorKind::IsFile, "opening", printable(argument));
            return Err(CommandError::no_file_system(argument, &error));
        }
        Ok(root.dir)
    }

    /// Makes sure that the file which `argument` names can be made: what is
    /// above it is no file.
    ///
    /// # Errors
    /// It is one.
    pub async fn may_hold(&self, argument: &str, place: &Location) -> Result<(), CommandError> {
        let Some(parent) = place.path.parent().filter(|parent| !parent.is_root()) else {
            return Ok(());
        };
        match place.remote.stat(&parent).await {
            Ok(above) if !above.is_dir() => {
                let end = argument.rfind(['/', ':']).map_or(0, |at| at + 1);
                let above = argument.get(..end).unwrap_or(argument);
                let error = RemoteError::new(ErrorKind::IsFile, "opening", printable(above));
                Err(CommandError::no_file_system(above, &error))
            }
            // Whatever else is wrong shows when it is made.
            _ => Ok(()),
        }
    }

    /// The place that the file or directory `source` shall get exactly.
    ///
    /// # Errors
    /// As [`Context::open`]; `argument` names a thing of the other kind.
    pub async fn exact(&self, source: &Root, argument: &str) -> Result<Location, CommandError> {
        if source.file.is_some() {
            // A file may be called `:`.
            let names_remote = argument.ends_with(':') && !argument.ends_with("/:");
            if argument.ends_with('/') || names_remote {
                let shown = printable(argument);
                return Err(CommandError::start(format!("{shown:?} is a directory")));
            }
            let place = self.locate(argument).await?;
            return match self.may_hold(argument, &place).await {
                Ok(()) => Ok(place),
                Err(_) => Err(CommandError::start(
                    "Source doesn't exist or is a directory and destination is a file",
                )),
            };
        }
        let dest = self.open(argument).await?;
        if dest.file.is_some() {
            return Err(CommandError::start(
                "Source doesn't exist or is a directory and destination is a file",
            ));
        }
        Ok(dest.dir)
    }

    /// Says what the arguments of `command` ask in vain, with its usage.
    #[must_use]
    pub fn refuse(&self, command: &str, why: &dyn std::fmt::Display) -> CommandError {
        let usage = usage::short(Some(command));
        self.output.complain(&format!("Error: {why}\n{usage}\n"));
        tracing::warn!("Fatal error: {why}");
        CommandError::silent(Code::Usage)
    }

    /// Says that there is no configuration file, where that explains a lot.
    pub fn say_when_unconfigured(&self) {
        if let Some(notice) = self.opener.config().notice() {
            tracing::warn!("{notice}");
        }
    }

    /// The run of a command that copies: it may make empty directories, and
    /// other places take part.
    ///
    /// # Errors
    /// One of these places cannot be opened.
    pub async fn copying(&self, empty_dirs: bool) -> Result<Run, CommandError> {
        let mut run = self.run.clone();
        Arc::make_mut(&mut run.options).create_empty_src_dirs = empty_dirs;
        let flags = &self.flags.sync;
        let backup = match &flags.backup_dir {
            Some(dir) if !dir.is_empty() => {
                Some(self.beside("--backup-dir", dir, printable(dir)).await?)
            }
            _ => None,
        };
        let mut aside = Aside {
            backup,
            ..Aside::default()
        };
        for (flag, texts, places) in [
            ("--compare-dest", &flags.compare_dest, &mut aside.compare),
            ("--copy-dest", &flags.copy_dest, &mut aside.copy),
        ] {
            let shown: Vec<String> = texts.iter().map(|text| printable(text)).collect();
            for text in texts.iter().filter(|text| !text.is_empty()) {
                places.push(self.beside(flag, text, &shown).await?);
            }
        }
        run.aside = Arc::new(aside);
        Ok(run)
    }

    /// A place that a flag names.
    async fn beside(
        &self,
        flag: &str,
        text: &str,
        given: impl std::fmt::Debug,
    ) -> Result<Location, CommandError> {
        let dir = async {
            let place = self.opener.open(text).await?;
            match Root::find(&place).await?.file {
                None => Ok(place),
                Some(_) => Err(RemoteError::new(
                    ErrorKind::IsFile,
                    "opening",
                    printable(text),
                )),
            }
        };
        dir.await.map_err(|error| {
            let text = format!("failed to make fs for {flag} {given:?}: {error}");
            engine::Error::new(error.kind, text)
                .class(engine::Class::Fatal)
                .into()
        })
    }

    /// Begins a walk through all that `root` holds.
    #[must_use]
    pub fn walk(&self, root: &Root) -> Walk {
        Walk::new(&self.run, root)
    }

    /// Calls `act` with every entry of a walk and its path from the root on.
    /// A directory that cannot be listed does not keep the others from being
    /// shown; its error ends the command.
    ///
    /// # Errors
    /// That of the first such directory; those of `act`.
    pub async fn each_entry(
        &self,
        root: &Root,
        mut walk: Walk,
        mut act: impl FnMut(&Entry, &str) -> io::Result<()>,
    ) -> Result<(), CommandError> {
        while let Some(listing) = walk.next().await {
            for entry in &listing.entries {
                let path = entry.path.below(&root.dir.path);
                act(entry, path.unwrap_or(entry.path.as_str()))?;
            }
        }
        Ok(walk.finish()?)
    }

    /// As [`Context::each_entry`], with more about each entry.
    ///
    /// # Errors
    /// As [`Context::each_entry`].
    pub async fn each_detailed(
        &self,
        root: &Root,
        walk: Walk,
        ask: &details::Ask,
        mut act: impl FnMut(&Entry, &str, &Details) -> io::Result<()> + Send,
    ) -> Result<(), CommandError> {
        let ended = details::each(&self.run, &root.dir, walk, ask, &mut act).await;
        ended.map_err(|ended| match ended {
            Ended::Sink(error) => error.into(),
            Ended::Walk(error) => error.into(),
        })
    }
}
