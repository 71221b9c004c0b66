//! Manual pages, made from the same description as the help: `megarc.1` with
//! the commands and the flags of all of them, and a page for each command.

use std::fmt::Write as _;

use clap::{Arg, Command};

use super::{reference, usage};

/// The pages, by the names of their files.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let mut root = usage::root();
    root.build();
    let mut pages = vec![("megarc.1".to_owned(), main_page(&root))];
    for (name, command) in reference::commands(&root) {
        let file = format!("megarc-{}.1", name.replace(' ', "-"));
        pages.push((file, command_page(&name, command)));
    }
    pages
}

fn main_page(root: &Command) -> String {
    let mut page = Page::begin("megarc", &text(root.get_about()));
    page.section("SYNOPSIS");
    page.bold("megarc");
    page.line("COMMAND [ARGUMENTS] [FLAGS]");
    page.section("DESCRIPTION");
    page.paragraphs(&text(root.get_long_about().or(root.get_about())));
    page.paragraphs(
        "Flags stand anywhere on the line; the last one counts; --flag=false turns a switch \
         off. Each can be set in the environment too: --dry-run is MEGARC_DRY_RUN; the command \
         line comes first.",
    );
    page.section("COMMANDS");
    for (name, command) in reference::commands(root) {
        page.item(&format!("megarc {name}"), &text(command.get_about()));
    }
    let mut heading = "";
    for flag in root.get_arguments().filter(|a| a.get_long().is_some()) {
        let own = flag.get_help_heading().unwrap_or("Help");
        if own != heading {
            heading = own;
            page.section(&own.to_uppercase());
        }
        page.flag(flag);
    }
    page.section("EXIT STATUS");
    for (code, meaning) in reference::EXIT_CODES {
        page.item(code, &meaning.replace('`', ""));
    }
    page.section("SEE ALSO");
    let all: Vec<String> = reference::commands(root)
        .into_iter()
        .map(|(name, _)| format!("megarc-{}(1)", name.replace(' ', "-")))
        .collect();
    page.line(&all.join(", "));
    page.0
}

fn command_page(name: &str, command: &Command) -> String {
    let title = format!("megarc-{}", name.replace(' ', "-"));
    let mut page = Page::begin(&title, &text(command.get_about()));
    page.section("SYNOPSIS");
    page.line(&usage::synopsis(name, command));
    page.section("DESCRIPTION");
    page.paragraphs(&text(command.get_long_about().or(command.get_about())));
    let arguments: Vec<&Arg> = command.get_positionals().collect();
    if !arguments.is_empty() {
        page.section("ARGUMENTS");
    }
    for argument in arguments {
        page.item(usage::value_name(argument), &usage::help_text(argument));
    }
    let own: Vec<&Arg> = reference::own_flags(command).collect();
    if !own.is_empty() {
        page.section("FLAGS");
    }
    for flag in own {
        page.flag(flag);
    }
    page.paragraphs("The flags that every command takes are in megarc(1).");
    page.section("SEE ALSO");
    page.line("megarc(1)");
    page.0
}

fn text(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// A page in the making, in the language of man(7).
struct Page(String);

impl Page {
    fn begin(title: &str, about: &str) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let mut page = Self(format!(
            ".TH {} 1 \"\" \"megarc {version}\" \"User Commands\"\n",
            escape(&title.to_uppercase())
        ));
        page.section("NAME");
        let about = about.split("\n\n").next().unwrap_or_default();
        page.line(&format!("{title} - {about}"));
        page
    }

    fn section(&mut self, name: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, ".SH \"{}\"", escape(&name.replace('"', "")));
    }

    fn bold(&mut self, word: &str) {
        let _ = writeln!(self.0, ".B {}", escape(word));
    }

    /// A line of text.
    fn line(&mut self, line: &str) {
        let line = escape(line);
        // These would begin a request.
        let guard = if line.starts_with(['.', '\'']) {
            "\\&"
        } else {
            ""
        };
        let _ = writeln!(self.0, "{guard}{line}");
    }

    fn paragraphs(&mut self, text: &str) {
        for paragraph in text.split("\n\n") {
            self.0.push_str(".PP\n");
            paragraph.lines().for_each(|line| self.line(line));
        }
    }

    /// Something and what it is.
    fn item(&mut self, what: &str, about: &str) {
        self.0.push_str(".TP\n");
        self.bold(what);
        about.lines().for_each(|line| self.line(line));
    }

    fn flag(&mut self, flag: &Arg) {
        self.item(usage::flag_form(flag).trim(), &usage::help_text(flag));
    }
}

/// Text that the formatter shows as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\e"),
            // A hyphen could not be copied from the page as a minus.
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            c if c.is_ascii() => escaped.push(c),
            c => {
                let _ = write!(escaped, "\\[u{:04X}]", u32::from(c));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_flag_is_in_the_manual() {
        let mut root = usage::root();
        root.build();
        let pages = pages();
        let page = |file: &str| {
            let found = pages.iter().find(|(name, _)| name == file);
            found.map_or("", |(_, text)| text.as_str())
        };
        let main = page("megarc.1");
        for flag in root.get_arguments().filter_map(Arg::get_long) {
            let form = escape(&format!("--{flag}"));
            assert!(main.contains(&form), "--{flag}");
        }
        for (name, command) in reference::commands(&root) {
            let own = page(&format!("megarc-{}.1", name.replace(' ', "-")));
            let synopsis = usage::synopsis(&name, command);
            assert!(own.contains(&escape(&synopsis)), "{name}");
            for flag in reference::own_flags(command).filter_map(Arg::get_long) {
                let form = escape(&format!("--{flag}"));
                assert!(own.contains(&form), "{name} --{flag}");
            }
        }
    }

    #[test]
    fn text_stays_text() {
        let mut page = Page(String::new());
        page.paragraphs(".so /etc/passwd\n\\fBx 'a' -b ä");
        assert_eq!(
            page.0,
            ".PP\n\\&.so /etc/passwd\n\\efBx \\(aqa\\(aq \\-b \\[u00E4]\n"
        );
    }
}
