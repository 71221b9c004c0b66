//! Reading a rule: `[file,|dir,|all,]NAME[=VALUE]`. Everything that can be
//! wrong with it is said before the first file is looked at.

use super::super::filter::re2;
use super::{Change, Cut, Rule, charmap};

/// rclone's names of the algorithms, in its order, and whether they need a value.
const NAMES: [(&str, bool); 32] = [
    ("none", false),
    ("nfc", false),
    ("nfd", false),
    ("nfkc", false),
    ("nfkd", false),
    ("replace", true),
    ("prefix", true),
    ("suffix", true),
    ("suffix_keep_extension", true),
    ("trimprefix", true),
    ("trimsuffix", true),
    ("index", true),
    ("date", true),
    ("truncate", true),
    ("truncate_keep_extension", true),
    ("truncate_bytes", true),
    ("truncate_bytes_keep_extension", true),
    ("base64encode", false),
    ("base64decode", false),
    ("encoder", true),
    ("decoder", true),
    ("ISO-8859-1", false),
    ("Windows-1252", false),
    ("Macintosh", false),
    ("charmap", false),
    ("lowercase", false),
    ("uppercase", false),
    ("titlecase", false),
    ("ascii", false),
    ("url", false),
    ("regex", true),
    ("command", true),
];

impl Rule {
    pub(super) fn parse(text: &str, stamp: &dyn Fn(&str) -> String) -> Result<Self, String> {
        let tags = [
            ("file,", true, false),
            ("dir,", false, true),
            ("all,", true, true),
        ];
        let tag = tags
            .iter()
            .find_map(|(tag, files, dirs)| Some((text.strip_prefix(tag)?, *files, *dirs)));
        let (rest, files, dirs) = tag.unwrap_or((text, true, false));
        Ok(Self {
            files,
            dirs,
            change: Change::parse(rest, stamp)?,
        })
    }
}

impl Change {
    fn parse(text: &str, stamp: &dyn Fn(&str) -> String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::None);
        }
        let (word, value) = match text.split_once('=') {
            None => (text, None),
            Some((_, value)) if value.contains('=') => return Err("too many values".to_owned()),
            Some(("", _)) => return Err("key cannot be blank".to_owned()),
            Some((word, value)) => (word, Some(value)),
        };
        let (name, needs_value) = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .ok_or_else(|| {
                let choices = NAMES.map(|(name, _)| name).join(", ");
                format!("invalid choice {word:?} from: {choices}")
            })?;
        if value.is_none() && *needs_value {
            return Err(format!("value is required for {name}"));
        }
        let value = value.unwrap_or_default();
        let own = || value.to_owned();
        let cut = |keep_extension| {
            let most = value
                .parse()
                .map_err(|_| format!("strconv.Atoi: parsing {value:?}: invalid syntax"))?;
            Ok::<_, String>(Cut {
                most,
                keep_extension,
            })
        };
        let encoding = || {
            value
                .parse()
                .map_err(|e: crate::remote::encoding::EncodingError| e.to_string())
        };
        let set = |name: &str| {
            charmap::find(name)
                .map(Self::Charmap)
                .ok_or_else(|| format!("there is no character set called {name:?}"))
        };
        Ok(match *name {
            "none" => Self::None,
            "nfc" => Self::Nfc,
            "nfd" => Self::Nfd,
            "nfkc" => Self::Nfkc,
            "nfkd" => Self::Nfkd,
            "replace" => match value.split(':').collect::<Vec<_>>()[..] {
                [old, new] => Self::Replace(old.to_owned(), new.to_owned()),
                _ => return Err(format!("wrong number of values: {value}")),
            },
            "prefix" => Self::Prefix(own()),
            "suffix" => Self::Suffix(own()),
            "suffix_keep_extension" => Self::SuffixKeepExtension(own()),
            "trimprefix" => Self::TrimPrefix(own()),
            "trimsuffix" => Self::TrimSuffix(own()),
            "date" => Self::Suffix(dated(value, stamp)),
            "truncate" => Self::Truncate(cut(false)?),
            "truncate_keep_extension" => Self::Truncate(cut(true)?),
            "truncate_bytes" => Self::TruncateBytes(cut(false)?),
            "truncate_bytes_keep_extension" => Self::TruncateBytes(cut(true)?),
            "base64encode" => Self::Base64Encode,
            "base64decode" => Self::Base64Decode,
            "encoder" => Self::Encoder(encoding()?),
            "decoder" => Self::Decoder(encoding()?),
            "charmap" => set(value)?,
            "lowercase" => Self::Lowercase,
            "uppercase" => Self::Uppercase,
            "titlecase" => Self::Titlecase,
            "ascii" => Self::Ascii,
            "url" => Self::Url,
            "regex" => match value.split('/').collect::<Vec<_>>()[..] {
                [pattern, with] => {
                    let regex = re2::compile(pattern).map_err(|why| format!("regex: {why}"))?;
                    Self::Regex(regex, with.to_owned())
                }
                _ => return Err(format!("regex syntax error: {value}")),
            },
            "command" => Self::Command(own()),
            "index" => return Err("index: this option is not yet implemented".to_owned()),
            set_name => set(set_name)?,
        })
    }
}

