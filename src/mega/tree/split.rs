//! Cuts the answer to `f` into elements while it arrives.
//!
//! Knows JSON only as far as needed to find where the objects of the wanted
//! arrays end; what is inside an object is for serde. Holds back at most one
//! batch and one unfinished element, whatever the server sends: values that
//! nobody wants are passed over as they come, and an element of absurd length
//! is dropped and counted.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use super::arena::CHUNK;
use crate::mega::node::clean_text;

/// A batch is handed out when about this much is ready, or as many elements as
/// fill a chunk of the arena.
const BATCH_BYTES: usize = 4 << 20;
/// As many batches as are on their way at a time.
const MOST_SPARE: usize = 4;
/// No honest element comes near this length.
const MAX_ELEMENT: usize = 1 << 20;
/// No honest key or short value comes near this length.
const MAX_TEXT: usize = 4 << 10;

/// The arrays of the answer that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `f` and `f2`: nodes and versions.
    Nodes,
    /// `ok` and `ok0`: keys of folders that are shared out.
    ShareKeys,
    /// `s` and `ps`: who they are shared with.
    Shares,
    /// `ph`: public links.
    Links,
}

/// Whole elements of one array, in the order they came.
#[derive(Debug)]
pub(super) struct Batch {
    /// The array they stand in.
    pub field: Field,
    /// Bytes that hold them.
    bytes: Vec<u8>,
    /// Where in the bytes each one is.
    elements: Vec<Range<usize>>,
}

impl Batch {
    /// The JSON texts of the elements.
    pub fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.elements
            .iter()
            .filter_map(|range| self.bytes.get(range.clone()))
    }

    /// The same as texts, where the batch as a whole is one without control
    /// characters.
    pub fn clean_elements(&self) -> Option<impl Iterator<Item = &str>> {
        let text = clean_text(&self.bytes)?;
        let elements = self.elements.iter();
        Some(elements.filter_map(|range| text.get(range.clone())))
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// The memory, for another batch.
    pub fn into_memory(self) -> Vec<u8> {
        self.bytes
    }
}

