//! The JSON Schema of policies: what an editor can tell of a policy while it is typed.
//!
//! Draft 7, which the editors' TOML plugins speak. What needs a look at several places (names that are used, formulas,
//! delays, reachability) is for `exitwise check`.

use crate::language::keys::{Key, Otherwise, TABLES, Table, Value};
use crate::policy::backoff::MAX_RETRIES;
use crate::policy::formula::MAX_FORMULA_BYTES;
use crate::policy::pattern::MAX_PATTERN_BYTES;
use crate::policy::{DEFAULT_RULE, MAX_RULES, NO_RULE};
use serde_json::{Map, Value as Json, json};

/// Days, hours, minutes and seconds, in this order, each at most once.
const DURATION: &str = "(?:[0-9]+d(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?\
                        |[0-9]+h(?:[0-9]+m)?(?:[0-9]+s)?|[0-9]+m(?:[0-9]+s)?|[0-9]+s)";

/// The schema, as `policies/schema.json` has it.
pub fn schema() -> Json {
    let mut tables = TABLES.iter().map(|table| (table.name, object(table)));
    let mut schema = tables.next().map_or(Json::Null, |(_, policy)| policy);
    let definitions: Map<_, _> = tables
        .map(|(name, table)| (name.to_owned(), table))
        .collect();
    if let Json::Object(schema) = &mut schema {
        schema.insert(
            "$schema".into(),
            "http://json-schema.org/draft-07/schema#".into(),
        );
        schema.insert("title".into(), "exitwise policy".into());
        schema.insert("definitions".into(), Json::Object(definitions));
    }
    schema
}

/// A table with its keys, and what they mean together.
fn object(table: &Table) -> Json {
    let properties: Map<_, _> = table
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<_> = table
        .keys
        .iter()
        .filter(|key| key.otherwise == Otherwise::Required)
        .map(|key| key.name)
        .collect();
    let mut object = json!({
        "type": "object",
        "description": table.meaning,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let (Json::Object(object), Json::Object(more)) = (&mut object, together(table)) {
        object.extend(more);
    }
    object
}

/// What the keys of a table may not do together.
fn together(table: &Table) -> Json {
    let is =
        |key: &str, value: Json| json!({"properties": {key: {"const": value}}, "required": [key]});
    let one_of = |others: &[&str]| {
        let names = table
            .keys
            .iter()
            .map(|key| key.name)
            .filter(|name| !others.contains(name));
        names
            .map(|name| json!({"required": [name]}))
            .collect::<Vec<_>>()
    };
    match table.name {
        "rule" | "default" => json!({"allOf": [
            {"if": is("type", "FATAL".into()), "then": {"properties": {"backoff": false, "max_retries": false, "counts": false}}},
            {"if": is("type", "RETRIABLE".into()), "then": {"properties": {"backoff": false}}},
            {"if": is("type", "TEMPORARY".into()), "then": {"required": ["backoff"]}},
            {"if": is("counts", false.into()), "then": {"required": ["max_retries"]}},
        ]}),
        "when" => json!({"anyOf": one_of(&["container"])}),
        "backoff" => json!({"oneOf": one_of(&["cap", "jitter"])}),
        "failure" => json!({
            "minProperties": 1,
            "if": {"required": ["file"]},
            "then": {"maxProperties": 1},
        }),
        "expectation" => json!({"minProperties": 1}),
        _ => json!({}),
    }
}

/// What a key takes, with what an editor shows of it.
fn property(key: &Key) -> Json {
    let otherwise = match key.otherwise {
        Otherwise::Required => String::new(),
        Otherwise::Is(what) => format!("\nLeft out: {what}."),
    };
    let mut property = value(key.value);
    if let Json::Object(property) = &mut property {
        // Beside a `$ref`, draft 7 reads nothing else.
        if let Some(reference) = property.remove("$ref") {
            property.insert("allOf".into(), json!([{"$ref": reference}]));
        }
        property.insert(
            "description".into(),
            format!("{}{otherwise}\nExample: {}", key.meaning, key.example).into(),
        );
    }
    property
}

fn value(value: Value) -> Json {
    let text = |pattern: &str| json!({"type": "string", "pattern": format!("^(?:{pattern})$")});
    let table = |name: &str| json!({"$ref": format!("#/definitions/{name}")});
    let list = |item: &Json| json!({"type": "array", "items": item, "minItems": 1});
    let one_or_more = |item: Json| json!({"anyOf": [item, list(&item)]});
    let duration = || text(DURATION);
    let name = || json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$", "not": {"enum": [DEFAULT_RULE, NO_RULE]}});
    let code = || json!({"type": "integer", "minimum": i32::MIN, "maximum": u32::MAX});
    let answer = || {
        text(&format!(
            "RETRIABLE|FATAL|TEMPORARY(?: {DURATION}(?:\\.\\.={DURATION})?)?"
        ))
    };
    match value {
        Value::Version => json!({"const": 1}),
        Value::Text => json!({"type": "string", "minLength": 1}),
        Value::Container => text("[A-Za-z0-9_-]{1,255}"),
        Value::Name => name(),
        Value::Flag => json!({"type": "boolean"}),
        Value::Retries(least) => {
            json!({"type": "integer", "minimum": least, "maximum": MAX_RETRIES})
        }
        Value::Runs => json!({"type": "integer", "minimum": 1, "maximum": MAX_RETRIES + 1}),
        Value::Duration => duration(),
        Value::Durations => list(&duration()),
        Value::Factor => json!({"type": "number", "minimum": 1}),
        Value::Formula => json!({"type": "string", "minLength": 1, "maxLength": MAX_FORMULA_BYTES}),
        Value::Word(words) => json!({"enum": words}),
        Value::Names => one_or_more(text("[^*]+")),
        Value::ErrorNames => one_or_more(text("[^*]+|[^*]*\\*")),
        Value::ExitCodes => one_or_more(
            json!({"anyOf": [code(), text("[A-Za-z_][A-Za-z0-9_]{0,63}|-?[0-9]+ *\\.\\.= *-?[0-9]+")]}),
        ),
        Value::ExitCode => json!({"anyOf": [code(), text("[A-Za-z_][A-Za-z0-9_]{0,63}")]}),
        Value::Patterns => {
            one_or_more(json!({"type": "string", "minLength": 1, "maxLength": MAX_PATTERN_BYTES}))
        }
        Value::CodeNames => json!({
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$", "not": {"const": "absent"}},
            "additionalProperties": code(),
        }),
        Value::Section(name) => table(name),
        Value::Sections("rule") => {
            json!({"type": "array", "items": table("rule"), "maxItems": MAX_RULES})
        }
        Value::Sections(name) => json!({"type": "array", "items": table(name)}),
        Value::Named(table_name) => json!({
            "type": "object",
            "propertyNames": name(),
            "additionalProperties": table(table_name),
        }),
        Value::Backoff => json!({"anyOf": [name(), table("backoff")]}),
        Value::Failures => {
            one_or_more(json!({"anyOf": [self::value(Value::ExitCode), table("failure")]}))
        }
        Value::Expectations => one_or_more(json!({"anyOf": [answer(), table("expectation")]})),
        Value::Answer => answer(),
    }
}
