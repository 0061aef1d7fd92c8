//! Weaves policies into a definition.

use super::data_flow::{ASSIGNED, Problems, WovenTask};
use super::error::{MAX_DEFINITION_BYTES, MAX_NAME_CHARS, WeaveError, WeaveErrorKind, WeaveErrors};
use super::figures::WovenState;
use super::keys::place_of;
use super::parallel::{GENERATED_STATES, LOOP_VARIABLE, RUN_TASK};
use super::state_tree::{FoundState, StateTree, variable_of};
use super::target::{WeaveTarget, resolve};
use super::warning::WeaveWarning;
use crate::decision::LoopKey;
use crate::json::{Edits, Fragment, Node, SourceDocument};
use crate::jsonata::var;
use crate::states::{Backend, Language, RetryLoop};

/// A woven definition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Woven {
    /// The definition. Outside of the woven states it is byte for byte the source.
    pub text: String,
    /// What became of the states that have a policy, in the order of the text.
    pub states: Vec<WovenState>,
    /// What works differently than the definition's author may think, in the order of the text.
    pub warnings: Vec<WeaveWarning>,
}

/// Puts policies into a definition: JSON, with comments, and with markers `${…}` of a template in
/// place of values or in strings.
///
/// ```
/// use exitwise_asl_compiler::{Backend, StateChoice, WeaveTarget, weave};
/// use exitwise_engine::Policy;
///
/// let (policy, _) = Policy::load(r#"
///     version = 1
///
///     [limits]
///     max_retries = 3
///
///     [default]
///     type = "RETRIABLE"
/// "#)?;
/// let definition = r#"{
///   "StartAt": "Train",
///   "States": {
///     "Train": {
///       "Type": "Task",
///       "Resource": "arn:aws:states:::ecs:runTask.sync",
///       "Parameters": { "TaskDefinition": "train", "NetworkConfiguration": ${network} },
///       "End": true
///     }
///   }
/// }"#;
/// let target = WeaveTarget {
///     states: StateChoice::Named("Train"),
///     policy: &policy,
///     policy_name: "train.toml",
/// };
/// let woven = weave(definition, &[target], &Backend::Native)?;
/// assert!(woven.text.contains("\"Train: RunTask\""));
/// assert!(woven.text.contains("\"NetworkConfiguration\": ${network}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns all states that cannot be woven, with their places.
pub fn weave(
    text: &str,
    targets: &[WeaveTarget<'_>],
    backend: &Backend,
) -> Result<Woven, WeaveErrors> {
    let document = SourceDocument::parse(text)?;
    let tree = StateTree::read(&document)?;
    let mut edits = Edits::default();
    let (mut states, mut warnings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for (state, target) in resolve(&document, &tree, targets)? {
        let weaver = StateWeaver {
            document: &document,
            tree: &tree,
            state,
            target,
            backend,
        };
        match weaver.weave() {
            Ok((parallel, figures, of_state)) => {
                edits.replace_value(&document, state.node(), &parallel);
                states.push(figures);
                warnings.extend(of_state);
            }
            Err(of_state) => errors.extend(of_state.into_iter().map(|(span, kind)| WeaveError {
                place: document.place(&span),
                kind,
            })),
        }
    }
    if let Some(errors) = WeaveErrors::new(errors) {
        return Err(errors);
    }
    let text = edits.apply(text);
    if text.len() > MAX_DEFINITION_BYTES {
        let place = document.place(&tree.states_key);
        let kind = WeaveErrorKind::TooLarge { bytes: text.len() };
        return Err(WeaveError { place, kind }.into());
    }
    warnings.sort_by_key(|warning| warning.place.span.start);
    Ok(Woven {
        text,
        states,
        warnings,
    })
}

/// Weaves one state.
struct StateWeaver<'a, 'd> {
    document: &'a SourceDocument<'a>,
    tree: &'a StateTree<'d>,
    state: &'a FoundState<'d>,
    target: &'a WeaveTarget<'a>,
    backend: &'a Backend,
}

impl StateWeaver<'_, '_> {
    fn weave(&self) -> Result<(Fragment, WovenState, Vec<WeaveWarning>), Problems> {
        let state = self.state;
        let language = self.tree.language_of(state).map_err(|kind| {
            let language = state.node().get("QueryLanguage");
            vec![(language.map_or(state.node(), |it| it).span.clone(), kind)]
        })?;
        let retry_loop = self.retry_loop();
        let mut problems = self.check_keys(language);
        self.check_names(&retry_loop, &mut problems);
        self.check_variables(language, &mut problems);
        let task = WovenTask {
            document: self.document,
            path: &state.path,
            state: state.node(),
            retry_loop: &retry_loop,
        };
        let flow = match language {
            Language::Jsonata => task.jsonata_flow(),
            Language::JsonPath => task.json_path_flow(),
        };
        let flow = match flow {
            Ok(flow) if problems.is_empty() => flow,
            Ok(_) => return Err(problems),
            Err(more) => {
                problems.extend(more);
                return Err(problems);
            }
        };
        let warnings = task.warnings(language, &flow);
        let (parallel, figures) = task
            .parallel(state.name(), language, self.target, flow)
            .map_err(|problem| {
                let kind = WeaveErrorKind::BadPolicy {
                    policy: self.target.policy_name.to_owned(),
                    problem: problem.to_string(),
                };
                vec![(state.member.key_span.clone(), kind)]
            })?;
        Ok((parallel, figures, warnings))
    }

    fn retry_loop(&self) -> RetryLoop<'_> {
        let entered = var("states").field("context").field("State");
        let resource = self.state.node().get("Resource").and_then(Node::text);
        RetryLoop {
            policy: self.target.policy,
            backend: self.backend,
            prefix: format!("{}: ", self.state.name()),
            run_task: RUN_TASK,
            key: LoopKey {
                id: var(LOOP_VARIABLE).field("id"),
                started: var(LOOP_VARIABLE).field("startTime"),
                entered: entered.field("EnteredTime"),
            },
            partition: partition(resource.unwrap_or_default()).to_owned(),
            machine_language: self.tree.language,
        }
    }

    /// Checks that the state has only keys whose place is known.
    fn check_keys(&self, language: Language) -> Problems {
        let members = self.state.node().members().iter();
        let unknown = members.filter(|member| place_of(&member.key, language).is_none());
        let problem = |key: &str| WeaveErrorKind::UnknownKey {
            state: self.state.path.clone(),
            key: key.to_owned(),
            language: language.as_str(),
        };
        unknown
            .map(|member| (member.key_span.clone(), problem(&member.key)))
            .collect()
    }

    /// Checks that the names of the generated states are short enough and free.
    fn check_names(&self, retry_loop: &RetryLoop<'_>, problems: &mut Problems) {
        let state = || self.state.path.clone();
        let names = GENERATED_STATES.map(|name| retry_loop.name(name));
        let longest = names.iter().max_by_key(|name| name.chars().count());
        if let Some(longest) = longest
            && longest.chars().count() > MAX_NAME_CHARS
        {
            let kind = WeaveErrorKind::NameTooLong {
                state: self.state.name().to_owned(),
                generated: longest.clone(),
                chars: longest.chars().count(),
            };
            problems.push((self.state.member.key_span.clone(), kind));
        }
        for other in &self.tree.states {
            if names.iter().any(|name| name == other.name()) {
                let name = other.name().to_owned();
                let kind = WeaveErrorKind::NameTaken {
                    state: state(),
                    name,
                };
                problems.push((other.member.key_span.clone(), kind));
            }
        }
    }

    /// Checks that no variable of the loop is assigned around it: AWS rejects a branch that assigns
    /// such a variable again.
    fn check_variables(&self, language: Language, problems: &mut Problems) {
        let mut own = vec!["errorState", "taskError", LOOP_VARIABLE];
        if matches!(self.backend, Backend::Native) {
            own.push("jsonLevels");
        }
        if language == Language::JsonPath && self.state.node().member("Assign").is_some() {
            own.push(ASSIGNED);
        }
        for member in self.tree.assigned_around(self.state.scope) {
            let variable = variable_of(&member.key);
            if let Some(variable) = own.iter().find(|own| **own == variable) {
                let kind = WeaveErrorKind::VariableTaken {
                    state: self.state.path.clone(),
                    variable,
                };
                problems.push((member.key_span.clone(), kind));
            }
        }
    }
}

/// Returns the partition of a resource's ARN; `aws` if it is not an ARN.
fn partition(resource: &str) -> &str {
    let Some(rest) = resource.strip_prefix("arn:") else {
        return "aws";
    };
    let end = match rest.strip_prefix("${") {
        Some(marker) => marker.find('}').map(|end| "${".len() + end + 1),
        None => rest.find(':'),
    };
    end.and_then(|end| rest.get(..end)).unwrap_or("aws")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_is_that_of_the_resource() {
        for (resource, expected) in [
            ("arn:aws:states:::ecs:runTask.sync", "aws"),
            ("arn:aws-cn:states:::ecs:runTask.sync", "aws-cn"),
            ("arn:${AWS::Partition}:states:::x", "${AWS::Partition}"),
            ("${resource}", "aws"),
        ] {
            assert_eq!(partition(resource), expected);
        }
    }
}
