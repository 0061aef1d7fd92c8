//! Reads an ordinary event in one pass. The task in it is JSON within a JSON text, and is read where it stands, with its
//! quotes escaped: unescaping it first would cost more than all the rest.
//!
//! Whatever is out of the ordinary, right or wrong, is left to thorough readers: that of the Cause (`cause.rs`), and the
//! caller's of the event. Property tests hold them against each other.

use crate::failure::Failure;
use crate::task::Place;
use std::borrow::Cow;

/// Most objects and lists within each other.
const MAX_DEPTH: usize = 32;

/// Longest number, in bytes; none so short is beyond 64 bits.
const MAX_SCALAR_BYTES: usize = 18;

/// The members of a state machine's event as it mostly comes: one JSON object, no key twice in it or in its `taskError`.
#[derive(Debug)]
pub struct OrdinaryEvent<'a> {
    /// The `taskError`.
    pub report: Report<'a>,
    /// The JSON text of `errorState`, not yet read.
    pub error_state: Option<&'a str>,
    /// The JSON text of `execution`, not yet read.
    pub execution: Option<&'a str>,
    /// The JSON text of `policy`, not yet read.
    pub policy: Option<&'a str>,
}

/// What a `taskError` says.
#[derive(Debug)]
pub enum Report<'a> {
    /// The failure, read.
    Read(Failure<'a>),
    /// What it is still to be read from.
    Unread {
        /// Step Functions' error name.
        error: Option<Cow<'a, str>>,
        /// The Cause, a text.
        cause: Option<Cow<'a, str>>,
    },
}

impl Report<'_> {
    /// The failure.
    pub fn failure(&self) -> Cow<'_, Failure<'_>> {
        match self {
            Self::Read(failure) => Cow::Borrowed(failure),
            Self::Unread { error, cause } => Cow::Owned(Failure::read(error.as_deref(), cause.as_deref())),
        }
    }
}

impl<'a> OrdinaryEvent<'a> {
    /// Reads an event; nothing for one that is out of the ordinary, which may be right or wrong.
    ///
    /// `known` gives the length of a `policy` that a text begins with, if it is one that was read before: it is not read
    /// again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::{ExitCode, OrdinaryEvent};
    /// let event = r#"{"taskError": {"Error": "States.TaskFailed", "Cause": "{\"Containers\":[{\"ExitCode\":4}]}"}}"#;
    /// let report = OrdinaryEvent::read(event, &|_| None).unwrap().report;
    /// assert_eq!(report.failure().containers[0].exit_code, ExitCode::new(4));
    /// assert!(OrdinaryEvent::read(r#"{"taskError": {}, "taskError": {}}"#, &|_| None).is_none());
    /// ```
    pub fn read(json: &'a str, known: &dyn Fn(&str) -> Option<usize>) -> Option<Self> {
        let mut json = Scanner::<false> { json, at: 0, depth: 0 };
        let (mut report, mut error_state, mut execution, mut policy) = (None, None, None, None);
        json.object_with_new_keys(|json, key| {
            match key {
                b"taskError" => report = Some(json.report()?),
                b"errorState" => error_state = Some(json.raw(&|_| None)?),
                b"execution" => execution = Some(json.raw(&|_| None)?),
                b"policy" => policy = Some(json.raw(known)?),
                _ => json.skip()?,
            }
            Some(())
        })?;
        let whole = json.peek().is_none();
        Some(Self { report: report.filter(|_| whole)?, error_state, execution, policy })
    }
}

/// JSON that is being read; `NESTED` within a JSON text.
struct Scanner<'a, const NESTED: bool> {
    json: &'a str,
    at: usize,
    depth: usize,
}

/// What stands between two quotes.
struct Quoted<'a> {
    inner: &'a [u8],
    escaped: bool,
}

impl<'a> Scanner<'a, false> {
    /// An object in which no key stands twice.
    fn object_with_new_keys(&mut self, mut member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        let mut keys = Vec::with_capacity(8);
        self.object(|json, key| {
            if keys.contains(&key) {
                return None;
            }
            keys.push(key);
            member(json, key)
        })
    }

