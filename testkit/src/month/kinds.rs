//! The kinds of failure of a made-up month.

use super::kind::{ContainerFacts, Host, Kind};

const fn container(
    name: &'static str,
    exit_code: i64,
    reason: Option<&'static str>,
) -> ContainerFacts {
    ContainerFacts {
        name,
        exit_code: Some(exit_code),
        reason,
    }
}

const START: &str = "Task failed to start";
const SPOT: &str = "Your Spot Task was interrupted.";

/// The kinds of failure: 34 that a rule of the default policy knows, then six for its `[default]`.
///
/// The weights of all add up to 100,000, those of the unknown ones to 3,000.
pub const KINDS: [Kind; 40] = [
    Kind::exited("exit-1", 21_000, 1).decided_by("uncaught-exception"),
    Kind::exited("out-of-memory", 11_000, 137)
        .app_reason("OutOfMemoryError: Container killed due to memory usage")
        .decided_by("out-of-memory"),
    Kind::exited("spot-interrupted", 8_000, 137)
        .on(Host::FargateSpot)
        .stopped(Some("SpotInterruption"), Some(SPOT))
        .decided_by("spot-interruption"),
    Kind::exited("exit-4", 7_000, 4).decided_by("network-error"),
    Kind::exited("exit-3", 6_500, 3).decided_by("invalid-input"),
    Kind::not_started("pull-rate-limited", 3_600, "CannotPullContainerError: ref pull has been retried {digit} time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/{repository}/manifests/{digest}: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit")
        .decided_by("registry-rate-limit"),
    Kind::not_started("image-not-found", 3_400, "CannotPullContainerError: pull image manifest has been retried {digit} time(s): failed to resolve ref {image}: {image}: not found")
        .decided_by("image-unusable"),
    Kind::exited("killed", 3_000, 137),
    Kind::not_started("interface-timeout", 2_600, "Timeout waiting for network interface provisioning to complete.")
        .decided_by("network-interface"),
    Kind::not_started("secret-denied", 2_500, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried {digit} time(s): failed to fetch secret {secret} from secrets manager: AccessDeniedException: User: arn:aws:sts::{account}:assumed-role/ecsTaskExecutionRole/{task} is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret} because no identity-based policy allows the secretsmanager:GetSecretValue action status code: 400, request id: {uuid}")
        .decided_by("not-authorised"),
    Kind::not_started("secret-timeout", 2_500, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried {digit} time(s): failed to fetch secret {secret} from secrets manager: RequestCanceled: request context canceled caused by: context deadline exceeded. Please check your task network configuration.")
        .decided_by("network-fault"),
    Kind::exited("exit-2", 2_200, 2),
    Kind::not_started("no-capacity", 2_100, "Capacity is unavailable at this time. Please try again later or in a different availability zone.")
        .decided_by("no-capacity"),
    Kind::not_started("pull-timeout", 2_000, "CannotPullContainerError: pull image manifest has been retried {digit} time(s): failed to resolve ref docker.io/acme/{repository}:{tag}: failed to do request: Head \"https://registry-1.docker.io/v2/acme/{repository}/manifests/{tag}\": dial tcp {ip}:443: i/o timeout")
        .decided_by("network-fault"),
    Kind::exited("segmentation-fault", 1_800, 139).decided_by("crashed"),
    Kind::not_started("instances-full", 1_600, "RESOURCE:MEMORY")
        .on(Host::Ec2)
        .decided_by("no-capacity"),
    Kind::not_started("no-free-address", 1_500, "Unexpected EC2 error while attempting to Create Network Interface in subnet '{subnet}': InsufficientFreeAddressesInSubnet")
        .decided_by("network-interface"),
    Kind::exited("spot-notice", 1_500, 143)
        .on(Host::FargateSpot)
        .stopped(Some("TerminationNotice"), Some(SPOT))
        .decided_by("spot-interruption"),
    Kind::exited("stopped-by-user", 1_500, 143)
        .stopped(Some("UserInitiated"), Some("Superseded by run {time}"))
        .decided_by("stopped-by-user"),
    Kind::exited("exit-255", 1_500, 255),
    Kind::exited("instance-terminated", 1_200, 0)
        .without_exit_code()
        .on(Host::Ec2)
        .stopped(None, Some("Host EC2 (instance {instance}) terminated."))
        .decided_by("host-lost"),
    Kind::exited("maintenance", 1_000, 143)
        .stopped(Some("ServiceSchedulerInitiated"), Some("ECS is performing maintenance on the underlying infrastructure hosting the task"))
        .decided_by("host-lost"),
    Kind::not_started("pull-denied", 900, "CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::{account}:assumed-role/ecsTaskExecutionRole/{task} is not authorized to perform: ecr:GetAuthorizationToken on resource: * status code: 400, request id: {uuid}")
        .on(Host::Ec2)
        .decided_by("not-authorised"),
    Kind::exited("exit-134", 900, 134).decided_by("crashed"),
    Kind::not_started("registry-down", 800, "CannotPullContainerError: ref pull has been retried {digit} time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/acme/{repository}/blobs/{digest}: 504 Gateway Time-out")
        .decided_by("upstream-5xx"),
    Kind::not_started("program-missing", 800, START)
        .app_reason("CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/opt/{repository}/bin/run\": stat /opt/{repository}/bin/run: no such file or directory: unknown")
        .on(Host::Ec2)
        .decided_by("entry-point-missing"),
    Kind::exited("exit-127", 700, 127).decided_by("command-not-runnable"),
    Kind::exited("log-router-killed", 700, 0)
        .beside(container("log_router", 137, None))
        .decided_by("only-sidecars-killed"),
    Kind::not_started("disk-full", 600, "CannotPullContainerError: ref pull has been retried {digit} time(s): failed to extract layer {digest}: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/{number}/fs/home/user/x.pyc: no space left on device: unknown")
        .decided_by("image-too-large"),
    Kind::exited("docker-timeout", 600, 0)
        .without_exit_code()
        .app_reason("DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s")
        .on(Host::Ec2)
        .decided_by("slow-or-broken-host"),
    Kind::not_started("thin-pool-full", 500, "CannotCreateContainerError: API error (500): devmapper: Thin Pool has {number} free data blocks which is less than minimum required {number} free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior")
        .on(Host::Ec2)
        .decided_by("slow-or-broken-host"),
    Kind::not_started("pull-cut-off", 500, "CannotPullContainerError: containerd: pull command failed: time=\"{time}\" level=info msg=\"apply failure, attempting cleanup\" error=\"failed to extract layer {digest}: context ca...")
        .decided_by("reason-cut-off"),
    Kind::not_started("file-system-name", 500, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"{file_system}.efs.{region}.amazonaws.com\" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. : unsuccessful EFS utils command execution; code: 1")
        .decided_by("network-fault"),
    Kind::not_started("log-group-missing", 500, "ResourceInitializationError: failed to validate logger args: create stream has been retried {digit} times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1")
        .decided_by("resource-missing"),
    // No rule of the default policy matches. Its rule `other-exit-code` takes every exit code of
    // `app`, so none of these tasks has one.
    Kind::exited("licence-refused", 900, 0)
        .without_exit_code()
        .beside(container("licence", 41, Some("Seat {uuid} refused by {ip}:{port} after {number} ms")))
        .unknown()
        .after(1, 20),
    Kind::exited("schema-locked", 700, 0)
        .without_exit_code()
        .beside(container("migrate", 77, Some("Schema lock {hex} is held by session {number}, {bytes} bytes behind")))
        .unknown()
        .after(1, 90),
    Kind::exited("checkpoint-unsealed", 500, 0)
        .without_exit_code()
        .stopped(Some("CheckpointUnsealed"), Some("Checkpoint {hex} of account {account} was not sealed: {bytes} bytes written at {time}"))
        .unknown(),
    Kind::exited("hibernation-ended", 400, 0)
        .without_exit_code()
        .stopped(Some("ServiceSchedulerInitiated"), Some("Task hibernation {uuid} ended without a wake-up call from {ip}"))
        .unknown(),
    Kind::exited("exit-code-lost", 300, 0)
        .without_exit_code()
        .on(Host::Ec2)
        .stopped(None, None)
        .unknown(),
    Kind::exited("zone-compacted", 200, 0)
        .without_exit_code()
        .app_reason("Frozen image {digest} was left behind on {instance}")
        .stopped(Some("TaskMobility"), Some("Zone was compacted by ECS Task Mobility, move {digit} of {number}"))
        .unknown(),
];

/// A task that succeeded. Logs of stopped tasks have these, too.
pub(super) const SUCCEEDED: Kind =
    Kind::exited("succeeded", 0, 0).decided_by("application-succeeded");
