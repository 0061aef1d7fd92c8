//! Writes the documents of ECS and Batch as Step Functions writes them into a Cause.

use crate::json::{Json, Members, compare};
use crate::moment::Moment;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::borrow::Cow;

/// The members of a task or a job that are different each time. Of these, rules see only how long it ran.
const VARYING: [&str; 9] = [
    "cpu",
    "group",
    "jobId",
    "memory",
    "name",
    "startedAt",
    "stoppedAt",
    "taskArn",
    "time",
];

/// Returns the Cause with which Step Functions reports this task or job: keys in Pascal case, times in
/// milliseconds since 1970. Also returns the length of its first part, which equals that of other
/// failures of which rules see the same, except how long they ran.
///
/// It has only what [`Json`] kept, so it has no secrets.
pub(crate) fn cause_of(document: &Members<'_>) -> (String, usize) {
    let (varying, facts): (Vec<_>, Vec<_>) = document
        .0
        .iter()
        .partition(|(key, _)| VARYING.iter().any(|it| compare(it, key).is_eq()));
    let mut cause = serde_json::to_string(&AsCause(&facts)).unwrap_or_default();
    let rest = serde_json::to_string(&AsCause(&varying)).unwrap_or_default();
    let length = cause.len();
    if let (false, Some(rest)) = (varying.is_empty(), rest.strip_prefix('{')) {
        cause.pop();
        if !facts.is_empty() {
            cause.push(',');
        }
        cause.push_str(rest);
    }
    (cause, length.saturating_sub(1))
}

struct AsCause<'j, 'a>(&'j [&'j (Cow<'a, str>, Json<'a>)]);

impl Serialize for AsCause<'_, '_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        for (key, value) in self.0 {
            let mut pascal = key.to_string();
            if let Some(first) = pascal.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            map.serialize_key(&pascal)?;
            match Moment::read(value).filter(|_| pascal.ends_with("edAt")) {
                Some(Moment(time)) => map.serialize_value(&time)?,
                None => map.serialize_value(&Value(value))?,
            }
        }
        map.end()
    }
}

struct Value<'j, 'a>(&'j Json<'a>);

impl Serialize for Value<'_, '_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Text(text) => out.serialize_str(text),
            Json::Number(number) => {
                #[expect(clippy::cast_possible_truncation, reason = "compared afterwards")]
                let whole = *number as i64;
                #[expect(clippy::cast_precision_loss, reason = "compared")]
                match whole as f64 == *number {
                    true => out.serialize_i64(whole),
                    false => out.serialize_f64(*number),
                }
            }
            Json::List(list) => {
                let mut all = out.serialize_seq(Some(list.len()))?;
                for value in list {
                    all.serialize_element(&Value(value))?;
                }
                all.end()
            }
            Json::Object(members) => AsCause(&members.0.iter().collect::<Vec<_>>()).serialize(out),
            Json::Other => out.serialize_unit(),
        }
    }
}