    /// A value, not yet read.
    fn raw(&mut self, known: &dyn Fn(&str) -> Option<usize>) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        match known(self.json.get(start..)?) {
            Some(length) => self.at += length,
            None => self.skip()?,
        }
        self.json.get(start..self.at)
    }

    /// Passes over any value.
    fn skip(&mut self) -> Option<()> {
        if self.opens() {
            return self.quoted().map(drop);
        }
        match self.peek()? {
            b'{' => self.object(|json, _| json.skip()),
            b'[' => self.list(Self::skip),
            _ => self.scalar().map(drop),
        }
    }

    /// What a text says; any other value counts as absent.
    fn text(&mut self) -> Option<Option<Cow<'a, str>>> {
        if !self.opens() {
            return self.skip().map(|()| None);
        }
        let quoted = self.quoted()?;
        self.says(quoted).map(Some)
    }

    fn report(&mut self) -> Option<Report<'a>> {
        let (mut error, mut cause, mut task) = (None, None, None);
        self.object_with_new_keys(|json, key| {
            match key {
                b"Error" => error = json.text()?,
                b"Cause" => {
                    task = json.nested_task();
                    if task.is_none() {
                        cause = Some(json.text()??);
                    }
                }
                _ => json.skip()?,
            }
            Some(())
        })?;
        Some(match task {
            Some(task) => Report::Read(Failure { error, ..task }),
            None => Report::Unread { error, cause },
        })
    }

    /// A text that is a task in JSON; stays where it is at anything else.
    fn nested_task(&mut self) -> Option<Failure<'a>> {
        self.peek()?;
        let mut nested = Scanner::<true> { json: self.json, at: self.at + 1, depth: 0 };
        let mut task = Failure::default();
        if !self.rest().starts_with(b"\"{") {
            return None;
        }
        nested.task(Place::Task, &mut task)?;
        (nested.peek()? == b'"').then(|| self.at = nested.at + 1)?;
        Some(task)
    }
}

impl<'a> Scanner<'a, true> {
    /// A value of a task, or the task itself.
    fn task(&mut self, place: Place, failure: &mut Failure<'a>) -> Option<()> {
        if self.opens() {
            let quoted = self.quoted()?;
            if place.takes_text() || quoted.escaped {
                failure.text(place, self.says(quoted)?);
            }
            return Some(());
        }
        match self.peek()? {
            b'{' => {
                failure.object(place);
                let mut last = None;
                self.object(|json, key| {
                    // ECS writes keys in alphabetical order: each is new at one glance.
                    let is_new = last.is_none_or(|last| last < key);
                    last = Some(key);
                    is_new.then_some(())?;
                    json.task(place.member(key), failure)
                })
            }
            b'[' => self.list(|json| json.task(place.element(), failure)),
            _ => {
                let scalar = self.scalar()?;
                if place == Place::ExitCode
                    && let Ok(integer) = scalar.parse()
                {
                    failure.integer(place, integer);
                }
                Some(())
            }
        }
    }
}

impl<'a, const NESTED: bool> Scanner<'a, NESTED> {
    fn rest(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if byte != b' ' && (NESTED || !matches!(byte, b'\n' | b'\r' | b'\t')) {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Passes over a quote, if there is one.
    fn opens(&mut self) -> bool {
        let opens = match self.peek() {
            Some(b'\\') if NESTED => self.rest().get(1) == Some(&b'"'),
            Some(b'"') => !NESTED,
            _ => false,
        };
        self.at += if opens { 1 + usize::from(NESTED) } else { 0 };
        opens
    }

    /// The rest of a text, after its first quote.
    fn quoted(&mut self) -> Option<Quoted<'a>> {
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(self.rest());
            let length = match self.rest() {
                [b'"', ..] if !NESTED => break,
                [b'\\', b'"', ..] if NESTED => break,
                // An escaped backslash, and what it escapes; that may be escaped itself.
                [b'\\', b'\\', b'\\', ..] if NESTED => 4,
                [b'\\', b'\\', ..] if NESTED => 3,
                _ if NESTED => return None,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
                _ => return None,
            };
            self.at += length;
            escaped = true;
        }
        let inner = self.json.as_bytes().get(start..self.at)?;
        self.at += 1 + usize::from(NESTED);
        Some(Quoted { inner, escaped })
    }

