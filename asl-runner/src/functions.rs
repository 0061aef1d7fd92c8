//! The functions that Step Functions adds to JSONata, and those that must not be random here.

use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::cell::Cell;
use std::fmt::{self, Write};
use std::rc::Rc;
use time::OffsetDateTime;

/// Maximum number of items that `$range` returns. Not a limit of AWS, which limits memory instead.
const MAX_RANGE_ITEMS: f64 = 100_000.0;

/// The result of a function.
type Outcome = Result<JValue, EvaluatorError>;

/// A source of numbers that look random. They depend on the execution's ID and on how many were
/// drawn before, so that every run of an execution draws the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    id: Rc<str>,
    count: Rc<Cell<u64>>,
}

impl Draws {
    pub(crate) fn of_execution(id: &str) -> Self {
        Self {
            id: id.into(),
            count: Rc::default(),
        }
    }

    fn next(&self) -> [u8; 16] {
        self.count.set(self.count.get() + 1);
        let digest = Sha256::digest(format!("{}/{}", self.id, self.count.get()));
        let mut bytes = [0; 16];
        bytes
            .iter_mut()
            .zip(digest)
            .for_each(|(byte, drawn)| *byte = drawn);
        bytes
    }
}

/// Adds a function to an evaluator if it is one of those in this module. The time is `now`.
///
/// Source: Step Functions Developer Guide, "Transforming data with JSONata", "JSONata functions
/// provided by Step Functions".
pub(crate) fn add(name: &str, evaluator: &mut Evaluator, now: OffsetDateTime, draws: &Draws) {
    let draws = draws.clone();
    // Registering fails only for functions that cannot be replaced; none of these is one.
    let _ = match name {
        "parse" => evaluator.register_fn(name, parse),
        "hash" => evaluator.register_fn(name, hash),
        "partition" => evaluator.register_fn(name, partition),
        "range" => evaluator.register_fn(name, range),
        "uuid" => evaluator.register_fn(name, move |_: &[JValue]| Ok(uuid(draws.next()).into())),
        "random" => evaluator
            .register_fn_override(name, move |arguments: &[JValue]| random(arguments, &draws)),
        "millis" => evaluator.register_fn_override(name, move |_: &[JValue]| {
            let millis = now.unix_timestamp_nanos().div_euclid(1_000_000);
            Ok(JValue::from(i64::try_from(millis).unwrap_or_default()))
        }),
        "now" => {
            evaluator.register_fn_override(name, move |arguments: &[JValue]| match arguments {
                [] => Ok(JValue::from(crate::history::rfc3339(now))),
                _ => Err(failure("`$now` is supported without arguments only")),
            })
        }
        _ => Ok(()),
    };
}

fn failure(why: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(why.into())
}

/// `$parse(json)`. Refuses a repeated key, as Step Functions does.
fn parse(arguments: &[JValue]) -> Outcome {
    match arguments {
        [JValue::Undefined] => Ok(JValue::Undefined),
        [JValue::String(json)] => serde_json::from_str::<StrictJson>(json)
            .map(|json| json.0)
            .map_err(|error| failure(format!("`$parse`: {error}"))),
        _ => Err(failure("`$parse` needs one string")),
    }
}

/// `$hash(text, algorithm)`.
fn hash(arguments: &[JValue]) -> Outcome {
    let [JValue::String(text), JValue::String(algorithm)] = arguments else {
        return Err(failure(
            "`$hash` needs a string and the name of an algorithm",
        ));
    };
    let hex = |digest: &[u8]| {
        digest.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    match algorithm.as_ref() {
        "SHA-256" => Ok(hex(&Sha256::digest(text.as_bytes())).into()),
        "SHA-384" => Ok(hex(&Sha384::digest(text.as_bytes())).into()),
        "SHA-512" => Ok(hex(&Sha512::digest(text.as_bytes())).into()),
        known @ ("MD5" | "SHA-1") => Err(failure(format!(
            "this runner does not support `$hash` with {known}, only with SHA-256, SHA-384 and SHA-512"
        ))),
        other => Err(failure(format!(
            "`$hash` does not have the algorithm {other}, only MD5, SHA-1, SHA-256, SHA-384 and SHA-512"
        ))),
    }
}

/// `$partition(array, size)`: an array of arrays of at most `size` items, nothing if there are none.
fn partition(arguments: &[JValue]) -> Outcome {
    let [JValue::Array(items), JValue::Number(size)] = arguments else {
        return Err(failure("`$partition` needs an array and a size"));
    };
    let size = JValue::Number(size.trunc()).as_i64();
    let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
        return Err(failure("the size of `$partition` must not be negative"));
    };
    if size == 0 || items.is_empty() {
        return Ok(JValue::Undefined);
    }
    let parts = items.chunks(size).map(|part| JValue::array(part.to_vec()));
    Ok(JValue::array(parts.collect()))
}

