//! The facts of a failure that rules can match.

use super::source::Source;
use super::text::Text;
use std::borrow::Cow;
use std::fmt;

/// Name prefix of the container that GuardDuty Runtime Monitoring adds to a task, although the task
/// definition does not contain it.
///
/// Source: Amazon GuardDuty User Guide, "How Runtime Monitoring works with Fargate (Amazon ECS
/// only)".
pub const INJECTED_CONTAINER_PREFIX: &str = "aws-guardduty-agent-";

/// The failure of one run of the task. A fact that could not be read is `None`, never a default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure<'a> {
    /// The error name from Step Functions.
    pub error: Option<Cow<'a, str>>,
    /// The values of the [`NameFact`]s, in the order of [`NameFact::ALL`].
    pub(super) names: [Option<Cow<'a, str>>; NameFact::ALL.len()],
    /// The `StoppedReason` that ECS reports for the task, or the `StatusReason` of a Batch job.
    pub stopped_reason: Option<Text<'a>>,
    /// Time from the task's start to its end, in milliseconds. `None` if one of the two is unknown,
    /// or if the end is before the start.
    pub ran_for: Option<u64>,
    /// The containers of the task, as ECS lists them: in arbitrary order.
    pub containers: Vec<Container<'a>>,
    /// The `Reason` and `Detail` of each entry of RunTask's `Failures`, each text once. If a Cause was
    /// read, they have at most [`MAX_TEXT_CHARS`](super::MAX_TEXT_CHARS) characters together.
    pub placement_reasons: Vec<Text<'a>>,
    /// The whole Cause, if it is plain text instead of a JSON object, or the message of a Lambda
    /// function's error.
    pub plain_text: Option<Text<'a>>,
    /// What the facts were read from.
    pub source: Source,
}

/// A fact of a task whose value is a name from an open enumeration.
///
/// Each variant is a matcher of the policy language, documented in `language/keys.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NameFact {
    /// ECS's code for why the task stopped, for example `SpotInterruption`.
    StopCode,
    /// The infrastructure that the task ran on: `FARGATE`, `EC2` or `EXTERNAL`.
    LaunchType,
    /// The capacity provider that the task ran on.
    CapacityProvider,
}

impl NameFact {
    /// All name facts, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::StopCode, Self::LaunchType, Self::CapacityProvider];

    /// Returns the key of the fact in policies.
    pub const fn key(self) -> &'static str {
        match self {
            Self::StopCode => "stop_code",
            Self::LaunchType => "launch_type",
            Self::CapacityProvider => "capacity_provider",
        }
    }

    /// Returns the key of the fact in a Cause.
    ///
    /// Source: ECS API Reference, Task.
    pub const fn cause_key(self) -> &'static str {
        match self {
            Self::StopCode => "StopCode",
            Self::LaunchType => "LaunchType",
            Self::CapacityProvider => "CapacityProviderName",
        }
    }

    /// Returns the fact that has this key in policies. `None` if the key is not that of a name
    /// fact.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.key() == key)
    }
}

/// One container of the stopped task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container<'a> {
    /// The name of the container. `None` if it could not be read.
    pub name: Option<Cow<'a, str>>,
    /// The exit code of the container. `None` if the container never started or the code could not
    /// be read.
    pub exit_code: Option<ExitCode>,
    /// The `Reason` that ECS or Batch reports for the container.
    pub reason: Option<Text<'a>>,
    /// Whether every name stands for this container: it is the only one of a Batch job, which
    /// usually does not report its name.
    pub has_any_name: bool,
}

/// An exit code: 32 bits, which ECS may report as a signed or as an unsigned number.
///
/// Two codes are equal if their 32 bits are equal. A code prints as it was reported.
///
/// # Examples
///
/// ```
/// use exitwise_engine::failure::ExitCode;
///
/// let signed = ExitCode::new(-1).unwrap();
/// assert_eq!(signed, ExitCode::new(4_294_967_295).unwrap());
/// assert_eq!(signed.to_string(), "-1");
/// assert!(ExitCode::new(4_294_967_296).is_none());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ExitCode(i64);

impl ExitCode {
    /// Returns the exit code for a reported number. `None` if it is outside −2³¹..=2³²−1.
    pub fn new(reported: i64) -> Option<Self> {
        let range = i64::from(i32::MIN)..=i64::from(u32::MAX);
        range.contains(&reported).then_some(Self(reported))
    }

