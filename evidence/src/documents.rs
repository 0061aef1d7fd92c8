//! Splits a file into documents: one on each line, or each over many lines.

use memchr::memchr;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use std::io::{self, BufRead};
use std::mem;

/// Number of bytes of lines that are handed on at once.
const BATCH_BYTES: usize = 512 * 1024;

/// Maximum size of a document, in bytes. It is larger than the history of any execution: 25,000 events
/// (Step Functions quotas) of some 10 KB each.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024 * 1024;

/// Number of lines that tell whether a document has several.
const EXAMINED_LINES: usize = 4;

/// Documents that follow one another in a file.
#[derive(Debug)]
pub struct Batch {
    /// The number of the first line, from 1.
    first_line: usize,
    bytes: Vec<u8>,
    /// Where the documents end.
    ends: Vec<usize>,
}

/// Some programs of Windows write these bytes at the start of a text file.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One document on each line.
    Lines,
    /// Documents of several lines. A batch has one of them.
    Whole,
}

impl Batch {
    /// Returns the documents, each with the number of its first line. They are bytes, because a broken
    /// line of a log may not be UTF-8.
    pub fn documents(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let documents = starts.zip(&self.ends);
        let documents = documents.filter_map(|(start, end)| self.bytes.get(start..*end));
        let numbered = (self.first_line..).zip(documents.map(<[u8]>::trim_ascii_end));
        numbered.filter(|(_, document)| !document.is_empty())
    }
}

/// Splits a file into batches.
///
/// # Examples
///
/// ```
/// use exitwise_evidence::Batches;
///
/// let file = "{\"Error\": \"a\"}\n{\"Error\": \"b\"}\n";
/// let batches: Vec<_> = Batches::new(file.as_bytes()).map(Result::unwrap).collect();
/// assert_eq!(batches[0].documents().count(), 2);
///
/// let pretty = "{\n  \"Error\": \"a\"\n}\n";
/// let batches: Vec<_> = Batches::new(pretty.as_bytes()).map(Result::unwrap).collect();
/// assert_eq!(batches[0].documents().count(), 1);
/// ```
pub struct Batches<R> {
    file: R,
    /// Lines that have been read, and belong to the next batch.
    pending: Vec<u8>,
    /// `None` until the first lines have been examined.
    layout: Option<Layout>,
    /// Where the lines of `pending` end.
    ends: Vec<usize>,
    /// The number of the first line of `pending`.
    line: usize,
    /// Why the file cannot be read further.
    error: Option<io::Error>,
}

impl<R: BufRead> Batches<R> {
    /// Splits this file.
    pub fn new(file: R) -> Self {
        Self {
            file,
            pending: Vec::new(),
            ends: Vec::new(),
            layout: None,
            line: 1,
            error: None,
        }
    }

