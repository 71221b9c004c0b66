//! Where the user is in the tree, and what the keys do. Pure.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, HashMap};

use super::keys::Key;
use super::sizes::{Id, Node, Sizes};
use crate::output::sanitize;
use crate::remote::Entry;

/// Rows that a page key moves by.
const PAGE: usize = 10;

/// What the box of `?` says.
const HELP: &[&str] = &[
    "up, down or k, j      move",
    "right or l, Enter     enter a directory",
    "left or h             leave it",
    "g                     bars, or not",
    "c                     numbers of files, or not",
    "a                     average sizes, or not",
    "m                     times, or not",
    "u                     sizes in bytes, or with units",
    "n, s, C, A, M         sort by name, size, number, average, time",
    "d                     delete",
    "v                     select, or not",
    "V                     select all on the way",
    "D                     delete what is selected",
    "Y                     show the path",
    "Ctrl-L                draw everything again",
    "r                     read everything again",
    "?, Esc                close this box",
    "q, Ctrl-C             quit",
];

/// The state of the browser.
pub struct View {
    pub(super) sizes: Sizes,
    /// The root as the user named it.
    name: String,
    pub(super) dir: Id,
    pub(super) cursor: usize,
    /// Where the cursor was in directories that were left.
    cursors: HashMap<Id, usize>,
    order: Order,
    backwards: bool,
    pub(super) bars: bool,
    pub(super) counts: bool,
    pub(super) averages: bool,
    pub(super) times: bool,
    pub(super) exact: bool,
    pub(super) selected: BTreeSet<Id>,
    /// While all on the way is selected: the row where that began, and what
    /// was selected before.
    on_the_way: Option<(usize, BTreeSet<Id>)>,
    pub(super) open: Option<Dialog>,
    pub(super) scanning: bool,
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
pub enum Dialog {
    /// Something to read: any key closes it.
    Text(Vec<String>),
    /// Whether these shall go, and which answer is marked.
    Delete {
        /// The files and directories.
        ids: Vec<Id>,
        /// The answer that Enter gives.
        yes: bool,
    },
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
    /// To draw everything again: the terminal shows something else.
    Redraw,
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
            on_the_way: None,
            open: None,
            scanning: true,
        }
    }

    /// The tree.
    pub const fn sizes_mut(&mut self) -> &mut Sizes {
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
        self.select_nothing();
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
        self.open = Some(Dialog::Text(vec![sanitize::line(text).into_owned()]));
    }

    /// What the directory shows, in order.
    pub(super) fn rows(&self) -> Vec<Id> {
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
        if key == Key::Interrupt {
            return Action::Quit;
        }
        if let Some(open) = self.open.take() {
            return self.answer(open, key);
        }
        let rows = self.rows();
        let last = rows.len().saturating_sub(1);
        let under = rows.get(self.cursor).copied();
        match key {
            Key::Up | Key::Char('k') => self.go(self.cursor.saturating_sub(1), &rows),
            Key::Down | Key::Char('j') => self.go((self.cursor + 1).min(last), &rows),
            Key::PageUp => self.go(self.cursor.saturating_sub(PAGE), &rows),
            Key::PageDown => self.go((self.cursor + PAGE).min(last), &rows),
            Key::Home => self.go(0, &rows),
            Key::End => self.go(last, &rows),
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
            Key::Char('v') => self.select(under),
            Key::Char('V') => self.select_on_the_way(&rows),
            Key::Char('d') => self.ask(under.into_iter().collect()),
            Key::Char('D') => self.ask(self.selected.iter().copied().collect()),
            Key::Char('Y') => {
                let shown = under.unwrap_or(self.dir);
                self.open = Some(Dialog::Text(vec![self.path(shown)]));
            }
            Key::Char('?') => {
                let lines = HELP.iter().map(|line| (*line).to_owned());
                self.open = Some(Dialog::Text(lines.collect()));
            }
            Key::Char('r') => return Action::Rescan,
            Key::Char('q') => return Action::Quit,
            Key::Refresh => return Action::Redraw,
            Key::Escape => self.on_the_way = None,
            Key::Char(_) | Key::Interrupt => {}
        }
        Action::Stay
    }

    /// Takes a key while a box is open.
    fn answer(&mut self, open: Dialog, key: Key) -> Action {
        let (ids, yes) = match open {
            Dialog::Delete { ids, yes } => (ids, yes),
            Dialog::Text(_) => {
                return if key == Key::Refresh {
                    Action::Redraw
                } else {
                    Action::Stay
                };
            }
        };
        let yes = match key {
            Key::Char('y' | 'Y') => return Action::Delete(ids),
            Key::Enter if yes => return Action::Delete(ids),
            Key::Left | Key::Char('h') => false,
            Key::Right | Key::Char('l') => true,
            Key::Refresh => yes,
            _ => return Action::Stay,
        };
        self.open = Some(Dialog::Delete { ids, yes });
        if key == Key::Refresh {
            Action::Redraw
        } else {
            Action::Stay
        }
    }

    /// Asks whether these shall go.
    fn ask(&mut self, ids: Vec<Id>) {
        if !ids.is_empty() {
            self.open = Some(Dialog::Delete { ids, yes: false });
        }
    }

    /// Moves the cursor.
    fn go(&mut self, to: usize, rows: &[Id]) {
        self.cursor = to;
        if let Some((from, before)) = &self.on_the_way {
            let (first, last) = (to.min(*from), to.max(*from));
            let way = rows.get(first..=last).unwrap_or_default();
            self.selected = before.iter().chain(way).copied().collect();
        }
    }

    fn select(&mut self, under: Option<Id>) {
        if let Some(id) = under.filter(|id| !self.selected.remove(id)) {
            self.selected.insert(id);
        }
    }

    fn select_on_the_way(&mut self, rows: &[Id]) {
        self.on_the_way = match self.on_the_way {
            Some(_) => None,
            None => Some((self.cursor, self.selected.clone())),
        };
        self.go(self.cursor, rows);
    }

    fn select_nothing(&mut self) {
        self.selected.clear();
        self.on_the_way = None;
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
        self.select_nothing();
        self.cursor = self.cursors.get(&dir).copied().unwrap_or(0);
        self.hold_cursor();
    }

    /// Sorts so; the other way round when it is sorted so already. The cursor
    /// stays where it is.
    fn sort(&mut self, order: Order, under: Option<Id>) {
        self.backwards = self.order == order && !self.backwards;
        self.order = order;
        self.on_the_way = None;
        let at = self.rows().iter().position(|id| Some(*id) == under);
        self.cursor = at.unwrap_or(0);
    }

    /// Where a node is, as the user would write it.
    pub(super) fn path(&self, id: Id) -> String {
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
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::sizes::tests::example;
    use super::*;

    pub(in super::super) fn view() -> View {
        let mut view = View::new("work:", Entry::dir(crate::remote::RemotePath::default()));
        view.sizes = example();
        view.scanning = false;
        view
    }

    pub(in super::super) fn press(view: &mut View, keys: &str) -> Action {
        let keys = keys.chars().map(Key::Char);
        keys.fold(Action::Stay, |_, key| view.press(key))
    }

    fn names(view: &View) -> Vec<&str> {
        let rows = view.rows();
        let nodes = rows.iter().map(|id| view.sizes.node(*id).unwrap());
        let names: Vec<&str> = nodes.map(|node| node.entry.name()).collect();
        names
    }

    #[test]
    fn rows_are_sorted_both_ways() {
        let mut view = view();
        assert_eq!(names(&view), ["d", "a", "e"]);
        for (keys, expected) in [
            ("n", ["a", "d", "e"]),
            ("n", ["e", "d", "a"]),
            ("s", ["d", "a", "e"]),
            ("s", ["e", "a", "d"]),
            ("C", ["d", "a", "e"]),
            ("A", ["d", "a", "e"]),
            ("M", ["a", "d", "e"]),
        ] {
            press(&mut view, keys);
            assert_eq!(names(&view), expected, "{keys}");
        }
        // the cursor stays where it was
        press(&mut view, "sj");
        assert_eq!(view.cursor, 1);
        press(&mut view, "s");
        assert_eq!((names(&view)[view.cursor], view.cursor), ("a", 1));
    }

    #[test]
    fn directories_are_entered_and_left_with_the_cursor() {
        let mut view = view();
        press(&mut view, "l");
        assert_eq!(view.path(view.dir), "work:d");
        assert_eq!(names(&view), ["b", "c"]);
        press(&mut view, "jl");
        assert_eq!(view.path(view.dir), "work:d", "c is a file");
        press(&mut view, "hj");
        assert_eq!(names(&view)[view.cursor], "a");
        press(&mut view, "kl");
        assert_eq!(view.cursor, 1, "where it was");
        press(&mut view, "hh");
        assert_eq!(view.dir, Sizes::ROOT);
        for (key, cursor) in [
            (Key::End, 2),
            (Key::Down, 2),
            (Key::Home, 0),
            (Key::Up, 0),
            (Key::PageDown, 2),
            (Key::PageUp, 0),
            (Key::Escape, 0),
        ] {
            assert_eq!(view.press(key), Action::Stay);
            assert_eq!(view.cursor, cursor, "{key:?}");
        }
        assert_eq!(view.press(Key::Refresh), Action::Redraw);
        assert_eq!(press(&mut view, "r"), Action::Rescan);
        assert_eq!(press(&mut view, "q"), Action::Quit);
        assert_eq!(view.press(Key::Interrupt), Action::Quit);
    }

    #[test]
    fn deleting_is_asked_for_and_only_yes_is_yes() {
        let mut view = view();
        for no in ["dn", "dq", "dd"] {
            assert_eq!(press(&mut view, no), Action::Stay, "{no}");
            assert!(view.open.is_none(), "{no}");
        }
        // Enter takes the answer that is marked, and that is no
        press(&mut view, "d");
        assert_eq!(view.press(Key::Enter), Action::Stay);
        press(&mut view, "dlhl");
        assert_eq!(view.press(Key::Refresh), Action::Redraw);
        assert_eq!(view.press(Key::Enter), Action::Delete(vec![2]));
        assert_eq!(press(&mut view, "dy"), Action::Delete(vec![2]));
        press(&mut view, "d");
        assert_eq!(view.press(Key::Interrupt), Action::Quit);
    }

    #[test]
    fn several_are_selected_and_deleted() {
        let mut view = view();
        assert_eq!(press(&mut view, "Dy"), Action::Stay, "nothing is selected");
        assert_eq!(press(&mut view, "vjvDy"), Action::Delete(vec![1, 2]));
        assert_eq!(press(&mut view, "vDy"), Action::Delete(vec![2]));
        view.remove(2);
        view.remove(1);
        assert!(view.selected.is_empty());
        assert_eq!(names(&view), ["e"]);

        let mut view = super::tests::view();
        press(&mut view, "Vj");
        assert_eq!(Vec::from_iter(view.selected.iter().copied()), [1, 2]);
        press(&mut view, "k");
        assert_eq!(Vec::from_iter(view.selected.iter().copied()), [2]);
        press(&mut view, "jjVk");
        assert_eq!(Vec::from_iter(view.selected.iter().copied()), [1, 2, 3]);
        press(&mut view, "Vk");
        view.press(Key::Escape);
        press(&mut view, "jj");
        assert_eq!(view.selected.len(), 3);
        press(&mut view, "kkl");
        assert!(view.selected.is_empty(), "out of sight");
    }
}
