//! Reads an ordinary event in one pass. The task in it is JSON within a JSON text, and is read where it stands, with its
//! quotes escaped: unescaping it first would cost more than all the rest.
//!
//! Whatever is out of the ordinary, right or wrong, is left to thorough readers: that of the Cause (`cause.rs`), and the
//! caller's of the event. Property tests hold them against each other.

mod scanner;

use crate::failure::Failure;
use crate::task::Place;
use scanner::Scanner;
use std::borrow::Cow;

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
        let mut json = Scanner::<false>::new(json, 0);
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
        let mut nested = Scanner::<true>::new(self.json, self.at + 1);
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

#[cfg(test)]
mod tests {
    use super::scanner::{MAX_DEPTH, MAX_SCALAR_BYTES};
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

    const KEYS: [&str; 9] =
        ["taskError", "taskError", "errorState", "execution", "policy", "x", "", "\\u0041", "task\\u0045rror"];

    /// Texts of JSON that mostly are a `taskError`.
    fn reports() -> impl Strategy<Value = String> {
        let text = prop_oneof![causes(), "[a-z \"\\\\]{0,4}"].prop_map(|text| Value::from(text).to_string());
        let member =
            (prop::sample::select(vec!["Error", "Cause", "Cause", "x"]), prop_oneof![3 => text, 1 => causes()]);
        vec(member, 0..3).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}}}", members.join(", "))
        })
    }

    proptest! {
        #![proptest_config(testkit::cases(2_000))]

        #[test]
        fn any_text_is_an_ordinary_cause(cause in "\\PC{0,40}|[ -~\n]{0,40}") {
            agrees(&cause)?;
        }

        #[test]
        fn causes_are_read_as_the_thorough_reader_reads_them(cause in causes(), blanks in 0..2_usize) {
            agrees(&cause)?;
            agrees(&cause.replace(':', &": ".repeat(blanks)))?;
        }

        /// With members in any order, good or bad ones.
        #[test]
        fn events_are_read_as_the_library_reads_them(
            members in vec((prop::sample::select(KEYS.to_vec()), prop_oneof![reports(), causes()]), 0..5),
            gap in "[ \n\t\r]{0,2}",
            end in prop::sample::select(vec!["}", "} ", "}x", "}}", "", ",}"]),
        ) {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("{gap}\"{key}\"{gap}:{gap}{value}{gap}")).collect();
            // The library's values have no half of a pair, even where nobody reads it; its and our readers pass over it.
            let text = format!("{{{}{end}", members.join(",")).replace(r#""\ud83d""#, "0");
            if let Some(event) = OrdinaryEvent::read(&text, &|_| None) {
                let library: Value = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
                let read = |json: Option<&str>| json.map(|json| serde_json::from_str::<Value>(json).unwrap());
                for (key, json) in [("errorState", event.error_state), ("execution", event.execution), ("policy", event.policy)] {
                    prop_assert_eq!(read(json), library.get(key).cloned(), "{}", text);
                }
                let report = &library["taskError"];
                let thorough = Failure::read(report["Error"].as_str(), report["Cause"].as_str());
                prop_assert_eq!(event.report.failure().into_owned(), thorough, "{}", text);
            }
        }

        #[test]
        fn tasks_are_read_where_they_stand(task in tasks()) {
            prop_assert!(agrees(&task.to_string())?);
        }
    }

    const WHOLE: &str = concat!(
        r#" {"x": [0, -1, {"a": [], "b": {}}, "\u00e9\\", true, false, null], "errorState": {"n": [ 1 , 2 ]} ,"#,
        r#""taskError": {"Error": "E", "y": {"z": "}"}, "Cause": "no \"task\""}, "policy": "a\n" , "execution": {"id": "x"}} "#,
    );

    #[test]
    fn an_ordinary_event_is_read_whole() {
        let event = OrdinaryEvent::read(WHOLE, &|_| None).unwrap();
        assert_eq!(event.error_state, Some(r#"{"n": [ 1 , 2 ]}"#));
        assert_eq!((event.policy, event.execution), (Some(r#""a\n""#), Some(r#"{"id": "x"}"#)));
        let Report::Unread { error, cause } = event.report else { panic!("no task") };
        assert_eq!((error.as_deref(), cause.as_deref()), (Some("E"), Some("no \"task\"")));
        let nothing = OrdinaryEvent::read(r#"{"taskError": {"Error": 1}}"#, &|_| None).unwrap();
        assert!(matches!(nothing.report, Report::Unread { error: None, cause: None }));
        assert_eq!((nothing.error_state, nothing.policy, nothing.execution), (None, None, None));
        for cut in 1..WHOLE.trim_end().len() {
            assert!(OrdinaryEvent::read(WHOLE.get(..cut).unwrap(), &|_| None).is_none(), "{cut}");
        }
    }

    #[test]
    fn a_known_policy_is_not_read_again() {
        // What is no JSON text is not looked at where its length is known.
        let event = WHOLE.replace(r#""a\n""#, "<known>");
        let known = |text: &str| text.starts_with("<known> ").then_some("<known>".len());
        assert_eq!(OrdinaryEvent::read(&event, &known).unwrap().policy, Some("<known>"));
        assert!(OrdinaryEvent::read(&event, &|_| None).is_none());
        assert!(OrdinaryEvent::read(&event.replace("policy", "execution"), &known).is_none());
    }

    #[test]
    fn what_is_rare_is_left_to_thorough_readers() {
        let reads = |x: &str| OrdinaryEvent::read(&format!(r#"{{"taskError": {{}}, "x": {x}}}"#), &|_| None).is_some();
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(reads(&deep(MAX_DEPTH - 1)) && !reads(&deep(MAX_DEPTH)));
        // What was closed again is not deep.
        assert!(reads(&format!("[{}[]]", "[],".repeat(MAX_DEPTH))));
        let digits = |count: usize| "9".repeat(count);
        assert!(reads(&digits(MAX_SCALAR_BYTES)) && !reads(&digits(MAX_SCALAR_BYTES + 1)));
        assert!(
            reads(&format!("-{}", digits(MAX_SCALAR_BYTES - 1))) && !reads(&format!("-{}", digits(MAX_SCALAR_BYTES)))
        );
        let rare = r#"1.0|1e3|01|-|-01|truE|nul|"\x"|"\u00g0"||1 2|[1,]|[,1]|{1:2}|{"a" 1}|{"\n":1}|\""|"#.to_owned()
            + "\"\n\"";
        for rare in rare.split('|') {
            assert!(!reads(rare), "{rare}");
        }
    }

    #[test]
    fn what_is_no_json_is_no_event() {
        for text in [
            r#"{"taskError":{}} {}"#,
            r#"["taskError",{}]"#,
            r#"{"taskError":{"Cause":"{\"StopCode\":\"a",}"}}"#,
            r#"{"taskError":{"Cause":"{\"StopCode\":\"a\"}}}"#,
            r#"{"taskError":{},"x":"\\\q"}"#,
        ] {
            assert!(OrdinaryEvent::read(text, &|_| None).is_none(), "{text}");
        }
    }

    #[test]
    fn tasks_out_of_the_ordinary_are_left_to_the_thorough_reader() {
        for (task, ordinary) in [
            (r#"{"StopCode":"a","StoppedReason":"b"}"#, true),
            (r#" {"StopCode":"a"}"#, false),
            (r#"{"StoppedReason":"b","StopCode":"a"}"#, false),
            (r#"{"StopCode":"a","StopCode":"a"}"#, false),
            (r#"{"StopCode":"a"} "#, true),
            (r#"{"StopCode":"a"}}"#, false),
            ("{\"StopCode\":\n\"a\"}", false),
        ] {
            assert_eq!(agrees(task).unwrap(), ordinary, "{task}");
        }
    }
}
