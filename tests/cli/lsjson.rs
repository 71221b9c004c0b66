//! `lsjson`: the array, one object, what is left out.

use serde_json::Value;

use crate::support::Home;

#[test]
fn an_array_of_objects() {
    let home = Home::new();
    home.write("src/d/1 & 2.txt", "12");
    let text = home.run(&["lsjson", "src:", "-R", "--no-modtime"]).ok();
    assert_eq!(
        text.lines().last().zip(text.lines().rev().nth(1)),
        Some((
            "]",
            r#"{"Path":"d/1 \u0026 2.txt","Name":"1 \u0026 2.txt","Size":2,"MimeType":"text/plain; charset=utf-8","ModTime":"","IsDir":false}"#
        ))
    );
    let rows: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2);
}

#[test]
fn one_object_or_none() {
    let home = Home::new();
    home.write("src/a.txt", "1");
    let stat = home.run(&["lsjson", "--stat", "src:a.txt"]).ok();
    let stat: Value = serde_json::from_str(&stat).unwrap();
    assert_eq!(stat["Size"], 1);
    let none = home.run(&["lsjson", "--stat", "--dirs-only", "src:a.txt"]);
    assert_eq!(none.ok(), "null\n");
    assert_eq!(home.run(&["lsjson", "--stat", "src:nope"]).code, 3);
}
