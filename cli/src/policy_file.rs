//! Policies from files, and their diagnostics for people.

use crate::output::terminal::width;
use anyhow::{Context, Result};
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Code, Diagnostic, Severity};
use std::fs;
use std::path::Path;

/// The text of a policy, and the result of loading it.
pub(crate) struct PolicyFile {
    /// The path as the user wrote it.
    pub(crate) name: String,
    pub(crate) text: String,
    /// `None` if there is an error among the diagnostics.
    pub(crate) policy: Option<Policy>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl PolicyFile {
    /// Loads the file, or the default policy if there is no path.
    ///
    /// # Errors
    /// The file cannot be read. A policy with errors is not an error here.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            let text = exitwise_lambda::DEFAULT_POLICY.into();
            return Ok(Self::from_text("policies/default.toml".into(), text));
        };
        let bytes = fs::read(path);
        let bytes = bytes.with_context(|| format!("cannot read the policy {}", path.display()))?;
        let name = path.display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::from_text(name, text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let problem = Diagnostic::new(Code::Syntax, at..at, "the policy is not UTF-8")
                    .label("the first byte that is not UTF-8")
                    .help("save the file as UTF-8");
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

    /// Loads a policy from its text; the name is for people.
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

    /// The name and the policy. `None` if the policy has errors; then they are printed.
    pub(crate) fn usable(self) -> Option<(String, Policy)> {
        if self.policy.is_none() {
            self.print_diagnostics();
        }
        self.policy.map(|policy| (self.name, policy))
    }

    /// Number of problems with this severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|problem| problem.code.severity() == severity)
            .count()
    }

    /// Prints all diagnostics to standard error, as compilers do.
    pub(crate) fn print_diagnostics(&self) {
        for problem in &self.diagnostics {
            let rendered = problem.render_within(width(), &self.text, &self.name, true);
            anstream::eprintln!("{rendered}\n");
        }
    }
}
