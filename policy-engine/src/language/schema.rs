//! The JSON Schema of policies, with which editors complete and check a policy as it is typed.
//!
//! It uses draft 7, which the editors' TOML plugins support. Problems that involve several parts of
//! a policy (unknown names, formulas, delays, reachability) are left to `exitwise check`.

use super::amounts::{MAX_CPU, MIN_CPU};
use super::formula::MAX_FORMULA_BYTES;
use super::keys::{KeySpec, Presence, TABLES, TableSpec, ValueSpec};
use super::pattern::MAX_PATTERN_BYTES;
use crate::decision::NO_RULE;
use crate::policy::{DEFAULT_RULE, MAX_RETRIES, MAX_RULES};
use serde_json::{Map, Value as Json, json};

/// Pattern of a duration: days, hours, minutes and seconds, in this order, each at most once.
const DURATION: &str = "(?:[0-9]+d(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?\
                        |[0-9]+h(?:[0-9]+m)?(?:[0-9]+s)?|[0-9]+m(?:[0-9]+s)?|[0-9]+s)";

/// Returns the JSON Schema of policies. `policies/schema.json` has the same content.
///
/// # Examples
///
/// ```
/// let schema = exitwise_engine::language::schema();
/// assert_eq!(schema["properties"]["version"]["const"], 1);
/// ```
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
    // Another crate can make serde_json keep the order of keys.
    schema.sort_all_objects();
    schema
}

/// Returns the schema of a table.
fn object(table: &TableSpec) -> Json {
    let properties: Map<_, _> = table
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<_> = table
        .keys
        .iter()
        .filter(|key| key.presence == Presence::Required)
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

/// Returns the constraints between several keys of a table.
fn together(table: &TableSpec) -> Json {
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
            {"if": {"properties": {"type": {"enum": ["FATAL", "SUCCESS"]}}, "required": ["type"]}, "then": {"properties": {"backoff": false, "max_retries": false, "counts": false, "next": false}}},
            {"if": {"properties": {"type": {"not": {"const": "SUCCESS"}}}, "required": ["type"]}, "then": {"properties": {"outcome": false}}},
            {"if": is("type", "SUCCESS".into()), "then": {"properties": {"when": {"required": ["exit_code"]}}}},
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
        "expectation" | "run" => json!({"minProperties": 1}),
        "next" => json!({"minProperties": 1, "dependencies": {"after": ["capacity"]}}),
        _ => json!({}),
    }
}

/// Returns the schema of a key, with the description that editors show.
fn property(key: &KeySpec) -> Json {
    let if_omitted = match key.presence {
        Presence::Required => String::new(),
        Presence::Optional(what) => format!("\nIf omitted: {what}."),
    };
    let mut property = value_schema(key.value);
    if let Json::Object(property) = &mut property {
        // In draft 7, all other keywords next to a `$ref` are ignored, so the `$ref` is put into an
        // `allOf`.
        if let Some(reference) = property.remove("$ref") {
            property.insert("allOf".into(), json!([{"$ref": reference}]));
        }
        property.insert(
            "description".into(),
            format!("{}{if_omitted}\nExample: {}", key.meaning, key.example).into(),
        );
    }
    property
}

