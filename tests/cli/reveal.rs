//! `reveal`: what was obscured can be read again.

use crate::support::Home;

#[test]
fn obscured_passwords_can_be_revealed() {
    let home = Home::new();
    for password in ["pâss wörd", "", " blanks "] {
        let obscured = home.run(&["obscure", "--", password]).ok();
        let revealed = home.run(&["reveal", "--", obscured.trim()]).ok();
        assert_eq!(revealed, format!("{password}\n"));
    }
}

#[test]
fn what_is_wrong_with_the_text_is_told_by_its_place() {
    for (text, place) in [("x", 0), ("aaaaa", 4), ("ab!c", 2)] {
        let outcome = Home::new().run(&["reveal", text]);
        assert_eq!(outcome.code, 1);
        assert_eq!(
            outcome.complaints(),
            [format!(
                "NOTICE: Failed to reveal: base64 decode failed when revealing password - \
                 is it obscured?: illegal base64 data at input byte {place}"
            )]
        );
    }
}
