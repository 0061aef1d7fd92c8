//! Names that AWS is known to report. AWS adds names over time, so other names are also accepted.
//! These lists serve only warnings, wording and examples.

/// Error names that a Catch can receive, those of ECS as the integration `ecs:runTask` spells them.
///
/// Source: Step Functions Developer Guide, "Handling errors" and "Call Amazon ECS"; ECS API
/// Reference, errors of RunTask.
pub(crate) const ERROR_NAMES: [&str; 27] = [
    "States.TaskFailed",
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.Runtime",
    "States.DataLimitExceeded",
    "States.ParameterPathFailure",
    "States.ResultPathMatchFailure",
    "States.IntrinsicFailure",
    "States.NoChoiceMatched",
    "States.ExceedToleratedFailureThreshold",
    "States.QueryEvaluationError",
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.ClientException",
    "ECS.InvalidParameterException",
    "ECS.AccessDeniedException",
    "ECS.ClusterNotFoundException",
    "ECS.PlatformUnknownException",
    "ECS.PlatformTaskDefinitionIncompatibilityException",
    "ECS.UnsupportedFeatureException",
    "ECS.BlockedException",
    "ECS.ThrottlingException",
    "ECS.LimitExceededException",
    "ECS.ConflictException",
    "ECS.SdkClientException",
];

/// The name that `aws-sdk:ecs:runTask` gives to an error for which `ecs:runTask` has this one. `None`
/// if the latter is not known to report it, or if the name is not one of ECS.
///
/// Source: retry lists of public state machines; both prefixes stand in histories.
pub(crate) fn sdk_error_name(optimized_name: &str) -> Option<String> {
    if !ERROR_NAMES.contains(&optimized_name) {
        return None;
    }
    match optimized_name.strip_prefix("ECS.")? {
        // Stands for the errors without a class of their own.
        "AmazonECSException" => Some("Ecs.EcsException".to_owned()),
        last => Some(format!("Ecs.{last}")),
    }
}

/// Stop codes that ECS is known to report.
///
/// Source: ECS API Reference, Task, `stopCode`; AWS SDK for Python, `TaskStopCode`.
pub(crate) const STOP_CODES: [&str; 7] = [
    "TaskFailedToStart",
    "EssentialContainerExited",
    "UserInitiated",
    "ServiceSchedulerInitiated",
    "SpotInterruption",
    "TerminationNotice",
    "InfrastructureHealth",
];

/// Launch types that ECS is known to report.
///
/// Source: ECS API Reference, Task, `launchType`.
pub(crate) const LAUNCH_TYPES: [&str; 4] = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];

/// Capacity providers of AWS; names of others cannot start with `fargate`.
///
/// Source: ECS API Reference, CreateCapacityProvider, `name`.
pub(crate) const FARGATE_PROVIDERS: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// Prefixes that ECS puts before a stopped reason, followed by a colon.
///
/// Source: amazon-ecs-agent, `dockerapi/errors.go`; ECS Developer Guide, "Stopped task error
/// messages".
pub const ERROR_PREFIXES: [&str; 20] = [
    "CannotPullContainerError",
    "CannotPullECRContainerError",
    "CannotPullContainerAuthError",
    "CannotPullImageManifestError",
    "CannotCreateContainerError",
    "CannotStartContainerError",
    "CannotStopContainerError",
    "CannotInspectContainerError",
    "CannotDescribeContainerError",
    "CannotRemoveContainerError",
    "CannotCreateVolumeError",
    "CannotInspectVolumeError",
    "DockerTimeoutError",
    "DockerStateError",
    "OutOfMemoryError",
    "ContainerRuntimeError",
    "ContainerRuntimeTimeoutError",
    "ResourceInitializationError",
    "InternalError",
    "SpotInterruptionError",
];
