//! Policies in files, and their diagnostics for people.

use crate::discovery::{find_policy, policy_under_other_name};
use crate::input::{is_standard, name_of, policies_of, read_start, recordings};
use crate::mistaken_definition;
use crate::output::stream::complain;
use anyhow::{Context, Error, Result, bail};
use exitwise_asl_compiler::Backend;
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Code, Diagnostic};
use exitwise_engine::policy::MAX_POLICY_BYTES;
use exitwise_reports::layout::{BAD, NOTE};
use exitwise_reports::{PolicyText, TestResult};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::env;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

/// The name of the policy that is compiled in.
const BUILT_IN: &str = "built-in policy";

/// A policy that the command line names, or the project's own.
pub(crate) struct PolicyFile(PolicyText);

/// A policy file that cannot be read.
pub(crate) struct UnreadableFile {
    /// The path as the user wrote it.
    pub(crate) path: PathBuf,
    pub(crate) error: Error,
}

impl PolicyFile {
    /// Loads the file, or the project's policy if there is no path, or the built-in policy if the
    /// project has none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read. A policy with errors is not an error here.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) => Self::read(path),
            None => match policy_of_project() {
                Some(path) => Self::read(&path),
                None => Ok(Self::built_in()),
            },
        }
    }

    /// Loads a policy from its text. `name` is shown in messages.
    pub(crate) fn from_text(name: String, text: String) -> Self {
        Self(PolicyText::new(name, text))
    }

    /// The default policy, which is compiled in.
    fn built_in() -> Self {
        Self::from_text(BUILT_IN.into(), exitwise_lambda::DEFAULT_POLICY.into())
    }

    fn read(path: &Path) -> Result<Self> {
        let name = name_of(path);
        let bytes = read_start(path, MAX_POLICY_BYTES);
        let bytes = bytes.with_context(|| format!("cannot read the policy {name}"))?;
        if bytes.is_empty() && is_standard(path) {
            bail!("standard input is empty, but should have a policy");
        }
        let mut file = match String::from_utf8(bytes) {
            Ok(text) => PolicyText::new(name, text),
            // The end of a text that is too large may be in the middle of a character.
            Err(error) if error.as_bytes().len() > MAX_POLICY_BYTES => {
                PolicyText::new(name, String::from_utf8_lossy(error.as_bytes()).into())
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let problem = Diagnostic::new(Code::Syntax, at..at, "the policy is not UTF-8")
                    .label("the first byte that is not UTF-8")
                    .help("save the file as UTF-8");
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                return Ok(Self(PolicyText::unusable(name, text, problem)));
            }
        };
        file.path = (!is_standard(path)).then(|| path.to_owned());
        if file.policy.is_none()
            && let Some(problem) = mistaken_definition::problem(path, &file.text)
        {
            file.diagnostics = vec![problem];
        }
        Ok(Self(file))
    }

    /// Loads all files and the `*.toml` files of folders, or one policy as [`Self::load`] does if
    /// there are no paths. Those that cannot be read do not stop the others.
    pub(crate) fn load_all(paths: &[PathBuf]) -> Vec<Result<Self, UnreadableFile>> {
        let load =
            |path: PathBuf| Self::read(&path).map_err(|error| UnreadableFile { path, error });
        let load_each = |path: &PathBuf| match policies_of(path) {
            Ok(paths) => paths.into_iter().map(load).collect(),
            Err(error) => {
                let error = Error::new(error).context(format!("cannot read {}", name_of(path)));
                let path = path.clone();
                vec![Err(UnreadableFile { path, error })]
            }
        };
        match policy_of_project() {
            _ if !paths.is_empty() => paths.iter().flat_map(load_each).collect(),
            Some(path) => vec![load(path)],
            None => {
                note_policy_under_other_name();
                vec![Ok(Self::built_in())]
            }
        }
    }

    /// Returns the name and the policy. `None` if the policy has errors; then they are printed.
    pub(crate) fn usable(self) -> Option<(String, Policy)> {
        if self.policy.is_none() {
            self.print_diagnostics();
        }
        let PolicyText { name, policy, .. } = self.0;
        policy.map(|policy| (name, policy))
    }

    /// Returns the name and the policy. `None` if the policy has errors, or if the backend cannot apply
    /// it; then the problems are printed.
    pub(crate) fn usable_for(mut self, backend: &Backend) -> Option<(String, Policy)> {
        if *backend == Backend::Native {
            self.add_native_problems();
        }
        self.usable()
    }

    /// Runs the policy's own tests, and adds their problems to its diagnostics.
    pub(crate) fn run_tests(&mut self) -> Vec<TestResult> {
        self.0.run_tests(read_event)
    }

    /// Prints all diagnostics to standard error, as compilers do.
    pub(crate) fn print_diagnostics(&self) {
        self.rendered_diagnostics().for_each(complain);
    }
}

/// Returns the event in a file that a test names, or why it cannot be read.
pub(crate) fn read_event(path: &Path) -> Result<Vec<u8>, String> {
    let recordings = recordings(path).map_err(|error| error.root_cause().to_string())?;
    recordings.only_event().map(Cow::into_owned)
}

impl Deref for PolicyFile {
    type Target = PolicyText;

    fn deref(&self) -> &PolicyText {
        &self.0
    }
}

impl DerefMut for PolicyFile {
    fn deref_mut(&mut self) -> &mut PolicyText {
        &mut self.0
    }
}

impl UnreadableFile {
    /// Returns the keys of the JSON document about the file.
    pub(crate) fn json(&self) -> Value {
        json!({"policy": self.path.to_string_lossy(), "error": format!("{:#}", self.error)})
    }

    /// Prints the error to standard error.
    pub(crate) fn print(&self) {
        complain(format_args!("{BAD}error{BAD:#}: {:#}", self.error));
    }
}

/// The policy of the project that the current folder belongs to.
fn policy_of_project() -> Option<PathBuf> {
    // Without a current folder, there is no project.
    find_policy(&env::current_dir().ok()?)
}

/// Prints a note if the current folder has a policy under a name that commands do not look for.
fn note_policy_under_other_name() {
    let folder = env::current_dir().ok();
    if let Some(policy) = folder.and_then(|folder| policy_under_other_name(&folder)) {
        complain(format_args!(
            "{NOTE}note{NOTE:#}: there is no policy.toml or policies/default.toml; to check {policy}, name it"
        ));
    }
}