    /// What a text says; nothing for one that says nothing in Unicode.
    fn says(&self, Quoted { inner, escaped }: Quoted<'a>) -> Option<Cow<'a, str>> {
        let inner = str::from_utf8(inner).ok()?;
        if !escaped {
            return Some(Cow::Borrowed(inner));
        }
        let unescaped = |inner: &str| serde_json::from_str::<String>(&["\"", inner, "\""].concat()).ok();
        let once = unescaped(inner)?;
        Some(Cow::Owned(if NESTED { unescaped(&once)? } else { once }))
    }

    /// A word, or an integer that is not too long; what follows it shows whether that was all.
    fn scalar(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with(b"-"));
        let length = match rest.get(sign..)? {
            [b'0', ..] => sign + 1,
            digits @ [b'1'..=b'9', ..] => sign + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => ["null", "true", "false"].into_iter().find(|word| rest.starts_with(word.as_bytes()))?.len(),
        };
        let start = self.at;
        self.at += length;
        self.json.get(start..self.at).filter(|_| length <= MAX_SCALAR_BYTES)
    }

    fn list(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.between(b'[', b']', &mut element)
    }

    fn object(&mut self, mut member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.between(b'{', b'}', &mut |json| {
            let key = if json.opens() { json.quoted()? } else { return None };
            if key.escaped || json.peek() != Some(b':') {
                return None;
            }
            json.at += 1;
            member(json, key.inner)
        })
    }

