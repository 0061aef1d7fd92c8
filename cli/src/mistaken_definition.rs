//! A state machine that somebody named in the place of a policy.

use crate::input::{is_standard, read, with_slashes};
use exitwise_asl_compiler::woven_marks;
use exitwise_engine::diagnostic::{Code, Diagnostic};
use exitwise_engine::policy::MAX_POLICY_BYTES;
use exitwise_reports::layout::one_line;
use std::env;
use std::path::Path;

/// Returns the problem of a file that is a state machine and not a policy, with the command to type
/// instead. `None` if it is not a state machine. `text` is what was read of the file.
pub(crate) fn problem(path: &Path, text: &str) -> Option<Diagnostic> {
    let at = start(text)?;
    let policies = match text.len() > MAX_POLICY_BYTES && !is_standard(path) {
        true => policies_of(path)?,
        false => policies_in(text)?,
    };
    let help = match policies.as_slice() {
        [] => format!(
            "a policy is TOML; to put one into this state machine: exitwise compile {} --policy POLICY.toml",
            shell_words::quote(&with_slashes(path))
        ),
        [policy, ..] => {
            let quoted: Vec<_> = policies.iter().map(|name| format!("`{name}`")).collect();
            let quoted = quoted.join(" and ");
            format!(
                "it was compiled from {quoted}: {}",
                command_with(policy, path)
            )
        }
    };
    let problem = "this is a state machine, not a policy";
    let problem = Diagnostic::new(Code::Syntax, at..at + 1, problem);
    Some(problem.label("not TOML").help(help))
}

/// Returns the policies from which a file was compiled, each once; empty if it is a state machine
/// without policies. `None` if it is not a state machine.
pub(crate) fn policies_of(path: &Path) -> Option<Vec<String>> {
    policies_in(&String::from_utf8(read(path, "policy").ok()?).ok()?)
}

fn policies_in(text: &str) -> Option<Vec<String>> {
    start(text)?;
    let mut policies: Vec<String> = Vec::new();
    for mark in woven_marks(text).ok()? {
        let name = one_line(&mark.policy_name, usize::MAX);
        if !policies.contains(&name) {
            policies.push(name);
        }
    }
    Some(policies)
}

/// Returns the place of the brace with which a definition starts, and no policy does.
fn start(text: &str) -> Option<usize> {
    let at = text.find(|first: char| !first.is_whitespace() && first != '\u{feff}')?;
    text.get(at..)?.starts_with('{').then_some(at)
}

/// Returns the command that the user typed, with this policy in the place of the file.
fn command_with(policy: &str, path: &Path) -> String {
    let path = path.to_string_lossy();
    let words = env::args_os().skip(1).map(|word| {
        let word = word.to_string_lossy().into_owned();
        match word.strip_suffix(&*path) {
            Some("") => policy.to_owned(),
            Some(option) if option.starts_with("--") && option.ends_with('=') => {
                format!("{option}{policy}")
            }
            _ => word,
        }
    });
    let words: Vec<_> = ["exitwise".to_owned()].into_iter().chain(words).collect();
    shell_words::join(words)
}