    /// Returns the 32 bits as an unsigned number.
    pub fn bits(self) -> u32 {
        u32::try_from(self.0.rem_euclid(1 << 32)).unwrap_or_default()
    }
}

impl PartialEq for ExitCode {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for ExitCode {}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a> Container<'a> {
    /// Creates a container with this name and exit code. The code is `None` if the container never
    /// started.
    pub fn new(name: impl Into<Cow<'a, str>>, exit_code: Option<ExitCode>) -> Self {
        Self {
            name: Some(name.into()),
            exit_code,
            ..Self::default()
        }
    }

    /// Returns whether AWS added the container to the task.
    fn is_injected(&self) -> bool {
        let name = self.name.as_deref();
        name.is_some_and(|name| name.starts_with(INJECTED_CONTAINER_PREFIX))
    }
}

impl<'a> Failure<'a> {
    /// Returns the failure of a task with only this container.
    pub fn of_container(container: Container<'a>) -> Self {
        Self {
            containers: vec![container],
            ..Self::default()
        }
    }

    /// Returns the value of this fact. `None` if it could not be read.
    pub fn name(&self, fact: NameFact) -> Option<&str> {
        self.names.get(fact as usize)?.as_deref()
    }

    /// Sets the value of this fact.
    pub fn set_name(&mut self, fact: NameFact, name: impl Into<Cow<'a, str>>) {
        if let Some(place) = self.names.get_mut(fact as usize) {
            *place = Some(name.into());
        }
    }

    /// Returns the failure as seen by a rule that examines the container with this name.
    ///
    /// `None` stands for the task's only container, not counting containers whose names start with
    /// [`INJECTED_CONTAINER_PREFIX`].
    pub fn seen<'f>(&'f self, container: Option<&str>) -> SeenFailure<'f> {
        SeenFailure {
            failure: self,
            container: self.container(container),
        }
    }

    fn container(&self, wanted: Option<&str>) -> Result<&Container<'a>, ContainerError> {
        let mut candidates = self.containers.iter().filter(|container| match wanted {
            Some(wanted) => container.has_any_name || container.name.as_deref() == Some(wanted),
            None => !container.is_injected(),
        });
        match (candidates.next(), candidates.next(), wanted) {
            (Some(only), None, _) => Ok(only),
            (None, ..) => Err(ContainerError::Missing),
            (Some(_), Some(_), Some(_)) => Err(ContainerError::ListedTwice),
            (Some(_), Some(_), None) => Err(ContainerError::Several),
        }
    }
}

/// A failure together with the container that one rule examines.
#[derive(Debug, Clone, Copy)]
pub struct SeenFailure<'f> {
    failure: &'f Failure<'f>,
    container: Result<&'f Container<'f>, ContainerError>,
}

impl<'f> SeenFailure<'f> {
    /// Returns the failure.
    pub fn failure(&self) -> &'f Failure<'f> {
        self.failure
    }

    /// Returns the container that the rule examines.
    ///
    /// # Errors
    /// Returns an error if the Cause does not identify exactly one container. The rule then sees
    /// neither an exit code nor a container reason.
    pub fn container(&self) -> Result<&'f Container<'f>, ContainerError> {
        self.container
    }

    /// Returns the exit code of the container that the rule examines. `None` if the container is
    /// not identified or has no exit code.
    pub fn exit_code(&self) -> Option<ExitCode> {
        self.container.ok()?.exit_code
    }

    /// Returns the reason of the container that the rule examines. `None` if the container is not
    /// identified or has no reason.
    pub fn container_reason(&self) -> Option<&'f Text<'f>> {
        self.container.ok()?.reason.as_ref()
    }

    /// Returns the exit codes of the task's other containers: those that the rule does not examine
    /// and that AWS did not add. Containers without an exit code are left out.
    pub fn other_exit_codes(&self) -> impl Iterator<Item = ExitCode> + use<'f> {
        let examined = self.container.ok();
        let others = self.failure.containers.iter().filter(move |it| {
            let is_examined = examined.is_some_and(|examined| std::ptr::eq(*it, examined));
            !is_examined && !it.is_injected()
        });
        others.filter_map(|container| container.exit_code)
    }
}

/// The reason why the container that a rule examines cannot be determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// The Cause does not list the container.
    #[error("the task has no such container")]
    Missing,
    /// The Cause lists two containers with this name.
    #[error("the task has two containers with this name")]
    ListedTwice,
    /// The Cause lists several containers, and the policy does not name one.
    #[error("the task has several containers and the policy names none")]
    Several,
}