/// What comes out of the splitter.
#[derive(Debug)]
pub(super) enum Piece {
    /// Elements of an array.
    Batch(Batch),
    /// The event position, `sn`.
    Position(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Array(Field),
    Position,
    Nothing,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Before the object's brace.
    Start,
    /// Before a key or the object's end.
    Key,
    /// Before a value.
    Value(Wanted),
    /// Inside a wanted array, between elements.
    Elements(Field),
    /// Inside a value that is passed over.
    Skip(Skip, Option<Field>),
    /// The object is complete.
    End,
}

/// How far a skipped value has been followed.
#[derive(Debug, Clone, Copy, Default)]
struct Skip {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

/// The push parser.
pub(super) struct Splitter {
    buffer: Vec<u8>,
    at: usize,
    state: State,
    field: Field,
    elements: Vec<Range<usize>>,
    /// Memory of earlier batches: fresh one costs more than filling it.
    spare: Vec<Vec<u8>>,
    /// Elements dropped for their length, or because they were no objects.
    pub dropped: u64,
}

/// The step needs bytes that have not come yet.
struct More;

/// The answer is not an object as `f` returns it; says where it went wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str);

impl Splitter {
    pub fn new() -> Self {
        Self {
            buffer: Vec::new(),
            at: 0,
            state: State::Start,
            field: Field::Nodes,
            elements: Vec::new(),
            spare: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes the memory of a batch that nobody needs any more.
    pub fn give_back(&mut self, memory: Vec<u8>) {
        if self.spare.len() < MOST_SPARE {
            self.spare.push(memory);
        }
    }

    /// Takes the next bytes and appends what became complete to `out`.
    pub fn feed(&mut self, data: &[u8], out: &mut Vec<Piece>) -> Result<(), Malformed> {
        self.buffer.extend_from_slice(data);
        while let Ok(()) = self.step(out)? {}
        if self.elements.is_empty() {
            self.buffer.drain(..self.at);
            self.at = 0;
        } else if self.at >= BATCH_BYTES {
            self.flush(out);
        }
        Ok(())
    }

    /// Whether the object came to its end.
    pub fn finish(&self) -> Result<(), Malformed> {
        match self.state {
            State::End => Ok(()),
            _ => Err(Malformed("it breaks off in the middle")),
        }
    }

    /// One step; the inner error asks for more bytes.
    fn step(&mut self, out: &mut Vec<Piece>) -> Result<Result<(), More>, Malformed> {
        if let State::Skip(skip, back) = self.state {
            return Ok(self.skip(skip, back));
        }
        let Some(byte) = self.peek() else {
            return Ok(Err(More));
        };
        match self.state {
            State::Start => match byte {
                b'[' => self.at += 1,
                b'{' => {
                    self.at += 1;
                    self.state = State::Key;
                }
                _ => return Err(Malformed("it is not an object")),
            },
            State::Key => match byte {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    self.state = State::End;
                }
                b'"' => return self.key(),
                _ => return Err(Malformed("a key is missing")),
            },
            State::Value(wanted) => return self.value(byte, wanted, out),
            State::Elements(field) => match byte {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    self.flush(out);
                    self.state = State::Key;
                }
                b'{' => return Ok(self.element(field, out)),
                b'}' => return Err(Malformed("an array ends with a brace")),
                _ => self.drop_element(field, out),
            },
            State::Skip(..) | State::End => {
                self.at = self.buffer.len();
                return Ok(Err(More));
            }
        }
        Ok(Ok(()))
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.buffer.get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    /// The text of the string that begins here, and where it ends.
    fn text(&self) -> Result<Result<(&[u8], usize), More>, Malformed> {
        let rest = self.buffer.get(self.at + 1..).unwrap_or_default();
        match memchr2(b'"', b'\\', rest) {
            Some(end) if rest.get(end) == Some(&b'"') => Ok(Ok((
                rest.get(..end).unwrap_or_default(),
                self.at + 1 + end + 1,
            ))),
            Some(_) => Err(Malformed("an escape stands where none can be")),
            None if rest.len() > MAX_TEXT => Err(Malformed("a key is too long")),
            None => Ok(Err(More)),
        }
    }

    fn key(&mut self) -> Result<Result<(), More>, Malformed> {
        let (key, end) = match self.text()? {
            Ok(found) => found,
            Err(more) => return Ok(Err(more)),
        };
        let wanted = match key {
            b"f" | b"f2" => Wanted::Array(Field::Nodes),
            b"ok" | b"ok0" => Wanted::Array(Field::ShareKeys),
            b"s" | b"ps" => Wanted::Array(Field::Shares),
            b"ph" => Wanted::Array(Field::Links),
            b"sn" => Wanted::Position,
            _ => Wanted::Nothing,
        };
        let mut colon = end;
        while matches!(self.buffer.get(colon), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            colon += 1;
        }
        match self.buffer.get(colon) {
            None => Ok(Err(More)),
            Some(b':') => {
                self.at = colon + 1;
                self.state = State::Value(wanted);
                Ok(Ok(()))
            }
            Some(_) => Err(Malformed("a key has no value")),
        }
    }

    fn value(
        &mut self,
        byte: u8,
        wanted: Wanted,
        out: &mut Vec<Piece>,
    ) -> Result<Result<(), More>, Malformed> {
        match (wanted, byte) {
            (Wanted::Array(field), b'[') => {
                self.at += 1;
                self.field = field;
                self.state = State::Elements(field);
            }
            (Wanted::Position, b'"') => {
                let (text, end) = match self.text()? {
                    Ok(found) => found,
                    Err(more) => return Ok(Err(more)),
                };
                out.push(Piece::Position(String::from_utf8_lossy(text).into_owned()));
                self.at = end;
                self.state = State::Key;
            }
            _ => self.state = State::Skip(Skip::default(), None),
        }
        Ok(Ok(()))
    }

    fn element(&mut self, field: Field, out: &mut Vec<Piece>) -> Result<(), More> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        match object_end(rest) {
            Some(length) if length <= MAX_ELEMENT => {
                self.elements.push(self.at..self.at + length);
                self.at += length;
                if self.elements.len() == CHUNK {
                    self.flush(out);
                }
                Ok(())
            }
            None if rest.len() <= MAX_ELEMENT => Err(More),
            _ => {
                self.drop_element(field, out);
                Ok(())
            }
        }
    }

    fn drop_element(&mut self, field: Field, out: &mut Vec<Piece>) {
        self.dropped += 1;
        self.flush(out);
        self.state = State::Skip(Skip::default(), Some(field));
    }

