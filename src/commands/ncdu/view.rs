//! What the browser shows, and what the keys do to it. Pure.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::keys::Key;
use super::sizes::{Id, Node, Sizes};
use crate::output::fullscreen::Line;
use crate::output::{sanitize, units};
use crate::remote::Entry;

/// Lines of the picture that are no rows: title, path, totals.
const FRAME: usize = 3;

const HELP: &[&str] = &[
    "up, down or k, j     move",
    "right or l, Enter    enter a directory",
    "left or h            leave it",
    "g                    bars",
    "c                    numbers of files",
    "a                    average sizes",
    "m                    times",
    "u                    sizes in bytes",
    "n s C A M            sort by name, size, number, average, time",
    "d                    delete",
    "v                    select, or not",
    "D                    delete what is selected",
    "Y                    show the path",
    "r                    read everything again",
    "q, Ctrl-C            quit",
];

/// The state of the browser.
pub struct View {
    sizes: Sizes,
    /// The root as the user named it.
    name: String,
    dir: Id,
    cursor: usize,
    /// Where the cursor was in directories that were left.
    cursors: HashMap<Id, usize>,
    order: Order,
    backwards: bool,
    bars: bool,
    counts: bool,
    averages: bool,
    times: bool,
    exact: bool,
    selected: BTreeSet<Id>,
    open: Option<Question>,
    scanning: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Name,
    Size,
    Count,
    Average,
    Time,
}

/// What stands in a box over the list.
enum Question {
    Text(Vec<String>),
    Delete(Vec<Id>),
}

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing more.
    Stay,
    /// The end.
    Quit,
    /// To delete these.
    Delete(Vec<Id>),
    /// To read everything again.
    Rescan,
}

impl View {
    /// A root of which nothing is known yet.
    pub fn new(name: &str, root: Entry) -> Self {
        Self {
            sizes: Sizes::new(root),
            name: name.to_owned(),
            dir: Sizes::ROOT,
            cursor: 0,
            cursors: HashMap::new(),
            order: Order::Size,
            backwards: false,
            bars: true,
            counts: false,
            averages: false,
            times: false,
            exact: false,
            selected: BTreeSet::new(),
            open: None,
            scanning: true,
        }
    }

    /// The tree.
    pub const fn sizes(&mut self) -> &mut Sizes {
        &mut self.sizes
    }

    /// Everything is read.
    pub fn finish(&mut self) {
        self.scanning = false;
        self.sizes.finish();
    }

    /// Begins anew, at the root, with the same wishes.
    pub fn restart(&mut self, root: Entry) {
        self.sizes = Sizes::new(root);
        self.dir = Sizes::ROOT;
        self.cursor = 0;
        self.cursors.clear();
        self.selected.clear();
        self.scanning = true;
    }

    /// Something is gone.
    pub fn remove(&mut self, id: Id) {
        self.selected.remove(&id);
        self.sizes.remove(id);
        self.hold_cursor();
    }

    /// Says something in a box.
    pub fn say(&mut self, text: &str) {
        self.open = Some(Question::Text(vec![sanitize::line(text).into_owned()]));
    }

    /// What the directory shows, in order.
    fn rows(&self) -> Vec<Id> {
        let children = self.sizes.node(self.dir).map(|node| &node.children);
        let mut rows: Vec<Id> = children.into_iter().flatten().copied().collect();
        rows.sort_by(|a, b| match (self.sizes.node(*a), self.sizes.node(*b)) {
            (Some(a), Some(b)) => self.compare(a, b),
            _ => Ordering::Equal,
        });
        rows
    }

    fn compare(&self, a: &Node, b: &Node) -> Ordering {
        let by_name = || a.entry.name().cmp(b.entry.name());
        let order = match self.order {
            Order::Name => by_name(),
            Order::Size => Reverse(a.size).cmp(&Reverse(b.size)),
            Order::Count => Reverse(a.files).cmp(&Reverse(b.files)),
            Order::Average => Reverse(a.average()).cmp(&Reverse(b.average())),
            Order::Time => Reverse(a.entry.modified).cmp(&Reverse(b.entry.modified)),
        };
        let order = if self.backwards {
            order.reverse()
        } else {
            order
        };
        order.then_with(by_name)
    }

