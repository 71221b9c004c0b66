//! `obscure`: from an argument or from standard input.

use crate::support::Home;

#[test]
fn reads_one_line_of_standard_input() {
    let home = Home::new();
    let piped = home.run_with(&["obscure", "-"], "secret\nmore\n").ok();
    assert_eq!(home.run(&["reveal", "--", piped.trim()]).ok(), "secret\n");
    assert_ne!(
        home.run(&["obscure", "secret"]).ok(),
        piped,
        "each one is different"
    );
}