    /// Passes over one value; afterwards back to the array `back` or to keys.
    fn skip(&mut self, mut skip: Skip, back: Option<Field>) -> Result<(), More> {
        let done = |at| {
            let state = back.map_or(State::Key, State::Elements);
            (at, state)
        };
        let mut at = self.at;
        let mut end = None;
        while let Some(byte) = self.buffer.get(at).copied() {
            at += 1;
            if skip.in_string {
                match byte {
                    _ if skip.escaped => skip.escaped = false,
                    b'\\' => skip.escaped = true,
                    b'"' => {
                        skip.in_string = false;
                        if skip.depth == 0 {
                            end = Some(done(at));
                            break;
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => skip.in_string = true,
                b'{' | b'[' => skip.depth += 1,
                // The end of what surrounds a number or a word.
                b'}' | b']' | b',' if skip.depth == 0 => {
                    end = Some(done(at - 1));
                    break;
                }
                b'}' | b']' => {
                    skip.depth -= 1;
                    if skip.depth == 0 {
                        end = Some(done(at));
                        break;
                    }
                }
                _ => {}
            }
        }
        if let Some((at, state)) = end {
            self.at = at;
            self.state = state;
            return Ok(());
        }
        self.at = at;
        self.state = State::Skip(skip, back);
        Err(More)
    }

    /// Hands the complete elements out.
    fn flush(&mut self, out: &mut Vec<Piece>) {
        if self.elements.is_empty() {
            return;
        }
        let mut rest = self.spare.pop().unwrap_or_default();
        rest.clear();
        rest.extend_from_slice(self.buffer.get(self.at..).unwrap_or_default());
        self.buffer.truncate(self.at);
        self.at = 0;
        out.push(Piece::Batch(Batch {
            field: self.field,
            bytes: std::mem::replace(&mut self.buffer, rest),
            elements: std::mem::take(&mut self.elements),
        }));
    }
}

/// The length of the object at the start of `json`, if it is all there.
fn object_end(json: &[u8]) -> Option<usize> {
    let end = memchr(b'}', json)?;
    let inner = json.get(1..end)?;
    // Nearly every node: no inner object, no escape, and the brace is not in
    // a string because the quotes before it come in pairs.
    if memchr2(b'{', b'\\', inner).is_none() && memchr_iter(b'"', inner).count().is_multiple_of(2) {
        return Some(end + 1);
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn split(json: &[u8], step: usize) -> Result<Vec<String>, Malformed> {
        let mut splitter = Splitter::new();
        let mut out = Vec::new();
        for piece in json.chunks(step.max(1)) {
            splitter.feed(piece, &mut out)?;
        }
        splitter.finish()?;
        Ok(out
            .iter()
            .flat_map(|piece| match piece {
                Piece::Position(sn) => vec![format!("sn={sn}")],
                Piece::Batch(batch) => batch
                    .elements()
                    .map(|e| format!("{:?}:{}", batch.field, String::from_utf8_lossy(e)))
                    .collect(),
            })
            .collect())
    }

    const ANSWER: &str = r#"[{"f":[{"h":"a","x":{"y":[1,{}]}}, {"h":"}\"{"},7,{"h":"c"}],"u":[{"m":"]}\\"}],
        "ok0":[{"h":"k"}],"sn":"POS","noc":1,"mcf":{"c":[[{}]]},"ph":[],"s":null,"st":"x"}]"#;

    #[test]
    fn finds_elements_wherever_the_pieces_are_cut() {
        let whole = split(ANSWER.as_bytes(), usize::MAX).unwrap();
        assert_eq!(
            whole,
            [
                r#"Nodes:{"h":"a","x":{"y":[1,{}]}}"#,
                r#"Nodes:{"h":"}\"{"}"#,
                r#"Nodes:{"h":"c"}"#,
                r#"ShareKeys:{"h":"k"}"#,
                "sn=POS",
            ]
        );
        for step in 1..ANSWER.len() {
            assert_eq!(split(ANSWER.as_bytes(), step).unwrap(), whole, "{step}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_is_no_answer() {
        for end in 0..ANSWER.len() - 2 {
            assert!(split(&ANSWER.as_bytes()[..end], 9).is_err(), "{end}");
        }
        assert!(split(b"-9", 1).is_err());
        assert!(split(b"[-9]", 1).is_err());
    }

    #[test]
    fn an_endless_element_is_dropped_not_stored() {
        let mut splitter = Splitter::new();
        let mut out = Vec::new();
        splitter
            .feed(b"[{\"f\":[{\"h\":\"1\"},{\"a\":\"", &mut out)
            .unwrap();
        for _ in 0..64 {
            splitter.feed(&[b'x'; 65536], &mut out).unwrap();
            assert!(splitter.buffer.len() <= MAX_ELEMENT + 2 * 65536);
        }
        splitter.feed(b"\"},{\"h\":\"2\"}]}]", &mut out).unwrap();
        assert_eq!(splitter.finish(), Ok(()));
        assert_eq!((splitter.dropped, out.len()), (1, 2));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, step in 1_usize..40) {
            let _ = split(&bytes, step);
        }

        #[test]
        fn no_json_like_text_makes_it_panic(text in r#"\[\{("f":\[|\{|\}|\[|\]|,|"|\\|a|1|:){0,60}"#, step in 1_usize..20) {
            let _ = split(text.as_bytes(), step);
        }
    }
}
