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
