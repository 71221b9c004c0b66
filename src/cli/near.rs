//! Commands that somebody may have meant.

use clap::Command;

/// Commands whose names begin alike or differ by two letters at most.
pub(super) fn near(root: &Command, typed: &str) -> Vec<String> {
    let mut names: Vec<&str> = root
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .map(Command::get_name)
        .filter(|name| {
            distance(&typed.to_lowercase(), name) <= 2 || name.starts_with(&typed.to_lowercase())
        })
        .collect();
    names.sort_unstable();
    names.into_iter().map(str::to_owned).collect()
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((j, y), above) in b.iter().enumerate().zip(row.windows(2)) {
            let &[diagonal, up] = above else { continue };
            let left = next.get(j).copied().unwrap_or(usize::MAX - 1);
            let change = diagonal + usize::from(x != *y);
            next.push(change.min(up + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
