//! The file of `--urls`: an address and, if wanted, a path in each line, with
//! commas between and double quotes as spreadsheets have them (RFC 4180).

/// The lines that are not empty, in fields.
///
/// # Errors
/// A quote where none may be; the text says where.
pub(super) fn read(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut lines = Vec::new();
    let mut reader = Reader {
        rest: text,
        line: 1,
        column: 1,
    };
    while !reader.rest.is_empty() {
        if reader.take("\n") || reader.take("\r\n") {
            continue;
        }
        lines.push(reader.line()?);
    }
    Ok(lines)
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn line(&mut self) -> Result<Vec<String>, String> {
        let mut fields = Vec::new();
        loop {
            fields.push(self.field()?);
            if !self.take(",") {
                self.end_line();
                return Ok(fields);
            }
        }
    }

    fn field(&mut self) -> Result<String, String> {
        let mut field = String::new();
        if !self.take("\"") {
            while !self.at_end_of_field() {
                if self.rest.starts_with('"') {
                    return Err(self.error("bare \" in non-quoted field"));
                }
                field.extend(self.next());
            }
            return Ok(field);
        }
        loop {
            if self.take("\"\"") {
                field.push('"');
            } else if self.take("\"") {
                if self.at_end_of_field() {
                    return Ok(field);
                }
                return Err(self.error("extraneous or missing \" in quoted-field"));
            } else if self.take("\r\n") {
                field.push('\n');
            } else {
                let next = self.next();
                field.push(
                    next.ok_or_else(|| self.error("extraneous or missing \" in quoted-field"))?,
                );
            }
        }
    }

    fn at_end_of_field(&self) -> bool {
        let ends = ["\n", "\r\n", ","];
        self.rest.is_empty() || ends.iter().any(|end| self.rest.starts_with(end))
    }

    fn end_line(&mut self) {
        let _ = self.take("\n") || self.take("\r\n");
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.skip(c.len_utf8());
        Some(c)
    }

    fn take(&mut self, text: &str) -> bool {
        let there = self.rest.starts_with(text);
        if there {
            self.skip(text.len());
        }
        there
    }

    fn skip(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        match taken.rsplit_once('\n') {
            Some((_, tail)) => {
                self.line += taken.matches('\n').count();
                self.column = tail.len() + 1;
            }
            None => self.column += taken.len(),
        }
        self.rest = rest;
    }

    fn error(&self, what: &str) -> String {
        let (line, column) = (self.line, self.column);
        format!("parse error on line {line}, column {column}: {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_fields() {
        let text = "http://a,x\r\n\n http://b , y \n\"h,1\",\"q\"\"q\nr\"\nhttp://c,\nhttp://d";
        assert_eq!(
            read(text),
            Ok(vec![
                vec!["http://a".to_owned(), "x".to_owned()],
                vec![" http://b ".to_owned(), " y ".to_owned()],
                vec!["h,1".to_owned(), "q\"q\nr".to_owned()],
                vec!["http://c".to_owned(), String::new()],
                vec!["http://d".to_owned()],
            ])
        );
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn quotes_have_to_be_closed() {
        for (text, why) in [
            (
                "a,\"bad",
                "line 1, column 7: extraneous or missing \" in quoted-field",
            ),
            (
                "a\n\"b\"c",
                "line 2, column 4: extraneous or missing \" in quoted-field",
            ),
            ("ab\"c", "line 1, column 3: bare \" in non-quoted field"),
        ] {
            assert_eq!(read(text), Err(format!("parse error on {why}")));
        }
    }
}