    /// Adds the next line to what is pending. `false` at the end of the file, or where it cannot be read
    /// further.
    fn read_line(&mut self) -> bool {
        loop {
            let read = match self.file.fill_buf() {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.error = Some(error);
                    return false;
                }
            };
            let end = memchr(b'\n', read).map(|end| end + 1);
            let length = end.unwrap_or(read.len());
            self.pending
                .extend_from_slice(read.get(..length).unwrap_or_default());
            self.file.consume(length);
            if self.pending.len() > MAX_DOCUMENT_BYTES {
                let error = "a document in it is larger than 256 MiB";
                self.error = Some(io::Error::other(error));
                return false;
            }
            let is_end_of_file = length == 0;
            let has_text = self.pending.len() > self.ends.last().copied().unwrap_or_default();
            if end.is_some() || is_end_of_file && has_text {
                self.ends.push(self.pending.len());
                return true;
            }
            if is_end_of_file {
                return false;
            }
        }
    }

    /// Reads the first lines, and tells from them how the documents are written.
    fn examine(&mut self) -> Layout {
        while self.ends.len() < EXAMINED_LINES && self.read_line() {}
        if self.pending.starts_with(BYTE_ORDER_MARK) {
            self.pending.drain(..BYTE_ORDER_MARK.len());
            self.ends
                .iter_mut()
                .for_each(|end| *end -= BYTE_ORDER_MARK.len());
        }
        let lines = self.pending.split_inclusive(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        let mut together = Vec::new();
        for (index, line) in lines.enumerate() {
            together.extend_from_slice(line);
            if is_beginning(&together) {
                continue;
            }
            let is_document = serde_json::from_slice::<IgnoredAny>(&together).is_ok();
            return match is_document && index > 0 {
                true => Layout::Whole,
                false => Layout::Lines,
            };
        }
        Layout::Whole
    }

    /// Reads lines until they are a batch. `None` at the end of the file.
    fn lines(&mut self) -> Option<Batch> {
        self.pending.reserve(BATCH_BYTES);
        while self.pending.len() < BATCH_BYTES && self.read_line() {}
        let ends = self.ends.clone();
        self.take(ends.len()).map(|batch| Batch { ends, ..batch })
    }

    /// Reads lines until they are a document. `None` at the end of the file.
    fn whole(&mut self) -> Option<Batch> {
        let mut depth = Depth::default();
        let (mut lines, mut examined) = (0, 0);
        loop {
            let Some(end) = self.ends.get(lines).copied() else {
                if self.read_line() {
                    continue;
                }
                return self.take(lines);
            };
            let line = self.pending.get(examined..end).unwrap_or_default();
            // A document that was cut off ends where the next one begins.
            if line.starts_with(b"{") && depth.is_inside() && !depth.expects_a_value {
                return self.take(lines);
            }
            depth.read(line);
            (lines, examined) = (lines + 1, end);
            if !depth.is_inside() && !line.trim_ascii().is_empty() {
                return self.take(lines);
            }
        }
    }

    /// Takes so many lines, as one document. `None` if there are none.
    fn take(&mut self, lines: usize) -> Option<Batch> {
        let length = *self.ends.get(lines.checked_sub(1)?)?;
        let rest = self.pending.split_off(length);
        let bytes = mem::replace(&mut self.pending, rest);
        self.ends.drain(..lines);
        self.ends.iter_mut().for_each(|end| *end -= length);
        let first_line = self.line;
        self.line += lines;
        Some(Batch {
            first_line,
            bytes,
            ends: vec![length],
        })
    }
}

impl<R: BufRead> Iterator for Batches<R> {
    type Item = io::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let layout = match self.layout {
            Some(layout) => layout,
            None => self.examine(),
        };
        self.layout = Some(layout);
        let batch = match layout {
            Layout::Lines => self.lines(),
            Layout::Whole => self.whole(),
        };
        // The lines before an error are returned before the error.
        match batch {
            Some(batch) => Some(Ok(batch)),
            None => self.error.take().map(Err),
        }
    }
}

/// Whether this could be the beginning of a JSON document, and is not all of it.
fn is_beginning(text: &[u8]) -> bool {
    let error = serde_json::from_slice::<IgnoredAny>(text).err();
    error.is_some_and(|error| error.classify() == Category::Eof)
}

/// How many objects and lists are open.
#[derive(Default)]
struct Depth {
    open: usize,
    is_in_text: bool,
    is_escaped: bool,
    /// Whether the last character asks for a value to follow.
    expects_a_value: bool,
}

impl Depth {
    fn is_inside(&self) -> bool {
        self.open > 0
    }