fn value_schema(value: ValueSpec) -> Json {
    let text = |pattern: &str| json!({"type": "string", "pattern": format!("^(?:{pattern})$")});
    let table = |name: &str| json!({"$ref": format!("#/definitions/{name}")});
    let list = |item: &Json| json!({"type": "array", "items": item, "minItems": 1});
    let one_or_more = |item: Json| json!({"anyOf": [item, list(&item)]});
    let duration = || text(DURATION);
    let name = || json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$", "not": {"enum": [DEFAULT_RULE, NO_RULE]}});
    let code = || json!({"type": "integer", "minimum": i32::MIN, "maximum": u32::MAX});
    let code_or_range = || json!({"anyOf": [code(), text("[A-Za-z_][A-Za-z0-9_]{0,63}|\\s*[+-]?[0-9]+\\s*\\.\\.=\\s*[+-]?[0-9]+\\s*")]});
    let type_and_wait = || {
        text(&format!(
            "RETRIABLE|FATAL|SUCCESS|TEMPORARY(?: \\s*{DURATION}\\s*(?:\\.\\.=\\s*{DURATION}\\s*)?)?"
        ))
    };
    match value {
        ValueSpec::Version => json!({"const": 1}),
        ValueSpec::Text => json!({"type": "string", "minLength": 1}),
        ValueSpec::Container => text("[A-Za-z0-9_-]{1,255}"),
        ValueSpec::Name => name(),
        ValueSpec::Flag => json!({"type": "boolean"}),
        ValueSpec::Retries(min) => {
            json!({"type": "integer", "minimum": min, "maximum": MAX_RETRIES})
        }
        ValueSpec::Runs => json!({"type": "integer", "minimum": 1, "maximum": MAX_RETRIES + 1}),
        ValueSpec::Duration => duration(),
        ValueSpec::Durations => list(&duration()),
        ValueSpec::Factor => json!({"type": "number", "minimum": 1}),
        ValueSpec::Formula => {
            json!({"type": "string", "minLength": 1, "maxLength": MAX_FORMULA_BYTES})
        }
        ValueSpec::RunTime => duration(),
        ValueSpec::Cpu => json!({"type": "integer", "minimum": MIN_CPU, "maximum": MAX_CPU}),
        ValueSpec::Memory => text("0*[1-9][0-9]*(?:GB|MB)"),
        ValueSpec::ProviderName => text("[A-Za-z0-9_-]{1,255}"),
        ValueSpec::Providers => json!({
            "type": "array",
            "items": value_schema(ValueSpec::ProviderName),
            "minItems": 1,
            "uniqueItems": true,
        }),
        ValueSpec::Amount => json!({"type": "number", "minimum": 0}),
        ValueSpec::Word(words) => json!({"enum": words}),
        ValueSpec::Names => one_or_more(text("[^*]+")),
        ValueSpec::ErrorNames => one_or_more(text("[^*]+|[^*]*\\*")),
        ValueSpec::ExitCodes => one_or_more(code_or_range()),
        ValueSpec::OtherExitCodes => one_or_more(code_or_range()),
        ValueSpec::TimeRanges => one_or_more(text(&format!(
            "{DURATION}\\s*\\.\\.(?:\\s*{DURATION})?|\\.\\.\\s*{DURATION}"
        ))),
        ValueSpec::Containers => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,255}$"},
            "additionalProperties": value_schema(ValueSpec::ExitCode),
        }),
        ValueSpec::ExitCode => json!({"anyOf": [code(), text("[A-Za-z_][A-Za-z0-9_]{0,63}")]}),
        ValueSpec::Patterns => {
            one_or_more(json!({"type": "string", "minLength": 1, "maxLength": MAX_PATTERN_BYTES}))
        }
        ValueSpec::CodeNames => json!({
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$", "not": {"const": "absent"}},
            "additionalProperties": value_schema(ValueSpec::OtherExitCodes),
        }),
        ValueSpec::Section(name) => table(name),
        ValueSpec::Sections("rule") => {
            json!({"type": "array", "items": table("rule"), "maxItems": MAX_RULES})
        }
        ValueSpec::Sections(name) => json!({"type": "array", "items": table(name)}),
        ValueSpec::Named(table_name) => json!({
            "type": "object",
            "propertyNames": name(),
            "additionalProperties": table(table_name),
        }),
        ValueSpec::Backoff => json!({"anyOf": [name(), table("backoff")]}),
        ValueSpec::Failures => {
            one_or_more(json!({"anyOf": [value_schema(ValueSpec::ExitCode), table("failure")]}))
        }
        ValueSpec::Expectations => {
            one_or_more(json!({"anyOf": [type_and_wait(), table("expectation")]}))
        }
        ValueSpec::TypeAndWait => type_and_wait(),
    }
}
