//! Policies from files, and their diagnostics for people.

use anyhow::{Context, Result};
use policy_engine::{Code, Diagnostic, Policy, Severity};
use std::fs;
use std::path::Path;

/// A policy's text with what loading it gave.
pub(crate) struct PolicyFile {
    /// The path as the user wrote it.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Nothing where the diagnostics hold an error.
    pub(crate) policy: Option<Policy>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl PolicyFile {
    /// Loads the file, or the default policy where there is none.
    ///
    /// # Errors
    /// The file cannot be read; a policy with errors is no error here.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::from_text(
                "policies/default.toml".into(),
                lambda::DEFAULT_POLICY.into(),
            ));
        };
        let bytes =
            fs::read(path).with_context(|| format!("cannot read the policy {}", path.display()))?;
        let name = path.display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::from_text(name, text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let (message, label) = ("the policy is not UTF-8", "the first byte that is not");
                let problem = Diagnostic::new(
                    Code::Syntax,
                    at..at,
                    message,
                    label,
                    "save the file as UTF-8",
                );
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Ok(Self {
                    name,
                    text,
                    policy: None,
                    diagnostics: vec![problem],
                })
            }
        }
    }

    /// Loads the policy of this text; the name is what people see.
    pub(crate) fn from_text(name: String, text: String) -> Self {
        let (policy, diagnostics) = match Policy::load(&text) {
            Ok((policy, warnings)) => (Some(policy), warnings),
            Err(problems) => (None, problems),
        };
        Self {
            name,
            text,
            policy,
            diagnostics: diagnostics.iter().cloned().collect(),
        }
    }

    /// The policy; where it has errors, prints them and gives nothing.
    pub(crate) fn usable(self) -> Option<(String, Policy)> {
        if self.policy.is_none() {
            self.print_diagnostics();
        }
        self.policy.map(|policy| (self.name, policy))
    }

    /// How many problems of this kind there are.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|problem| problem.code.severity() == severity)
            .count()
    }

    /// Prints all diagnostics to standard error, as compilers do.
    pub(crate) fn print_diagnostics(&self) {
        for problem in &self.diagnostics {
            anstream::eprintln!("{}\n", problem.render(&self.text, &self.name, true));
        }
    }
}