/// `$range(first, last, step)`: the numbers from `first` to `last`, both included. One number is
/// returned as itself, none as nothing.
fn range(arguments: &[JValue]) -> Outcome {
    let [
        JValue::Number(first),
        JValue::Number(last),
        JValue::Number(step),
    ] = arguments
    else {
        return Err(failure("`$range` needs three numbers"));
    };
    let steps = ((last - first) / step).floor();
    if *step == 0.0 || !steps.is_finite() || steps >= MAX_RANGE_ITEMS {
        return Err(failure(
            "the step of `$range` is 0, or it has too many items",
        ));
    }
    let numbers = std::iter::successors(Some(0.0), |n| Some(n + 1.0));
    let numbers = numbers.take_while(|n| *n <= steps);
    let mut numbers = numbers.map(|n: f64| JValue::Number(first + n * step));
    Ok(match (numbers.next(), numbers.next()) {
        (None, _) => JValue::Undefined,
        (Some(only), None) => only,
        (Some(first), Some(second)) => {
            JValue::array([first, second].into_iter().chain(numbers).collect())
        }
    })
}

/// Formats a UUID of version 4.
fn uuid(drawn: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(drawn);
    let bits = bits & !(0xf << 76) | 0x4 << 76;
    let bits = bits & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let mut text = String::new();
    for (index, digit) in hex.chars().enumerate() {
        if [8, 12, 16, 20].contains(&index) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// `$random()` or `$random(seed)`, at least 0 and less than 1.
///
/// With a seed, Step Functions returns the first number of Java's `java.util.Random`. AWS does not
/// document this.
fn random(arguments: &[JValue], draws: &Draws) -> Outcome {
    const BITS: u32 = 53;
    let drawn = match arguments {
        [] => u128::from_be_bytes(draws.next()) >> (128 - BITS),
        [seed] => {
            let seed = seed
                .as_i64()
                .ok_or_else(|| failure("the seed must be an integer"))?;
            let mask = (1_u64 << 48) - 1;
            let mut state = (seed.cast_unsigned() ^ 0x5_DEEC_E66D) & mask;
            let mut next = |bits: u32| {
                state = state.wrapping_mul(0x5_DEEC_E66D).wrapping_add(0xB) & mask;
                u128::from(state >> (48 - bits))
            };
            (next(26) << 27) + next(27)
        }
        _ => return Err(failure("`$random` takes one seed at most")),
    };
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit into a double")]
    Ok(JValue::Number(drawn as f64 / (1_u64 << BITS) as f64))
}

/// JSON without repeated keys.
struct StrictJson(JValue);

impl<'de> Deserialize<'de> for StrictJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = StrictJson;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<StrictJson, E> {
        Ok(StrictJson(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<StrictJson, E> {
        Ok(StrictJson(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<StrictJson, E> {
        Ok(StrictJson(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<StrictJson, E> {
        Ok(StrictJson(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<StrictJson, E> {
        Ok(StrictJson(value.into()))
    }

    fn visit_unit<E>(self) -> Result<StrictJson, E> {
        Ok(StrictJson(JValue::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<StrictJson, A::Error> {
        let mut items = Vec::new();
        while let Some(StrictJson(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(StrictJson(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<StrictJson, A::Error> {
        let mut fields = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        while let Some((name, StrictJson(value))) = access.next_entry::<String, _>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("the key `{name}` is repeated")));
            }
            fields.push((name, value));
        }
        Ok(StrictJson(JValue::object(fields.into_iter().collect())))
    }
}