    fn hold_cursor(&mut self) {
        let rows = self
            .sizes
            .node(self.dir)
            .map_or(0, |node| node.children.len());
        self.cursor = self.cursor.min(rows.saturating_sub(1));
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Action {
        match (self.open.take(), key) {
            (_, Key::Interrupt) => return Action::Quit,
            (Some(Question::Delete(ids)), Key::Char('y' | 'Y')) => return Action::Delete(ids),
            (Some(_), _) => return Action::Stay,
            (None, _) => {}
        }
        let rows = self.rows();
        let last = rows.len().saturating_sub(1);
        let under = rows.get(self.cursor).copied();
        match key {
            Key::Up | Key::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Key::Down | Key::Char('j') => self.cursor = (self.cursor + 1).min(last),
            Key::PageUp => self.cursor = self.cursor.saturating_sub(10),
            Key::PageDown => self.cursor = (self.cursor + 10).min(last),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = last,
            Key::Right | Key::Enter | Key::Char('l') => self.enter(under),
            Key::Left | Key::Char('h') => self.leave(),
            Key::Char('g') => self.bars = !self.bars,
            Key::Char('c') => self.counts = !self.counts,
            Key::Char('a') => self.averages = !self.averages,
            Key::Char('m') => self.times = !self.times,
            Key::Char('u') => self.exact = !self.exact,
            Key::Char('n') => self.sort(Order::Name, under),
            Key::Char('s') => self.sort(Order::Size, under),
            Key::Char('C') => self.sort(Order::Count, under),
            Key::Char('A') => self.sort(Order::Average, under),
            Key::Char('M') => self.sort(Order::Time, under),
            Key::Char('v') => {
                if let Some(id) = under.filter(|id| !self.selected.remove(id)) {
                    self.selected.insert(id);
                }
                self.cursor = (self.cursor + 1).min(last);
            }
            Key::Char('d') => self.open = under.map(|id| Question::Delete(vec![id])),
            Key::Char('D') if !self.selected.is_empty() => {
                self.open = Some(Question::Delete(self.selected.iter().copied().collect()));
            }
            Key::Char('Y') => self.open = under.map(|id| Question::Text(vec![self.path(id)])),
            Key::Char('?') => {
                let lines = HELP.iter().map(|line| (*line).to_owned());
                self.open = Some(Question::Text(lines.collect()));
            }
            Key::Char('r') => return Action::Rescan,
            Key::Char('q') => return Action::Quit,
            Key::Char(_) | Key::Escape | Key::Refresh | Key::Interrupt => {}
        }
        Action::Stay
    }

    fn enter(&mut self, under: Option<Id>) {
        let dir = under.filter(|id| self.sizes.node(*id).is_some_and(|n| n.entry.is_dir()));
        if let Some(dir) = dir {
            self.cursors.insert(self.dir, self.cursor);
            self.go_to(dir);
        }
    }

    fn leave(&mut self) {
        let parent = self.sizes.node(self.dir).and_then(|node| node.parent);
        if let Some(parent) = parent {
            self.cursors.insert(self.dir, self.cursor);
            self.go_to(parent);
        }
    }

    fn go_to(&mut self, dir: Id) {
        self.dir = dir;
        // What was selected must be in sight when it is deleted.
        self.selected.clear();
        self.cursor = self.cursors.get(&dir).copied().unwrap_or(0);
        self.hold_cursor();
    }

    /// Sorts so; the other way round when it is sorted so already. The cursor
    /// stays where it is.
    fn sort(&mut self, order: Order, under: Option<Id>) {
        self.backwards = self.order == order && !self.backwards;
        self.order = order;
        let at = self.rows().iter().position(|id| Some(*id) == under);
        self.cursor = at.unwrap_or(0);
    }

    /// Where a node is, as the user would write it.
    fn path(&self, id: Id) -> String {
        let mut names = Vec::new();
        let mut next = self.sizes.node(id);
        while let Some((node, parent)) = next.and_then(|node| Some((node, node.parent?))) {
            names.push(node.entry.name());
            next = self.sizes.node(parent);
        }
        names.reverse();
        let below = names.join("/");
        let between = match self.name.as_str() {
            _ if below.is_empty() => "",
            name if name.ends_with([':', '/']) => "",
            _ => "/",
        };
        sanitize::line(&format!("{}{between}{below}", self.name)).into_owned()
    }

    /// The picture for a terminal of this size.
    pub fn picture(&self, (columns, lines): (usize, usize), errors: u64) -> Vec<Line> {
        let height = lines.saturating_sub(FRAME).max(1);
        let title = "megarc ncdu - use the arrow keys to navigate, press ? for help";
        let path = format!("-- {} {}", self.path(self.dir), "-".repeat(columns));
        let mut picture = vec![Line::reverse(title), Line::plain(path)];
        let rows = self.rows();
        let top = (self.cursor + 1).saturating_sub(height);
        let sizes = rows.iter().filter_map(|id| self.sizes.node(*id));
        let largest = sizes.map(|node| node.size).max().unwrap_or(0);
        for (at, id) in rows.iter().enumerate().skip(top).take(height) {
            let text = self.row(*id, largest);
            picture.push(Line {
                text,
                reverse: at == self.cursor,
            });
        }
        picture.resize(height + FRAME - 1, Line::default());
        picture.push(Line::reverse(self.totals(errors)));
        self.lay_question(&mut picture);
        picture
    }

    fn totals(&self, errors: u64) -> String {
        let node = self.sizes.node(self.dir);
        let mut text = format!(
            " Total usage: {}, Objects: {}",
            self.size(node.map_or(0, |node| node.size)),
            node.map_or(0, |node| node.files)
        );
        if errors > 0 {
            text += &format!(", Errors: {errors}");
        }
        if !self.selected.is_empty() {
            text += &format!(", Selected: {}", self.selected.len());
        }
        if self.scanning {
            text += ", reading ...";
        }
        text
    }

    fn row(&self, id: Id, largest: u64) -> String {
        let Some(node) = self.sizes.node(id) else {
            return String::new();
        };
        let mark = if self.selected.contains(&id) {
            '*'
        } else {
            ' '
        };
        let mut row = format!("{mark}{} {:>11}", self.flag(node), self.size(node.size));
        if self.counts {
            row += &format!(" {:>9}", node.files);
        }
        if self.averages {
            row += &format!(" {:>11}", self.size(node.average()));
        }
        if self.bars {
            let share = u128::from(node.size) * 10 / u128::from(largest.max(1));
            let bar = "#".repeat(usize::try_from(share).unwrap_or(0));
            row += &format!(" [{bar:<10}]");
        }
        if self.times {
            row += &format!(" {:>19}", time(node.entry.modified));
        }
        let slash = if node.entry.is_dir() { '/' } else { ' ' };
        row + &format!(" {slash}{}", sanitize::line(node.entry.name()))
    }

    /// What is to be said of a node, in one letter.
    fn flag(&self, node: &Node) -> char {
        match node {
            node if !node.listed && !self.scanning => '!',
            node if node.troubled => '.',
            node if node.unknown > 0 => '~',
            node if node.listed && node.files == 0 => 'e',
            _ => ' ',
        }
    }

    fn size(&self, bytes: u64) -> String {
        if self.exact {
            bytes.to_string()
        } else {
            units::size(bytes)
        }
    }

    /// Lays the open box over the middle of the list.
    fn lay_question(&self, picture: &mut [Line]) {
        let text = match &self.open {
            None => return,
            Some(Question::Text(lines)) => lines.clone(),
            Some(Question::Delete(ids)) => {
                let what = match ids[..] {
                    [id] => self.path(id),
                    _ => format!("{} files and directories", ids.len()),
                };
                vec![format!("Delete {what}? (y/n)")]
            }
        };
        let room = picture.len().saturating_sub(FRAME);
        let top = 2 + room.saturating_sub(text.len()) / 2;
        for (line, text) in picture.iter_mut().skip(top).zip(text) {
            *line = Line::reverse(format!("  {text}"));
        }
    }
}

fn time(time: Option<Timestamp>) -> String {
    let time = time.map(|time| time.to_zoned(TimeZone::system()));
    time.map_or_else(String::new, |time| {
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::sizes::tests::example;
    use super::*;

    fn view() -> View {
        let mut view = View::new("work:", Entry::dir(crate::remote::RemotePath::default()));
        view.sizes = example();
        view.scanning = false;
        view
    }

    fn texts(view: &View) -> Vec<String> {
        let picture = view.picture((40, 7), 1);
        let lines = picture.iter().map(|line| line.text.trim_end().to_owned());
        lines.collect()
    }

    fn press(view: &mut View, keys: &str) -> Action {
        let keys = keys.chars().map(Key::Char);
        keys.fold(Action::Stay, |_, key| view.press(key))
    }

    #[test]
    fn a_picture_has_rows_by_size_and_totals() {
        let mut view = view();
        let rows = texts(&view);
        assert_eq!(rows.len(), 7);
        assert!(rows[1].starts_with("-- work: ---"), "{rows:?}");
        assert_eq!(rows[2], " ~        30 B [##########] /d");
        assert_eq!(rows[3], "          10 B [###       ]  a");
        assert_eq!(rows[4], " !         0 B [          ] /e");
        assert_eq!(rows[6], " Total usage: 40 B, Objects: 3, Errors: 1");
        press(&mut view, "gcau");
        assert_eq!(texts(&view)[2], " ~          30         2          30 /d");
        press(&mut view, "n");
        assert!(texts(&view)[2].ends_with(" a"));
        press(&mut view, "n");
        assert!(texts(&view)[2].ends_with("/e"));
    }

    #[test]
    fn directories_are_entered_and_left_with_the_cursor() {
        let mut view = view();
        press(&mut view, "l");
        assert!(texts(&view)[1].starts_with("-- work:d ---"));
        assert!(texts(&view)[2].ends_with(" b"));
        press(&mut view, "jl");
        assert!(texts(&view)[1].starts_with("-- work:d ---"), "c is a file");
        press(&mut view, "hj");
        assert_eq!(view.rows()[view.cursor], 1);
        press(&mut view, "kl");
        assert_eq!(view.cursor, 1, "where it was");
        press(&mut view, "hh");
        assert_eq!(view.dir, Sizes::ROOT);
    }

    #[test]
    fn deleting_is_asked_for_and_only_yes_is_yes() {
        let mut view = view();
        for no in ["dn", "dq", "dd"] {
            assert_eq!(press(&mut view, no), Action::Stay, "{no}");
        }
        press(&mut view, "d");
        assert!(texts(&view).contains(&"  Delete work:d? (y/n)".to_owned()));
        assert_eq!(press(&mut view, "y"), Action::Delete(vec![2]));
        assert_eq!(press(&mut view, "Dy"), Action::Stay, "nothing is selected");
        assert_eq!(press(&mut view, "vvDy"), Action::Delete(vec![1, 2]));
        view.remove(2);
        view.remove(1);
        assert_eq!(texts(&view)[6], " Total usage: 0 B, Objects: 0, Errors: 1");
        assert_eq!(press(&mut view, "q"), Action::Quit);
        assert_eq!(view.press(Key::Interrupt), Action::Quit);
    }

    #[test]
    fn any_size_of_terminal_and_an_empty_directory_are_survived() {
        let mut view = view();
        press(&mut view, "jj");
        for size in [(0, 0), (1, 1), (3, 4), (500, 300)] {
            assert!(!view.picture(size, 0).is_empty());
        }
        press(&mut view, "l?");
        assert!(texts(&view)[2].starts_with("  up, down"));
        press(&mut view, " dvYlkjCAMs");
        assert!(!texts(&view).is_empty());
    }
}
