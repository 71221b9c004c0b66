//! Index pages: which links of an HTML page are the entries of its directory.

use std::collections::HashSet;

use html5gum::{Token, Tokenizer};
use percent_encoding::percent_decode_str;
use reqwest::Url;

/// An entry of an index page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name, as bytes: servers list whatever their disks hold.
    pub name: Vec<u8>,
    /// Whether the link ended in `/`.
    pub is_dir: bool,
    /// Where it leads, without user and password.
    pub url: Url,
}

/// The entries of the directory `page_url` shows in `html`: links to the same
/// server, one level below, without a query; each once.
#[must_use]
pub fn links(page_url: &Url, html: &str) -> Vec<Link> {
    let mut seen = HashSet::new();
    Tokenizer::new(html)
        .flatten()
        .filter_map(|token| match token {
            Token::StartTag(tag) if tag.name.as_slice() == b"a" => tag
                .attributes
                .get(b"href".as_slice())
                .map(|href| String::from_utf8_lossy(href).trim().to_owned()),
            _ => None,
        })
        .filter_map(|href| entry(page_url, &href))
        .filter(|link| seen.insert((link.name.clone(), link.is_dir)))
        .collect()
}

fn entry(page_url: &Url, href: &str) -> Option<Link> {
    // A name with a colon looks like a scheme; servers write `./` before it.
    let url = page_url.join(href).ok()?;
    if url.scheme() != page_url.scheme()
        || url.host() != page_url.host()
        || url.port_or_known_default() != page_url.port_or_known_default()
        || url.query().is_some()
        || href.starts_with('#')
    {
        return None;
    }
    let below = url.path().strip_prefix(directory(page_url.path()))?;
    let (element, is_dir) = match below.strip_suffix('/') {
        Some(element) => (element, true),
        None => (below, false),
    };
    if element.is_empty() || element.contains('/') {
        return None;
    }
    let mut target = url.clone();
    target.set_fragment(None);
    // Who asks knows them; where it leads is shown.
    let _ = target.set_username("");
    let _ = target.set_password(None);
    Some(Link {
        name: percent_decode_str(element).collect(),
        is_dir,
        url: target,
    })
}

/// The path of the directory a page stands in, with its final `/`.
fn directory(path: &str) -> &str {
    path.rfind('/')
        .and_then(|at| path.get(..=at))
        .unwrap_or("/")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn names(html: &str) -> Vec<String> {
        let page = Url::parse("http://127.0.0.1:8080/pub/dir/").unwrap();
        links(&page, html)
            .into_iter()
            .map(|l| {
                format!(
                    "{}{}",
                    String::from_utf8_lossy(&l.name),
                    if l.is_dir { "/" } else { "" }
                )
            })
            .collect()
    }

    #[test]
    fn only_what_lies_directly_below_counts() {
        let html = r##"<html><body><h1>Index</h1>
            <a href="../">../</a> <a href="?C=M;O=A">by date</a> <a href="#top">top</a>
            <A HREF='sub/'>sub</A> <a class=x href=plain.txt>plain</a>
            <a href="with%20space.txt">x</a> <a href="a&amp;b.txt">x</a>
            <a href="/pub/dir/absolute.txt">x</a> <a href="/pub/other.txt">x</a>
            <a href="http://127.0.0.1:8080/pub/dir/full.txt">x</a> <a href="http://elsewhere/pub/dir/no.txt">x</a>
            <a href="deep/er.txt">x</a> <a href="plain.txt">again</a> <a>none</a> <a href="">self</a>
            <a href="./c:olon.txt">x</a> <a href="mailto:x@y">x</a> <a href="%2e%2e%2fescape">x</a>"##;
        assert_eq!(
            names(html),
            [
                "sub/",
                "plain.txt",
                "with space.txt",
                "a&b.txt",
                "absolute.txt",
                "full.txt",
                "c:olon.txt",
                "../escape"
            ]
        );
    }

    proptest! {
        #[test]
        fn no_page_makes_it_panic(html in "\\PC{0,200}", href in "[a-z0-9%./:?#\\\\<>\"' -]{0,40}") {
            names(&html);
            names(&format!("<a href=\"{href}\">"));
        }
    }
}
