//! What happened: the failure of one run of the task, normalised from what Step Functions reports.

use crate::failure::cause;
use crate::policy::pattern::Text;
use std::borrow::Cow;
use std::fmt;

/// Name prefix of a container that GuardDuty runtime monitoring adds to a task; it is in no task definition.
///
/// Source: Amazon GuardDuty User Guide, "How Runtime Monitoring works with Fargate (Amazon ECS only)".
pub const INJECTED_CONTAINER_PREFIX: &str = "aws-guardduty-agent-";

/// An exit code: 32 bits, which ECS may report signed or unsigned.
#[derive(Debug, Clone, Copy)]
pub struct ExitCode(i64);

impl ExitCode {
    /// An exit code as reported, −2³¹…2³²−1; nothing outside that range.
    pub fn new(reported: i64) -> Option<Self> {
        (i64::from(i32::MIN)..=i64::from(u32::MAX))
            .contains(&reported)
            .then_some(Self(reported))
    }

    /// The 32 bits, unsigned: −1 and 4294967295 are the same code.
    pub fn bits(self) -> u32 {
        u32::try_from(self.0.rem_euclid(1 << 32)).unwrap_or_default()
    }
}

/// Equal bits are the same code.
impl PartialEq for ExitCode {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for ExitCode {}

/// As it was reported.
impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One container of the stopped task, as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container<'a> {
    /// Its name; absent when unreadable.
    pub name: Option<Cow<'a, str>>,
    /// The code it exited with; absent when it never started.
    pub exit_code: Option<ExitCode>,
    /// ECS's `Reason` for this container.
    pub reason: Option<Text<'a>>,
}

/// The failure of one run of the task. Whatever could not be read is absent, never a default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Step Functions' error name.
    pub error: Option<Cow<'a, str>>,
    /// ECS's `StopCode`; the enumeration grows, so any text.
    pub stop_code: Option<Cow<'a, str>>,
    /// ECS's `StoppedReason` of the task.
    pub stopped_reason: Option<Text<'a>>,
    /// The task's `LaunchType`.
    pub launch_type: Option<Cow<'a, str>>,
    /// The task's `CapacityProviderName`.
    pub capacity_provider: Option<Cow<'a, str>>,
    /// The task's containers, in the arbitrary order in which ECS lists them.
    pub containers: Vec<Container<'a>>,
    /// `Reason` and `Detail` of each entry of RunTask's `Failures`.
    pub placement_reasons: Vec<Text<'a>>,
    /// The Cause itself, where it is no JSON object.
    pub plain_text: Option<Text<'a>>,
}

impl<'a> Failure<'a> {
    /// Reads Step Functions' `Error` and `Cause`. Any text gives a failure.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::{ExitCode, Failure};
    /// let cause = r#"{"Containers":[{"Name":"app","ExitCode":4}],"StopCode":"EssentialContainerExited"}"#;
    /// let failure = Failure::read(Some("States.TaskFailed"), Some(cause));
    /// assert_eq!(failure.container(Some("app")).ok().and_then(|app| app.exit_code), ExitCode::new(4));
    /// assert!(Failure::read(None, Some("{ no JSON")).plain_text.is_some());
    /// ```
    pub fn read(error: Option<&'a str>, cause: Option<&'a str>) -> Self {
        let mut failure = match cause {
            None => Self::default(),
            Some(text) => cause::read(text).unwrap_or_else(|| Self::from_plain_text(text)),
        };
        failure.error = error.map(Cow::Borrowed);
        failure
    }

    /// A failure whose Cause is a text and no JSON object.
    pub fn from_plain_text(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            plain_text: Some(Text::project(text)),
            ..Self::default()
        }
    }

    /// The container that counts: the named one, else the task's only one, [`INJECTED_CONTAINER_PREFIX`] aside.
    ///
    /// # Errors
    /// Why no container can be told to be that one; then it has no exit code and no reason.
    pub fn container(&self, name: Option<&str>) -> Result<&Container<'a>, NoContainer> {
        let mut candidates =
            self.containers
                .iter()
                .filter(|container| match (name, container.name.as_deref()) {
                    (Some(wanted), found) => found == Some(wanted),
                    (None, Some(found)) => !found.starts_with(INJECTED_CONTAINER_PREFIX),
                    (None, None) => true,
                });
        match (candidates.next(), candidates.next(), name) {
            (Some(only), None, _) => Ok(only),
            (None, ..) => Err(NoContainer::Missing),
            (Some(_), Some(_), Some(_)) => Err(NoContainer::ListedTwice),
            (Some(_), Some(_), None) => Err(NoContainer::Several),
        }
    }
}

/// Why no container can be told to be the one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoContainer {
    /// The Cause has no such container.
    Missing,
    /// The Cause has the name twice.
    ListedTwice,
    /// The Cause has several containers and the policy names none.
    Several,
}
