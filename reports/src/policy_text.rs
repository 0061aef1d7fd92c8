//! The text of a policy, with its problems.

use crate::layout::counted;
use exitwise_asl_compiler::native_problems;
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Diagnostic, Severity};
use std::path::PathBuf;

/// The text of a policy, and the result of loading it.
#[derive(Debug, Clone)]
pub struct PolicyText {
    /// The name for people, on one line.
    pub name: String,
    /// The path as the user wrote it. `None` if the policy does not come from a file.
    pub path: Option<PathBuf>,
    /// The text, which may have mistakes.
    pub text: String,
    /// The policy. `None` if one of the diagnostics is an error.
    pub policy: Option<Policy>,
    /// The problems, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

impl PolicyText {
    /// Loads a policy from its text. `name` is shown in messages.
    pub fn new(name: String, text: String) -> Self {
        let (policy, diagnostics) = match Policy::load(&text) {
            Ok((policy, warnings)) => (Some(policy), warnings),
            Err(problems) => (None, problems),
        };
        Self {
            name,
            path: None,
            text,
            policy,
            diagnostics: diagnostics.iter().cloned().collect(),
        }
    }

    /// A text with one problem, which is an error.
    pub fn unusable(name: String, text: String, problem: Diagnostic) -> Self {
        Self {
            name,
            path: None,
            text,
            policy: None,
            diagnostics: vec![problem],
        }
    }

    /// The path as the user wrote it, for programs; the name if there is none.
    pub fn location(&self) -> String {
        match &self.path {
            Some(path) => path.to_string_lossy().into_owned(),
            None => self.name.clone(),
        }
    }

    /// Adds the reasons why a state machine cannot apply the policy without the function, if any. They
    /// are errors.
    pub fn add_native_problems(&mut self) {
        let problems = self.policy.as_ref().map(native_problems);
        let problems = problems.unwrap_or_default();
        if !problems.is_empty() {
            self.policy = None;
            self.add_diagnostics(problems);
        }
    }

    pub(crate) fn add_diagnostics(&mut self, problems: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(problems);
        self.diagnostics.sort_by_key(|problem| problem.span.start);
    }

    /// Returns the number of problems with this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|problem| problem.code.severity() == severity)
            .count()
    }

    /// Number of its errors, in words.
    pub fn counted_errors(&self) -> String {
        counted(self.count(Severity::Error), "error")
    }

    /// Returns each diagnostic as compilers print it, with styles for a terminal and a line break at its
    /// end.
    #[cfg(feature = "render")]
    pub fn rendered_diagnostics(&self) -> impl Iterator<Item = String> {
        let width = crate::layout::width();
        self.diagnostics.iter().map(move |problem| {
            let rendered = problem.render_within(width, &self.text, &self.name, true);
            format!("{rendered}\n")
        })
    }
}
