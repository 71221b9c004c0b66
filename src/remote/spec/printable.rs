//! What the user wrote for a place, as it may stand in a message: without
//! passwords, keys and codes.
//!
//! The text may be none that parses: it is shown because something is wrong
//! with it. So it is read by signs alone, and what is in doubt is hidden.

/// What stands for a secret.
const HIDDEN: &str = "***";

/// A place as it may stand in a message: without the secret options of a
/// connection string, the keys of public links and the passwords of addresses.
#[must_use]
pub fn printable(text: &str) -> String {
    hide_user_info(&hide_link_keys(&hide_options(text)))
}

/// Whether the value of an option is a secret, by its name: for options of
/// types that nobody here knows as well.
#[must_use]
pub fn is_secret(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    [
        "pass", "2fa", "otp", "key", "token", "secret", "session", "auth", "cookie", "headers",
    ]
    .iter()
    .any(|part| option.contains(part))
}

/// `,pass=…` in any depth of quotes.
fn hide_options(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-'));
        let (name, tail) = rest.split_at(end.unwrap_or(rest.len()));
        shown.push_str(name);
        rest = tail;
        if let Some(value) = tail.strip_prefix('=').filter(|_| is_secret(name)) {
            shown.push('=');
            shown.push_str(HIDDEN);
            rest = value.get(value_end(value)..).unwrap_or_default();
        } else if let Some(value) = tail.strip_prefix('=').filter(|_| name.ends_with("url")) {
            let end = value.find(',').unwrap_or(value.len());
            let (address, after) = value.split_at(end);
            shown.push('=');
            shown.push_str(&hide_bare(address));
            rest = after;
        }
        // Names of options stand behind a comma.
        let Some(comma) = rest.find(',') else {
            shown.push_str(rest);
            return shown;
        };
        let (before, after) = rest.split_at(comma + 1);
        shown.push_str(before);
        rest = after;
    }
}

/// Where a value ends. Quotes inside quotes are doubled: a value in those is
/// in as many quotes as it begins with.
fn value_end(value: &str) -> usize {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        return value.find([',', ':']).unwrap_or(value.len());
    };
    let run = |text: &str| text.chars().take_while(|c| *c == quote).count();
    let open = run(value);
    let ends = |at: usize| matches!(value.as_bytes().get(at), None | Some(b',' | b':'));
    if open % 2 == 0 && ends(open) {
        return open;
    }
    // An odd number is one quote, and doubled ones that belong to the value.
    let width = if open % 2 == 0 { open } else { 1 };
    let mut at = open;
    while let Some(next) = value.get(at..).and_then(|rest| rest.find(quote)) {
        at += next;
        let close = run(value.get(at..).unwrap_or_default());
        at += close;
        if close >= width && (close / width) % 2 == 1 {
            return at;
        }
    }
    value.len()
}

/// `https://mega.nz/file/…#key`.
fn hide_link_keys(text: &str) -> String {
    let is_public = ["mega.nz/", "mega.co.nz/", "mega.app/"]
        .iter()
        .any(|host| text.to_ascii_lowercase().contains(host));
    let Some((before, key)) = text.split_once('#').filter(|_| is_public) else {
        return text.to_owned();
    };
    // In a connection string a quote ends the link.
    let rest = key.find(['"', '\'']).and_then(|end| key.get(end..));
    format!("{before}#{HIDDEN}{}", rest.unwrap_or_default())
}

/// `me:password@host`, where an address belongs but is none.
fn hide_bare(address: &str) -> String {
    let info = address
        .rsplit_once('@')
        .filter(|_| !address.contains("://"));
    match info.and_then(|(info, host)| Some((info.split_once(':')?.0, host))) {
        Some((user, host)) => format!("{user}:{HIDDEN}@{host}"),
        None => address.to_owned(),
    }
}

/// `http://me:password@host`.
fn hide_user_info(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let host = after.find(['/', '?', '#', '"', '\'']);
        let (authority, tail) = after.split_at(host.unwrap_or(after.len()));
        let hidden = authority.rsplit_once('@').and_then(|(info, host)| {
            let (user, _) = info.split_once(':')?;
            Some(format!("{user}:{HIDDEN}@{host}"))
        });
        shown.push_str(hidden.as_deref().unwrap_or(authority));
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_no_secrets() {
        for (text, shown) in [
            ("", ""),
            ("remote:a#b", "remote:a#b"),
            ("m,debug=true,user=a:p", "m,debug=true,user=a:p"),
            (
                "https://mega.nz/file/abc#key",
                "https://mega.nz/file/abc#***",
            ),
            ("https://mega.nz/#!abc!key", "https://mega.nz/#***"),
            (
                ":mega,link=\"https://mega.nz/folder/abc#key\":d",
                ":mega,link=\"https://mega.nz/folder/abc#***\":d",
            ),
            (":mega,user=a,pass=Xy-1:p", ":mega,user=a,pass=***:p"),
            (":mega,pass='x,y:z',user=a:p", ":mega,pass=***,user=a:p"),
            ("m,pass='it''s, so':p", "m,pass=***:p"),
            ("m,pass='''a'',b':p", "m,pass=***:p"),
            ("m,pass='',user=u:p", "m,pass=***,user=u:p"),
            ("m,pass=,user=u:p", "m,pass=***,user=u:p"),
            // cut off, and what else does not parse
            ("m,pass='x,y:z", "m,pass=***"),
            ("m,pass=x", "m,pass=***"),
            ("m,pass=\"x\"y:p", "m,pass=***y:p"),
            ("pass=x", "pass=***"),
            // an alias, an alias of an alias
            (
                ":alias,remote=':mega,user=a,pass=b:x':y",
                ":alias,remote=':mega,user=a,pass=***:x':y",
            ),
            (
                ":alias,remote=':mega,pass=''b,c'':x':y",
                ":alias,remote=':mega,pass=***:x':y",
            ),
            (
                ":alias,remote=':alias,remote='':mega,pass=''''b,c'''':x'':':y",
                ":alias,remote=':alias,remote='':mega,pass=***:x'':':y",
            ),
            (
                ":http,url='http://me:hidden@host/a',headers='X,y':",
                ":http,url='http://me:***@host/a',headers=***:",
            ),
            (
                ":http,url='me:hidden@host',no_head:a@b",
                ":http,url='me:***@host',no_head:a@b",
            ),
            (":http,url=me:hidden@host:", ":http,url=me:***@host:"),
            ("m,2fa=123456,otp_command=x:", "m,2fa=***,otp_command=***:"),
            ("s,secret_access_key=a:", "s,secret_access_key=***:"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_password_of_a_place_is_shown(
            password in "[a-z0-9,:'\"=#@/ ]{1,20}",
            before in "[a-z]{0,3}",
            path in "[a-z/]{0,5}",
        ) {
            let password = format!("S{password}S");
            let params = |value: &str| vec![
                ("user".to_owned(), before.clone()),
                ("pass".to_owned(), value.to_owned()),
                ("debug".to_owned(), "true".to_owned()),
            ];
            let mut place = super::super::Spec::OnTheFly {
                kind: "mega".to_owned(),
                params: params(&password),
                path: path.clone(),
            };
            for _ in 0..3 {
                let text = place.to_string();
                proptest::prop_assert!(!printable(&text).contains('S'), "{text}: {}", printable(&text));
                place = super::super::Spec::OnTheFly {
                    kind: "alias".to_owned(),
                    params: vec![("remote".to_owned(), text)],
                    path: path.clone(),
                };
            }
        }
    }
}
