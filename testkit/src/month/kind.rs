//! The facts that the failures of one kind have in common.

use super::template::Template;

/// Where a task ran, which decides the fields that its event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Fargate, with the launch type `FARGATE`.
    Fargate,
    /// Fargate Spot: the capacity provider `FARGATE_SPOT`, and no launch type.
    FargateSpot,
    /// An EC2 instance, with the launch type `EC2`.
    Ec2,
}

/// What one container of a task reports.
#[derive(Debug, Clone, Copy)]
pub struct ContainerFacts {
    /// The name in the task definition.
    pub name: &'static str,
    /// `None` if the container never ran, or its exit code was lost.
    pub exit_code: Option<i64>,
    /// The container's `reason`, with placeholders such as `{uuid}`.
    pub reason: Option<&'static str>,
}

/// A kind of failure: tasks that failed for the same reason, and differ in identifiers and times.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Unique among the kinds; does not occur in the events.
    pub name: &'static str,
    /// Tasks of this kind, in 100,000 failed tasks.
    pub weight: u32,
    /// Name of the rule in `policies/default.toml` that decides. `None` for `[default]`.
    pub rule: Option<&'static str>,
    /// Where the tasks ran.
    pub host: Host,
    /// The task's stop code. `None` if ECS reports none.
    pub stop_code: Option<&'static str>,
    /// The task's stopped reason, with placeholders. `None` if ECS reports none.
    pub stopped_reason: Option<&'static str>,
    /// The container `app`, about which the default policy asks.
    pub app: ContainerFacts,
    /// A second container, which ECS lists before `app`.
    pub other: Option<ContainerFacts>,
    /// Shortest and longest time from the start of the task until its containers had stopped, in
    /// seconds. `None` if the task never started.
    pub seconds: Option<(u64, u64)>,
}

impl Kind {
    /// A task on Fargate whose application ran, and exited with a code.
    pub(super) const fn exited(name: &'static str, weight: u32, exit_code: i64) -> Self {
        Self {
            name,
            weight,
            rule: Some("other-exit-code"),
            host: Host::Fargate,
            stop_code: Some("EssentialContainerExited"),
            stopped_reason: Some("Essential container in task exited"),
            app: ContainerFacts {
                name: "app",
                exit_code: Some(exit_code),
                reason: None,
            },
            other: None,
            seconds: Some((2, 5_400)),
        }
    }

    /// A task on Fargate that did not start, for this reason.
    pub(super) const fn not_started(name: &'static str, weight: u32, reason: &'static str) -> Self {
        let it = Self::exited(name, weight, 0).without_exit_code();
        Self {
            stop_code: Some("TaskFailedToStart"),
            stopped_reason: Some(reason),
            seconds: None,
            ..it
        }
    }

    pub(super) const fn decided_by(self, rule: &'static str) -> Self {
        Self {
            rule: Some(rule),
            ..self
        }
    }

    /// No rule of the default policy matches.
    pub(super) const fn unknown(self) -> Self {
        Self { rule: None, ..self }
    }

    pub(super) const fn on(self, host: Host) -> Self {
        Self { host, ..self }
    }

    pub(super) const fn stopped(
        self,
        stop_code: Option<&'static str>,
        stopped_reason: Option<&'static str>,
    ) -> Self {
        Self {
            stop_code,
            stopped_reason,
            ..self
        }
    }

    pub(super) const fn without_exit_code(self) -> Self {
        let app = ContainerFacts {
            exit_code: None,
            ..self.app
        };
        Self { app, ..self }
    }

    pub(super) const fn app_reason(self, reason: &'static str) -> Self {
        let app = ContainerFacts {
            reason: Some(reason),
            ..self.app
        };
        Self { app, ..self }
    }

    pub(super) const fn beside(self, other: ContainerFacts) -> Self {
        Self {
            other: Some(other),
            ..self
        }
    }

    pub(super) const fn after(self, shortest: u64, longest: u64) -> Self {
        Self {
            seconds: Some((shortest, longest)),
            ..self
        }
    }

    /// Whether a rule of the default policy decides about failures of this kind.
    pub const fn is_known(&self) -> bool {
        self.rule.is_some()
    }

    /// Returns the containers in the order in which ECS lists them. One or two.
    pub fn containers(&self) -> impl Iterator<Item = &ContainerFacts> {
        self.other.iter().chain([&self.app])
    }

    /// Returns the reasons of the task and its containers, with their placeholders.
    pub fn reasons(&self) -> impl Iterator<Item = &'static str> {
        let of_containers = self.containers().filter_map(|it| it.reason);
        self.stopped_reason.into_iter().chain(of_containers)
    }

    /// Returns the parts of the reasons that are the same in all events of this kind, in order.
    pub fn fixed_texts(&self) -> Vec<&'static str> {
        self.reasons()
            .flat_map(|reason| Template::parse(reason).fixed_texts())
            .collect()
    }

    /// Describes the kind in one line: stop code, exit codes, reasons with their placeholders.
    pub fn description(&self) -> String {
        let mut parts = vec![self.stop_code.unwrap_or("no stop code").to_owned()];
        for ContainerFacts {
            name, exit_code, ..
        } in self.containers()
        {
            parts.push(match exit_code {
                Some(code) => format!("{name} exited with {code}"),
                None => format!("{name} has no exit code"),
            });
        }
        parts.extend(self.reasons().map(str::to_owned));
        parts.join("; ")
    }
}
