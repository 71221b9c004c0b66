//! `size`: the sum in words and in JSON.

use crate::support::Home;

#[test]
fn counts_files_and_bytes() {
    let home = Home::new();
    home.write("src/a/1.txt", "1");
    home.write("src/z.txt", "zzz");
    assert_eq!(
        home.run(&["size", "src:"]).ok(),
        "Total objects: 2\nTotal size: 4 B (4 Byte)\n"
    );
    assert_eq!(
        home.run(&["size", "--json", "src:"]).ok(),
        "{\"count\":2,\"bytes\":4,\"sizeless\":0}\n"
    );
}
