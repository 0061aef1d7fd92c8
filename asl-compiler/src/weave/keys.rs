//! The keys of a Task state, and where weaving moves them.

use crate::states::Language;

/// Where weaving moves a key of a Task state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyPlace {
    /// It stays with the call.
    Call,
    /// It goes to the Parallel as it is.
    Outside,
    /// It says what becomes of the result.
    Result,
    /// The policy takes its place.
    Retry,
}

/// Returns where a key of a Task state belongs. `None` if Task states in this language have no such
/// key.
///
/// Source: Amazon States Language, "Task State", and Step Functions Developer Guide, "Task workflow
/// state".
pub(super) fn place_of(key: &str, language: Language) -> Option<KeyPlace> {
    let is_jsonata = language == Language::Jsonata;
    Some(match key {
        "Type" | "Comment" | "QueryLanguage" | "Resource" | "TimeoutSeconds"
        | "HeartbeatSeconds" | "Credentials" => KeyPlace::Call,
        "Arguments" if is_jsonata => KeyPlace::Call,
        "Parameters"
        | "InputPath"
        | "ResultSelector"
        | "TimeoutSecondsPath"
        | "HeartbeatSecondsPath"
            if !is_jsonata =>
        {
            KeyPlace::Call
        }
        "Next" | "End" | "Catch" => KeyPlace::Outside,
        "Assign" => KeyPlace::Result,
        "Output" if is_jsonata => KeyPlace::Result,
        "ResultPath" | "OutputPath" if !is_jsonata => KeyPlace::Result,
        "Retry" => KeyPlace::Retry,
        _ => return None,
    })
}

/// Returns the key that has what a Task state sends.
pub(super) const fn arguments_key(language: Language) -> &'static str {
    match language {
        Language::JsonPath => "Parameters",
        Language::Jsonata => "Arguments",
    }
}