    /// Things with commas between them.
    fn between(&mut self, open: u8, close: u8, each: &mut impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.depth += 1;
        if self.peek() != Some(open) || self.depth > MAX_DEPTH {
            return None;
        }
        self.at += 1;
        if self.peek() != Some(close) {
            loop {
                each(self)?;
                match self.peek()? {
                    byte if byte == close => break,
                    b',' => self.at += 1,
                    _ => return None,
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Some(())
    }
}

/// How many bytes come before the next quote, backslash or control character.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // Subtracting a limit from each of eight bytes sets the high bits of those below it; the first one is exact, and
    // only that one counts. With the bit 2 flipped, quotes are below 0x21 as control characters are, and a space is not.
    let special = |word: u64| {
        let quote_or_control = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
        let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
        (quote_or_control | backslash) & !word & HIGHS
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return 8 * n + usize::try_from(special.trailing_zeros() / 8).unwrap_or_default();
        }
    }
    let rest = rest.iter().take_while(|byte| **byte >= b' ' && **byte != b'"' && **byte != b'\\').count();
    8 * words.len() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Reads an event with this Cause, as the thorough reader reads the Cause; whether it was read where it stands.
    fn agrees(cause: &str) -> Result<bool, TestCaseError> {
        let event =
            json!({"taskError": {"Error": "States.TaskFailed", "Cause": cause}, "errorState": {"type": "NONE"}})
                .to_string();
        let thorough = Failure::read(Some("States.TaskFailed"), Some(cause));
        match OrdinaryEvent::read(&event, &|_| None).map(|event| event.report) {
            Some(Report::Read(failure)) => {
                prop_assert_eq!(failure, thorough);
                Ok(true)
            }
            Some(Report::Unread { error, cause: Some(unread) }) => {
                prop_assert_eq!((error.as_deref(), &*unread), (Some("States.TaskFailed"), cause));
                Ok(false)
            }
            report => Err(TestCaseError::fail(format!("{report:?}"))),
        }
    }

    /// Texts of JSON that mostly are tasks; strict JSON or not.
    fn causes() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "null",
            "true",
            "4",
            "-1",
            "-0",
            "4.0",
            "4e0",
            "1e400",
            "04",
            "4294967296",
            "\"\"",
            "\"app\"",
            "\"4\"",
            r#""a \"b\" c""#,
            r#""\\""#,
            r#""\\\"""#,
            r#""\u00e9\n\/""#,
            r#""\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\x""#,
            "\"a\nb\"",
            "\"é’ \"",
            "\"",
            "tru",
            "",
        ])
        .prop_map(str::to_owned);
        let key = prop::sample::select(vec![
            "Containers",
            "ExitCode",
            "Failures",
            "Reason",
            "Detail",
            "Name",
            "StopCode",
            "StoppedReason",
            "LaunchType",
            "CapacityProviderName",
            "x",
            "",
            "\\u0041",
        ]);
        leaf.prop_recursive(5, 40, 5, move |inner| {
            let members = vec((key.clone(), inner.clone()), 0..5);
            let object = (members, 0..9_u32).prop_map(|(mut members, out_of_order)| {
                if out_of_order > 0 {
                    members.sort_unstable();
                }
                if out_of_order > 1 {
                    members.dedup_by_key(|(key, _)| *key);
                }
                let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            });
            prop_oneof![
                3 => object,
                1 => vec(inner, 0..4).prop_map(|elements| format!("[{}]", elements.join(","))),
            ]
        })
    }

    /// Tasks as ECS writes them.
    fn tasks() -> impl Strategy<Value = Value> {
        let text = || "[ -~]{0,12}|\\PC{0,6}|[a\"\\\\\n\t/é😀]{0,6}";
        let container = (text(), prop::option::of(-1_000_000_000_000..1_000_000_000_000_i64), text(), 0..200_i64)
            .prop_map(|(name, code, reason, small)| json!({"Name": name, "ExitCode": code.filter(|_| small > 150).unwrap_or(small), "Reason": reason}));
        let environment = vec(text().prop_map(|text| json!({"Name": text, "Value": text})), 0..3);
        let failures = vec(text().prop_map(|text| json!({"Arn": "arn", "Detail": text, "Reason": text})), 0..2);
        let names = btree_map(
            prop::sample::select(vec!["StopCode", "StoppedReason", "LaunchType", "CapacityProviderName", "Group"]),
            text(),
            0..5,
        );
        (vec(container, 0..3), environment, failures, names).prop_map(|(containers, environment, failures, names)| {
            let mut task = json!({
                "Containers": containers, "CreatedAt": 1700000000000_i64, "Failures": failures,
                "Overrides": {"ContainerOverrides": [{"Environment": environment}], "InferenceAcceleratorOverrides": []},
                "EnableExecuteCommand": false, "EphemeralStorage": null,
            });
            task.as_object_mut().unwrap().extend(names.into_iter().map(|(key, value)| (key.to_owned(), value.into())));
            task
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_is_an_ordinary_cause(cause in "\\PC{0,40}|[ -~\n]{0,40}") {
            agrees(&cause)?;
        }

        #[test]
        fn causes_are_read_as_the_thorough_reader_reads_them(cause in causes(), blanks in 0..2_usize) {
            agrees(&cause)?;
            agrees(&cause.replace(':', &": ".repeat(blanks)))?;
        }

        #[test]
        fn tasks_are_read_where_they_stand(task in tasks()) {
            prop_assert!(agrees(&task.to_string())?);
        }
    }

    #[test]
    fn plain_bytes_are_counted_to_the_first_special_one() {
        for special in ['"', '\\', '\u{0}', '\n', '\u{1f}'] {
            for before in 0..20 {
                let text = format!(
                    "{}{special}{special}é~\u{7f} {special}",
                    "é !#[]~\u{7f}".chars().cycle().take(before).collect::<String>()
                );
                assert_eq!(Some(plain(text.as_bytes())), text.find(special), "{text:?}");
            }
        }
        assert_eq!(plain("é\u{7f} ~".repeat(5).as_bytes()), 25);
    }
}
