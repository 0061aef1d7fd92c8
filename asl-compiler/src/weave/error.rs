//! What cannot be woven.

use crate::json::{SourceError, SourcePlace};
use std::fmt;

/// A definition or a target that cannot be woven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind}")]
#[non_exhaustive]
pub struct WeaveError {
    /// The place in the definition. If the problem is what was asked for, that of its states.
    pub place: SourcePlace,
    /// The problem at that place.
    pub kind: WeaveErrorKind,
}

/// All problems of one call, in the order of the text; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct WeaveErrors(Vec<WeaveError>);

impl WeaveErrors {
    /// Returns the errors, or `None` if there are none.
    pub(super) fn new(mut errors: Vec<WeaveError>) -> Option<Self> {
        errors.sort_by_key(|error| error.place.span.start);
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// Returns the problems, in the order of the text; there is at least one.
    pub fn errors(&self) -> &[WeaveError] {
        &self.0
    }
}

/// Prints each problem on a line of its own.
impl fmt::Display for WeaveErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            let newline = if n == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl From<WeaveError> for WeaveErrors {
    fn from(error: WeaveError) -> Self {
        Self(vec![error])
    }
}

impl From<SourceError> for WeaveErrors {
    fn from(error: SourceError) -> Self {
        let SourceError {
            place,
            problem,
            help,
        } = error;
        let kind = WeaveErrorKind::Unreadable { problem, help };
        Self(vec![WeaveError { place, kind }])
    }
}

/// What is wrong with a definition or a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum WeaveErrorKind {
    /// The text is not JSON with comments and markers.
    #[error("{problem}")]
    Unreadable { problem: String, help: String },
    /// The text has no states.
    #[error("this is not the definition of a state machine: `States` is missing")]
    NotADefinition,
    /// A value that weaving must read is a marker.
    #[error("`{key}` of {owner} is a marker, which weaving cannot read")]
    Marker { owner: String, key: String },
    /// A key has a value of a wrong type.
    #[error("`{key}` of {owner} must be {expected}")]
    WrongType {
        owner: String,
        key: String,
        expected: &'static str,
    },
    /// The definition has no state with this name or path.
    #[error("there is no state `{state}`{}", did_you_mean(.nearest))]
    NoSuchState { state: String, nearest: Vec<String> },
    /// Several states have this name.
    #[error("`{state}` stands for several states: {}", quoted_list(.paths))]
    AmbiguousState { state: String, paths: Vec<String> },
    /// Two targets name the same state.
    #[error("`{state}` has two policies, `{first}` and `{second}`")]
    TwoPolicies {
        state: String,
        first: String,
        second: String,
    },
    /// No Task state runs ECS or Batch.
    #[error("no Task state runs ECS or Batch")]
    NoContainerTasks,
    /// The state is not a Task.
    #[error("`{state}` is a {type_name} state; policies are for Task states")]
    NotATask { state: String, type_name: String },
    /// The state already has a policy.
    #[error("`{state}` has already been woven")]
    AlreadyWoven { state: String },
    /// A name of a generated state is too long.
    #[error(
        "the name of `{state}` is too long: that of the state `{generated}` would have {chars} \
         characters; the most is 80"
    )]
    NameTooLong {
        state: String,
        generated: String,
        chars: usize,
    },
    /// Another state has the name of a generated state.
    #[error("`{name}` is the name of a state that weaving adds to `{state}`")]
    NameTaken { state: String, name: String },
    /// A variable of the retry loop is assigned outside the branch.
    #[error("the variable `{variable}` belongs to the retry loop of `{state}`")]
    VariableTaken {
        state: String,
        variable: &'static str,
    },
    /// The state has a key that Task states in its language do not have.
    #[error("a Task state in {language} has no key `{key}`")]
    UnknownKey {
        state: String,
        key: String,
        language: &'static str,
    },
    /// An expression uses `$states` in a way that hides the result in it.
    #[error("`$states` stands here without `.result`, `.input` or another member")]
    WholeStates,
    /// An expression binds a variable to the items of the result.
    #[error("`$states.result` is followed by `{symbol}`, which cannot be kept")]
    BoundResult { symbol: char },
    /// The policy cannot be compiled.
    #[error("the policy `{policy}` cannot be compiled: {problem}")]
    BadPolicy { policy: String, problem: String },
    /// The woven definition is larger than AWS accepts.
    #[error("the woven definition has {bytes} bytes; the most is {MAX_DEFINITION_BYTES}")]
    TooLarge { bytes: usize },
}

/// Maximum size of a definition, in bytes.
///
/// Source: Step Functions Developer Guide, "Quotas", "Maximum state machine definition size": 1 MB.
pub(super) const MAX_DEFINITION_BYTES: usize = 1 << 20;

impl WeaveErrorKind {
    /// Returns what to do instead.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { help, .. } => help.clone(),
            Self::NotADefinition => {
                "name a file in the Amazon States Language: an object with `StartAt` and `States`"
                    .to_owned()
            }
            Self::Marker { key, .. } => {
                format!("write the value of `{key}` into the definition, with markers inside it")
            }
            Self::WrongType { key, expected, .. } => format!("make `{key}` {expected}"),
            Self::NoSuchState { nearest, .. } => match nearest.first() {
                Some(nearest) => format!("write `{nearest}`"),
                None => "name a Task state, or its path through Map and Parallel states, such as \
                         `Each/Train`"
                    .to_owned(),
            },
            Self::AmbiguousState { paths, .. } => match paths.first() {
                Some(path) if paths.iter().any(|other| other != path) => {
                    format!("write a path, such as `{path}`")
                }
                _ => "rename one of them: names of states are unique in a state machine".to_owned(),
            },
            Self::TwoPolicies { .. } => "name the state once".to_owned(),
            Self::NoContainerTasks => "name a Task state: `STATE=POLICY.toml`".to_owned(),
            Self::NotATask { type_name, .. } => match type_name.as_str() {
                "Map" | "Parallel" => {
                    "name a Task state within it, by its name or its path".to_owned()
                }
                _ => "name a Task state".to_owned(),
            },
            Self::AlreadyWoven { .. } => {
                "weave the definition that it was woven from again, or only check this one"
                    .to_owned()
            }
            Self::NameTooLong {
                state,
                generated,
                chars,
            } => {
                let added = chars.saturating_sub(state.chars().count());
                let most = MAX_NAME_CHARS.saturating_sub(added);
                let _ = generated;
                format!("shorten the name of the state to at most {most} characters")
            }
            Self::NameTaken { .. } => "rename this state".to_owned(),
            Self::VariableTaken { .. } => {
                "rename the variable: AWS rejects a branch that assigns a variable of its \
                 surroundings"
                    .to_owned()
            }
            Self::UnknownKey { key, .. } => format!("remove `{key}`, which AWS rejects, too"),
            Self::WholeStates => {
                "write the member that you need, such as `$states.result` or `$states.input`"
                    .to_owned()
            }
            Self::BoundResult { symbol } => {
                format!(
                    "use `$map($states.result, function($item) {{ … }})` in place of `{symbol}`"
                )
            }
            Self::BadPolicy { .. } => "simplify the pattern".to_owned(),
            Self::TooLarge { .. } => {
                "use the Lambda function, or put tasks into state machines of their own".to_owned()
            }
        }
    }
}

/// Maximum length of the name of a state, in characters.
///
/// Source: Amazon States Language, "States".
pub(super) const MAX_NAME_CHARS: usize = 80;

fn quoted_list(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest.is_empty() {
        true => String::new(),
        false => format!("; similar names are {}", quoted_list(nearest)),
    }
}
