//! The values that AWS is known to report, by the key that matches them.

use crate::failure::{ERROR_NAMES, FARGATE_PROVIDERS, LAUNCH_TYPES, STOP_CODES, sdk_error_name};

/// Returns the values of a key of `when` that AWS is known to report, for editors to offer. AWS adds
/// values over time, and policies can name others. Empty if none are known, or if there is no such key.
///
/// # Examples
///
/// ```
/// use exitwise_engine::language::known_values;
///
/// assert!(known_values("stop_code").contains(&"SpotInterruption".to_owned()));
/// assert!(known_values("error").contains(&"Ecs.ServerException".to_owned()));
/// assert!(known_values("exit_code").is_empty());
/// ```
pub fn known_values(key: &str) -> Vec<String> {
    let names: &[&str] = match key {
        "error" => &ERROR_NAMES,
        "stop_code" => &STOP_CODES,
        "launch_type" => &LAUNCH_TYPES,
        "capacity_provider" => &FARGATE_PROVIDERS,
        _ => &[],
    };
    let sdk_names = names.iter().filter_map(|name| sdk_error_name(name));
    names
        .iter()
        .map(|name| (*name).to_owned())
        .chain(sdk_names)
        .collect()
}