    fn read(&mut self, line: &[u8]) {
        for byte in line {
            if self.is_in_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.is_in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_in_text = true,
                b'{' | b'[' => self.open += 1,
                b'}' | b']' => self.open = self.open.saturating_sub(1),
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                self.expects_a_value = b"{[,:".contains(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    /// Returns the documents with their lines.
    fn documents(file: &str) -> Vec<(usize, String)> {
        let batches = Batches::new(file.as_bytes()).map(Result::unwrap);
        let documents = batches.flat_map(|batch| {
            let documents = batch.documents();
            let texts =
                documents.map(|(line, it)| (line, str::from_utf8(it).unwrap().trim().into()));
            texts.collect::<Vec<_>>()
        });
        documents.collect()
    }

    #[test]
    fn documents_are_told_apart() {
        let expect = |file: &str, expected: &[(usize, &str)]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(line, text)| (*line, (*text).to_owned()))
                .collect();
            assert_eq!(documents(file), expected, "{file}");
        };
        expect("", &[]);
        expect("\n \n", &[]);
        expect("{}", &[(1, "{}")]);
        expect("{}\n{}\n", &[(1, "{}"), (2, "{}")]);
        expect("\n{\"a\":1}\n\n{}", &[(2, "{\"a\":1}"), (4, "{}")]);
        expect("2026 {}\n2026 {}", &[(1, "2026 {}"), (2, "2026 {}")]);
        // A broken first line does not make one document of all.
        expect("{\"a\":1,\n{}\n", &[(1, "{\"a\":1,"), (2, "{}")]);
        expect(
            "{\"a\":\"\n{}\n{}\n",
            &[(1, "{\"a\":\""), (2, "{}"), (3, "{}")],
        );
        expect("oops\n{}\n", &[(1, "oops"), (2, "{}")]);
        // Several lines.
        let pretty = "{\n \"a\": [\n  {}\n ]\n}";
        expect(pretty, &[(1, pretty)]);
        expect(
            &format!("{pretty}\n{pretty}\n"),
            &[(1, pretty), (6, pretty)],
        );
        expect(
            &format!("\n{pretty}\n\n\n{pretty}"),
            &[(1, pretty), (7, pretty)],
        );
        let brackets = "{\n \"a\": \"}{\\\"}\",\n \"b\": 1\n}";
        expect(&format!("{brackets}\n{{}}\n"), &[(1, brackets), (5, "{}")]);
        let flat = "[\n{\n\"a\": 1\n},\n{\n\"b\": 2\n}\n]";
        expect(flat, &[(1, flat)]);
        // A line of something else between them, and one document on one line.
        expect(
            &format!("{pretty}\nan error\n{pretty}\n{{}}\n"),
            &[(1, pretty), (6, "an error"), (7, pretty), (12, "{}")],
        );
        let marked = format!("\u{feff}{pretty}\n{pretty}\n");
        expect(&marked, &[(1, pretty), (6, pretty)]);
        expect("\u{feff}{}\n{}\n", &[(1, "{}"), (2, "{}")]);
        expect("\u{feff}", &[]);
        // One that was cut off.
        let cut = "{\n \"a\": [\n  {\n   \"b\": 1";
        expect(&format!("{cut}\n{pretty}\n"), &[(1, cut), (5, pretty)]);
        expect(cut, &[(1, cut)]);
    }

    /// A file that cannot be read after these bytes.
    struct Broken<'b>(&'b [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("damaged")),
                length => Ok(length),
            }
        }
    }

    #[test]
    fn whole_lines_before_a_damage_are_read() {
        for (file, expected) in [
            ("", 0),
            ("{}", 0),
            ("{}\n{}\n{\"cut", 2),
            ("{}\n{}\n{}\n{}\n{}\n{}\n", 6),
            ("{\n\"a\": 1\n}\n{\n\"b\"", 2),
        ] {
            let mut batches = Batches::new(BufReader::new(Broken(file.as_bytes())));
            let mut found = 0;
            let error = loop {
                match batches.next().unwrap() {
                    Ok(batch) => found += batch.documents().count(),
                    Err(error) => break error,
                }
            };
            assert_eq!(
                (found, &*error.to_string()),
                (expected, "damaged"),
                "{file}"
            );
        }
    }

    #[test]
    fn batches_have_whole_lines() {
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(100_000));
        let file = line.repeat(30);
        let batches: Vec<_> = Batches::new(file.as_bytes()).map(Result::unwrap).collect();
        let lines_each = BATCH_BYTES.div_ceil(line.len());
        assert_eq!(batches.len(), 30_usize.div_ceil(lines_each));
        let numbers = batches
            .iter()
            .flat_map(|it| it.documents().map(|(line, _)| line));
        assert!(numbers.eq(1..=30));
    }
}
