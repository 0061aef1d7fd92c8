//! Writes the documents of ECS and Batch as Step Functions writes them into a Cause.

use crate::json::{Json, Members};
use crate::moment::Moment;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Returns the Cause with which Step Functions reports this task or job: keys in Pascal case, times in
/// milliseconds since 1970.
///
/// It has only what [`Json`] kept, so it has no secrets.
pub(crate) fn cause_of(document: &Members<'_>) -> String {
    serde_json::to_string(&AsCause(document)).unwrap_or_default()
}

struct AsCause<'j, 'a>(&'j Members<'a>);

impl Serialize for AsCause<'_, '_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        for (key, value) in &self.0.0 {
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
            Json::Object(members) => AsCause(members).serialize(out),
            Json::Other => out.serialize_unit(),
        }
    }
}
