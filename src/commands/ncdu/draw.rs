//! The picture of the browser.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::sizes::{Id, Node};
use super::view::{Dialog, View};
use crate::engine::Size;
use crate::output::sanitize;

const TITLE: &str = "megarc ncdu - use the arrow keys to navigate, press ? for help";
/// Signs of a full bar.
const BAR: u64 = 10;

/// Draws everything; `errors` are those that the reading has met.
pub fn draw(view: &View, frame: &mut Frame<'_>, errors: u64) {
    let [title, path, list, totals] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(TITLE).reversed(), title);
    let rule = "-".repeat(usize::from(path.width));
    let text = format!("-- {} {rule}", view.path(view.dir));
    frame.render_widget(Paragraph::new(text), path);
    draw_list(view, frame, list);
    let text = totals_of(view, errors);
    frame.render_widget(Paragraph::new(text).reversed(), totals);
    if let Some(open) = &view.open {
        draw_dialog(view, open, frame, list);
    }
}

fn draw_list(view: &View, frame: &mut Frame<'_>, area: Rect) {
    let rows = view.rows();
    let top = (view.cursor + 1).saturating_sub(usize::from(area.height));
    let sizes = rows.iter().filter_map(|id| view.sizes.node(*id));
    let largest = sizes.map(|node| node.size).max().unwrap_or(0);
    // Only what is in sight is drawn: a directory may hold a million files.
    for ((at, id), line) in rows.iter().enumerate().skip(top).zip(area.rows()) {
        let style = if at == view.cursor {
            Style::new().reversed()
        } else {
            Style::new()
        };
        let text = Paragraph::new(row(view, *id, largest)).style(style);
        frame.render_widget(text, line);
    }
}

fn totals_of(view: &View, errors: u64) -> String {
    let node = view.sizes.node(view.dir);
    let mut text = format!(
        " Total usage: {}, Objects: {}",
        size(view, node.map_or(0, |node| node.size)),
        node.map_or(0, |node| node.files)
    );
    if errors > 0 {
        text += &format!(", Errors: {errors}");
    }
    if !view.selected.is_empty() {
        text += &format!(", Selected: {}", view.selected.len());
    }
    if view.scanning {
        text += ", reading ...";
    }
    text
}

/// Flag, size, what else is wanted, and the name, in rclone's order.
fn row(view: &View, id: Id, largest: u64) -> String {
    let Some(node) = view.sizes.node(id) else {
        return String::new();
    };
    let mark = if view.selected.contains(&id) {
        '*'
    } else {
        ' '
    };
    let mut row = format!("{mark}{} {:>11}", flag(view, node), size(view, node.size));
    if view.counts {
        row += &format!(" {:>9}", node.files);
    }
    if view.averages {
        row += &format!(" {:>11}", size(view, node.average()));
    }
    if view.times {
        row += &format!(" {:>19}", time(node.entry.modified));
    }
    if view.bars {
        let share = u128::from(node.size) * u128::from(BAR) / u128::from(largest.max(1));
        let bar = "#".repeat(usize::try_from(share).unwrap_or(0));
        row += &format!(" [{bar:<10}]");
    }
    let slash = if node.entry.is_dir() { '/' } else { ' ' };
    row + &format!(" {slash}{}", sanitize::line(node.entry.name()))
}

/// What is to be said of a node, in one letter.
fn flag(view: &View, node: &Node) -> char {
    match node {
        node if !node.listed && !view.scanning => '!',
        node if node.troubled => '.',
        node if node.unknown > 0 => '~',
        node if node.listed && node.files == 0 => 'e',
        _ => ' ',
    }
}

fn size(view: &View, bytes: u64) -> String {
    if view.exact {
        bytes.to_string()
    } else {
        Size(bytes).to_string()
    }
}

/// Draws the open box over the middle of the list.
fn draw_dialog(view: &View, open: &Dialog, frame: &mut Frame<'_>, area: Rect) {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let title = match open {
        Dialog::Text(text) => {
            lines.extend(text.iter().map(|line| Line::from(line.as_str())));
            " megarc ncdu "
        }
        Dialog::Delete { ids, yes } => {
            lines.push(Line::from(question(view, ids)));
            let mark = |marked: bool, text| {
                let span = Span::from(text);
                if marked { span.reversed() } else { span }
            };
            lines.push(Line::from(vec![
                mark(!yes, "<cancel>"),
                Span::from("  "),
                mark(*yes, "<confirm>"),
                Span::from("  (n/y)"),
            ]));
            " Delete? "
        }
    };
    let widest = lines.iter().map(Line::width).max().unwrap_or(0);
    let side = |length: usize| u16::try_from(length.saturating_add(2)).unwrap_or(u16::MAX);
    let inside = area.centered(
        Constraint::Length(side(widest)),
        Constraint::Length(side(lines.len())),
    );
    frame.render_widget(Clear, inside);
    let block = Block::bordered().title(title);
    frame.render_widget(Paragraph::new(lines).block(block), inside);
}

