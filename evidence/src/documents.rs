//! Splits a file into documents: one on each line, or each over many lines.

use serde::de::IgnoredAny;
use serde_json::error::Category;
use std::io::{self, BufRead, Read};
use std::mem;

/// Number of bytes of lines that are handed on at once.
const BATCH_BYTES: usize = 1024 * 1024;

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
        }
    }

    /// Adds the next line to what is pending. `false` at the end of the file.
    fn read_line(&mut self) -> io::Result<bool> {
        let left = (MAX_DOCUMENT_BYTES + 1).saturating_sub(self.pending.len());
        let limit = u64::try_from(left).unwrap_or(u64::MAX);
        let length = (&mut self.file)
            .take(limit)
            .read_until(b'\n', &mut self.pending)?;
        if length > 0 {
            self.ends.push(self.pending.len());
        }
        match self.pending.len() > MAX_DOCUMENT_BYTES {
            true => Err(io::Error::other("a document in it is larger than 256 MiB")),
            false => Ok(length > 0),
        }
    }

    /// Reads the first lines, and tells from them how the documents are written.
    fn examine(&mut self) -> io::Result<Layout> {
        for _ in 0..EXAMINED_LINES {
            if !self.read_line()? {
                break;
            }
        }
        let lines = self.pending.split_inclusive(|byte| *byte == b'\n');
        let mut lines = lines.filter(|line| !line.trim_ascii().is_empty());
        let Some(first) = lines.next() else {
            return Ok(Layout::Lines);
        };
        let mut together = first.to_vec();
        let is_whole = is_beginning(&together)
            && lines.all(|line| {
                together.extend_from_slice(line);
                is_beginning(&together) || serde_json::from_slice::<IgnoredAny>(&together).is_ok()
            });
        Ok(if is_whole {
            Layout::Whole
        } else {
            Layout::Lines
        })
    }

    /// Reads lines until they are a batch. `None` at the end of the file.
    fn lines(&mut self) -> io::Result<Option<Batch>> {
        self.pending.reserve(BATCH_BYTES);
        while self.pending.len() < BATCH_BYTES && self.read_line()? {}
        let ends = self.ends.clone();
        Ok(self.take(ends.len()).map(|batch| Batch { ends, ..batch }))
    }

    /// Reads lines until they are a document. `None` at the end of the file.
    fn whole(&mut self) -> io::Result<Option<Batch>> {
        let mut depth = Depth::default();
        let (mut lines, mut examined) = (0, 0);
        loop {
            let Some(end) = self.ends.get(lines).copied() else {
                if self.read_line()? {
                    continue;
                }
                return Ok(self.take(lines));
            };
            let line = self.pending.get(examined..end).unwrap_or_default();
            // A document that was cut off ends where the next one begins.
            if line.starts_with(b"{") && depth.is_inside() && !depth.expects_a_value {
                return Ok(self.take(lines));
            }
            let was_inside = depth.is_inside();
            depth.read(line);
            (lines, examined) = (lines + 1, end);
            if was_inside && !depth.is_inside() {
                return Ok(self.take(lines));
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
            Some(layout) => Ok(layout),
            None => self.examine(),
        };
        let batch = layout.and_then(|layout| {
            self.layout = Some(layout);
            match layout {
                Layout::Lines => self.lines(),
                Layout::Whole => self.whole(),
            }
        });
        batch.transpose()
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
        // One that was cut off.
        let cut = "{\n \"a\": [\n  {\n   \"b\": 1";
        expect(&format!("{cut}\n{pretty}\n"), &[(1, cut), (5, pretty)]);
        expect(cut, &[(1, cut)]);
    }

    #[test]
    fn batches_have_whole_lines() {
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(100_000));
        let file = line.repeat(30);
        let batches: Vec<_> = Batches::new(file.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(batches.len(), 3);
        let numbers = batches
            .iter()
            .flat_map(|it| it.documents().map(|(line, _)| line));
        assert!(numbers.eq(1..=30));
    }
}