/// `value` with the present time for what stands in braces.
fn dated(value: &str, stamp: &dyn Fn(&str) -> String) -> String {
    let braces = value.find('{').zip(value.rfind('}'));
    let Some(part) = braces.and_then(|(open, close)| value.get(open..=close)) else {
        return value.to_owned();
    };
    let layout = match part.trim_matches(['{', '}']) {
        "MacFriendlyTime" | "macfriendlytime" | "mac" => "2006-01-02 0304PM",
        "YYYYMMDD" => "20060102",
        layout => layout,
    };
    value.replace(part, &stamp(layout))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Transform;

    fn transform(rules: &[&str]) -> Result<Transform, String> {
        let rules: Vec<String> = rules.iter().map(|&rule| rule.to_owned()).collect();
        Transform::parse(&rules, |layout| format!("<{layout}>"))
    }

    fn changed(rules: &[&str], name: &str) -> Result<String, String> {
        transform(rules)?.name(name, false).map(Into::into)
    }

    /// As rclone 1.75.2 makes them.
    #[test]
    fn every_algorithm_changes_names_as_in_rclone() {
        let fox = "The Quick Brown 🦊 Fox Went to the Café!.txt";
        let long = "Вот русское предложение, в котором байтов больше, чем символов.txt";
        for (rule, name, expected) in [
            ("", fox, fox),
            ("none", fox, fox),
            ("nfc", "e\u{301}", "é"),
            ("nfd", "é", "e\u{301}"),
            ("nfkc", "ﬁ", "fi"),
            ("nfkd", "é", "e\u{301}"),
            ("replace=Fox:Turtle", "a Fox", "a Turtle"),
            ("replace=:-", "ab", "-a-b-"),
            ("prefix=x_", "one.txt", "x_one.txt"),
            ("suffix=Z", "one.txt", "one.txtZ"),
            ("suffix_keep_extension=-n", "two.tar.gz", "two-n.tar.gz"),
            ("trimprefix=The", "The a", " a"),
            ("trimsuffix=.txt", "a.txt", "a"),
            ("date=-{YYYYMMDD}.x", "a", "a-<20060102>.x"),
            ("date={{mac}}", "a", "a<2006-01-02 0304PM>"),
            ("date=plain", "a", "aplain"),
            ("truncate=21", fox, "The Quick Brown 🦊 Fox"),
            (
                "truncate=60",
                long,
                "Вот русское предложение, в котором байтов больше, чем символ",
            ),
            ("truncate=0", fox, fox),
            ("truncate=-1", fox, fox),
            (
                "truncate_keep_extension=60",
                long,
                "Вот русское предложение, в котором байтов больше, чем си.txt",
            ),
            ("truncate_keep_extension=5", "one.txt", "o.txt"),
            (
                "truncate_bytes=70",
                long,
                "Вот русское предложение, в котором бай",
            ),
            ("truncate_bytes=300", long, long),
            (
                "truncate_bytes_keep_extension=70",
                long,
                "Вот русское предложение, в котором б.txt",
            ),
            ("base64encode", "one.txt", "b25lLnR4dA=="),
            ("base64decode", "b25lLnR4dA==", "one.txt"),
            ("base64decode", "Tq0=", "N‛AD"),
            ("base64decode", ".DS_Store", ".DS_Store"),
            ("encoder=Colon,SquareBracket", "A: [b]", "A： ［b］"),
            ("decoder=Colon,SquareBracket", "A： ［b］", "A: [b]"),
            ("ISO-8859-1", "Café 🦊", "Café _"),
            (
                "charmap=ISO-8859-7",
                fox,
                "The Quick Brown _ Fox Went to the Caf_!.txt",
            ),
            ("lowercase", "ÄB", "äb"),
            ("UPPERCASE", "äb", "ÄB"),
            ("titlecase", "ab c", "AB C"),
            ("ascii", "a 🦊 b", "a  b"),
            ("url", "The 🦊 Fox!~.txt", "The+%F0%9F%A6%8A+Fox%21~.txt"),
            ("regex=[aeiou](.)/_$1", "one.txt", "_n_.txt"),
            ("regex=[\\.\\w]/ab", "a.b c", "ababab ab"),
            ("command=echo", "a b", "a b"),
        ] {
            assert_eq!(changed(&[rule], name).as_deref(), Ok(expected), "{rule}");
        }
        assert_eq!(
            changed(&["prefix=tac", "file,prefix=tic"], "a").unwrap(),
            "tictaca"
        );
    }

    #[test]
    fn tags_choose_what_changes() {
        for (tag, file, dir) in [
            ("", "xa", "a"),
            ("file,", "xa", "a"),
            ("dir,", "a", "xa"),
            ("all,", "xa", "xa"),
        ] {
            let transform = transform(&[&format!("{tag}prefix=x")]).unwrap();
            assert_eq!(transform.name("a", false).unwrap(), file, "{tag}");
            assert_eq!(transform.name("a", true).unwrap(), dir, "{tag}");
        }
    }

    #[test]
    fn a_name_stays_a_name() {
        for (rule, name, why) in [
            (
                "prefix=a/b",
                "c",
                "transform cannot add path separators: a/bc",
            ),
            (
                "trimprefix=a",
                "a",
                "transform cannot render path segments empty",
            ),
            (
                "replace=a: ",
                "a",
                "transform cannot render path segments empty",
            ),
            (
                "replace=a:.",
                "aa",
                "transform made \"..\", which is no name",
            ),
            (
                "base64decode",
                "a b",
                "base64 error: Invalid symbol 32, offset 1.",
            ),
            (
                "truncate_keep_extension=3",
                "photo.jpeg",
                "extension is longer than the truncation limit",
            ),
            ("truncate_bytes=1", "é", "could not truncate to valid UTF-8"),
        ] {
            assert_eq!(changed(&[rule], name).unwrap_err(), why, "{rule}");
        }
        let why = changed(&["command=false"], "a").unwrap_err();
        assert!(
            why.starts_with(": error running command \"false a\": "),
            "{why}"
        );
        assert!(changed(&["command=/none/such"], "a").is_err());
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said_at_once() {
        for (rule, why) in [
            ("bogus=1", "invalid choice \"bogus\" from: none, nfc, "),
            ("file,lowercase,x", "invalid choice \"lowercase,x\" from: "),
            ("prefix", "value is required for prefix"),
            ("prefix=a=b", "too many values"),
            ("=a", "key cannot be blank"),
            ("replace=o", "wrong number of values: o"),
            ("truncate=x", "strconv.Atoi: parsing \"x\": invalid syntax"),
            ("regex=x", "regex syntax error: x"),
            ("regex=(/x", "regex: "),
            ("charmap=none", "there is no character set called \"none\""),
            ("encoder=bogus", ""),
            ("index=1", "index: this option is not yet implemented"),
        ] {
            let said = transform(&[rule]).unwrap_err();
            assert!(said.starts_with(why), "{rule}: {said}");
        }
    }
}