fn question(view: &View, ids: &[Id]) -> String {
    let [id] = ids else {
        return format!("{} files and directories, with all in them", ids.len());
    };
    let is_dir = view.sizes.node(*id).is_some_and(|n| n.entry.is_dir());
    let all = if is_dir { ", with all in it" } else { "" };
    format!("{}{all}", view.path(*id))
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

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::Modifier;

    use super::super::sizes::Sizes;
    use super::super::view::tests::{press, view};
    use super::*;
    use crate::engine::walk::Listing;
    use crate::remote::{Entry, RemotePath};

    fn drawn(view: &View, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(view, frame, 1)).unwrap();
        terminal
    }

    fn texts(view: &View, width: u16, height: u16) -> Vec<String> {
        let terminal = drawn(view, width, height);
        let buffer = terminal.backend().buffer();
        let cells = buffer.content.chunks(usize::from(width.max(1)));
        cells
            .map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>())
            .map(|row| row.trim_end().to_owned())
            .collect()
    }

    /// Whether the whole line is shown with its colours exchanged.
    fn is_marked(view: &View, line: u16) -> bool {
        let terminal = drawn(view, 40, 7);
        let buffer = terminal.backend().buffer();
        (0..40).all(|x| buffer[(x, line)].modifier.contains(Modifier::REVERSED))
    }

    #[test]
    fn a_picture_has_rows_by_size_and_totals() {
        let mut view = view();
        let rows = texts(&view, 45, 7);
        assert_eq!(
            rows,
            [
                "megarc ncdu - use the arrow keys to navigate,",
                "-- work: ------------------------------------",
                " ~          30 [##########] /d",
                "            10 [###       ]  a",
                " !           0 [          ] /e",
                "",
                " Total usage: 40, Objects: 3, Errors: 1",
            ]
        );
        assert!(is_marked(&view, 0) && is_marked(&view, 2) && is_marked(&view, 6));
        assert!(!is_marked(&view, 1) && !is_marked(&view, 3));
        press(&mut view, "j");
        assert!(is_marked(&view, 3) && !is_marked(&view, 2));
        press(&mut view, "gcamuv");
        assert_eq!(
            texts(&view, 70, 7)[2..4],
            [
                " ~          30         2          30                     /d",
                "*           10         1          10                      a",
            ]
        );
        assert_eq!(
            texts(&view, 70, 7)[6],
            " Total usage: 40, Objects: 3, Errors: 1, Selected: 1"
        );
        view.scanning = true;
        assert!(texts(&view, 70, 7)[6].ends_with(", reading ..."));
    }

    #[test]
    fn boxes_lie_over_the_list() {
        let mut view = view();
        press(&mut view, "d");
        assert_eq!(
            texts(&view, 40, 9)[2..8],
            [
                " ~          30 [##########] /d",
                "      ┌ Delete? ─────────────────┐",
                " !    │work:d, with all in it    │",
                "      │<cancel>  <confirm>  (n/y)│",
                "      └──────────────────────────┘",
                "",
            ]
        );
    }

    #[test]
    fn names_cannot_garble_the_picture() {
        let path = |text: &str| RemotePath::parse(text).unwrap();
        let mut view = View::new("work:", Entry::dir(path("")));
        let names = [
            "a\u{1b}[31mred",
            "line\nbreak",
            "b\u{202e}idi",
            "日本語",
            "tab\there",
        ];
        view.sizes_mut().add(Listing {
            dir: path(""),
            id: None,
            depth: 0,
            entries: names
                .iter()
                .map(|name| Entry::file(path(name), Some(1)))
                .collect(),
        });
        view.finish();
        press(&mut view, "gn");
        let rows = texts(&view, 60, 10);
        let shown: Vec<&str> = rows[2..7].iter().map(|row| row[15..].trim()).collect();
        assert_eq!(
            shown,
            [
                "a\\x1b[31mred",
                "b\\u{202e}idi",
                "line\\x0abreak",
                "tab\\x09here",
                "日 本 語"
            ]
        );
        assert!(
            rows.iter()
                .all(|row| !row.contains(['\u{1b}', '\u{202e}', '\n', '\t']))
        );
    }

    #[test]
    fn the_cursor_stays_in_sight_in_any_size_of_terminal() {
        let mut view = view();
        press(&mut view, "jj");
        for (width, height) in [(1, 1), (3, 4), (20, 4), (500, 300)] {
            drawn(&view, width, height);
        }
        assert!(texts(&view, 40, 4)[2].ends_with("/e"), "one row is left");
        press(&mut view, "?");
        for (width, height) in [(1, 1), (3, 4), (80, 30), (500, 300)] {
            drawn(&view, width, height);
        }
        let help = texts(&view, 80, 30).join("\n");
        assert!(help.contains("draw everything again"), "{help}");
        // smaller, and larger again
        let mut terminal = drawn(&view, 80, 30);
        for (width, height) in [(10, 3), (80, 30)] {
            terminal.backend_mut().resize(width, height);
            terminal.draw(|frame| draw(&view, frame, 0)).unwrap();
        }
        let again = terminal.backend().to_string();
        assert!(again.contains("draw everything again"), "{again}");
        // an empty directory
        press(&mut view, "?l");
        assert_ne!(view.dir, Sizes::ROOT);
        drawn(&view, 40, 7);
        press(&mut view, "dvYVlkjCAMs");
    }
}
