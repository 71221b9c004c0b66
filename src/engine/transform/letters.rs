//! Letters as Go's `strings` package changes them: one character for one,
//! without regard to its neighbours.

/// In small letters.
pub(super) fn lower(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'İ' => 'i',
            c => single(c.to_lowercase(), c),
        })
        .collect()
}

/// In capital letters.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(capital).collect()
}

/// In title letters: capital ones, but for the few that have a form of their
/// own.
pub(super) fn title(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
            'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
            'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
            'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
            // Georgian has capitals, but no titles.
            '\u{10d0}'..='\u{10ff}' => c,
            c => capital(c),
        })
        .collect()
}

fn capital(c: char) -> char {
    let shifted = match c {
        // With a small iota below: full case mapping would write it beside.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return single(c.to_uppercase(), c),
    };
    char::from_u32(u32::from(c) + shifted).unwrap_or(c)
}

/// What a character becomes, if that is a single one.
fn single(mut becomes: impl Iterator<Item = char>, c: char) -> char {
    match (becomes.next(), becomes.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_change_one_for_one() {
        assert_eq!(lower("ÄİΣ Σ"), "äiσ σ");
        assert_eq!(upper("straße ŉ ᾳ ა"), "STRAßE ŉ ᾼ Ა");
        assert_eq!(title("ǆ Ǳ straße ა"), "ǅ ǲ STRAßE ა");
    }
}
