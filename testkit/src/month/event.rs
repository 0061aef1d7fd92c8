//! The event that EventBridge sends when a task has stopped.

use super::kind::{ContainerFacts, Host, Kind};
use super::template::Template;
use super::values::{Placeholder, Values, iso};
use serde::Serialize;

/// A kind with its texts, ready to be filled.
#[derive(Debug)]
pub(super) struct Form {
    kind: &'static Kind,
    stopped_reason: Option<Template>,
    /// The containers, each with its reason.
    containers: Vec<(ContainerFacts, Option<Template>)>,
}

impl Form {
    pub(super) fn of(kind: &'static Kind) -> Self {
        let containers = kind.containers();
        Self {
            kind,
            stopped_reason: kind.stopped_reason.map(Template::parse),
            containers: containers
                .map(|it| (*it, it.reason.map(Template::parse)))
                .collect(),
        }
    }

    /// Returns the event of a task of this kind.
    pub(super) fn event(&self, values: &mut Values<'_>) -> Event {
        let Values {
            account, region, ..
        } = *values;
        let detail = self.detail(values);
        Event {
            version: "0",
            id: values.text(Placeholder::Uuid),
            detail_type: "ECS Task State Change",
            source: "aws.ecs",
            account,
            // EventBridge writes whole seconds here.
            time: iso(values.stopped_at / 1_000 * 1_000).replace(".000Z", "Z"),
            region,
            resources: [detail.task_arn.clone()],
            detail,
        }
    }

    fn detail(&self, values: &mut Values<'_>) -> Detail {
        let Values {
            account,
            region,
            workload,
            ..
        } = *values;
        let kind = self.kind;
        let is_fargate = kind.host != Host::Ec2;
        let arn = |kind: &str, id: &str| format!("arn:aws:ecs:{region}:{account}:{kind}/{id}");
        let cluster = workload.cluster;
        let task_arn = arn("task", &format!("{cluster}/{}", values.task));
        let interface = is_fargate.then(|| Interface {
            attachment_id: values.text(Placeholder::Uuid),
            private_ipv4_address: format!("10.0.{}.{}", values.rng.u8(0..16), values.rng.u8(4..)),
        });
        let times = Times::draw(kind, values);
        let of_containers = self.containers.iter();
        let containers = of_containers
            .map(|(facts, reason)| {
                let has_run = times.started_at.is_some() && facts.exit_code.is_some();
                let id = values.text(Placeholder::Uuid);
                Container {
                    container_arn: arn("container", &format!("{cluster}/{}/{id}", values.task)),
                    cpu: "0",
                    exit_code: facts.exit_code,
                    image: if facts.name == kind.app.name {
                        values.image.clone()
                    } else {
                        format!("public.ecr.aws/acme/{}:2", facts.name)
                    },
                    image_digest: has_run.then(|| values.text(Placeholder::Digest)),
                    last_status: "STOPPED",
                    name: facts.name,
                    network_interfaces: interface.iter().cloned().collect(),
                    reason: reason.as_ref().map(|it| it.fill(values)),
                    runtime_id: format!("{}-{:010}", values.task, values.rng.u32(..)),
                    task_arn: task_arn.clone(),
                }
            })
            .collect();
        let instance = (!is_fargate).then(|| values.text(Placeholder::Hex));
        let attachments = interface.map(|it| attachment(it, values));
        Detail {
            attachments: attachments.into_iter().collect(),
            attributes: [NameAndValue {
                name: "ecs.cpu-architecture",
                value: "x86_64",
            }],
            availability_zone: format!("{region}{}", char::from(b'a' + values.rng.u8(0..3))),
            capacity_provider_name: (kind.host == Host::FargateSpot).then_some("FARGATE_SPOT"),
            cluster_arn: arn("cluster", cluster),
            connectivity: "CONNECTED",
            container_instance_arn: instance
                .map(|id| arn("container-instance", &format!("{cluster}/{id}"))),
            containers,
            cpu: workload.cpu,
            desired_status: "STOPPED",
            enable_execute_command: false,
            ephemeral_storage: is_fargate.then_some(Storage { size_in_gib: 20 }),
            group: format!("family:{}", workload.family),
            inference_accelerators: [],
            last_status: "STOPPED",
            launch_type: match kind.host {
                Host::Fargate => Some("FARGATE"),
                Host::Ec2 => Some("EC2"),
                Host::FargateSpot => None,
            },
            memory: workload.memory,
            overrides: overrides(&times, values),
            platform_version: is_fargate.then_some("1.4.0"),
            started_by: "AWS Step Functions",
            stop_code: kind.stop_code,
            stopped_reason: self.stopped_reason.as_ref().map(|it| it.fill(values)),
            tags: [],
            task_arn,
            task_definition_arn: arn("task-definition", &format!("{}:7", workload.family)),
            times,
            version: 5,
        }
    }
}

fn attachment(interface: Interface, values: &mut Values<'_>) -> Attachment {
    let [a, b, c, d] = values.rng.u32(..).to_be_bytes();
    let named = |name, value| NameAndValue { name, value };
    Attachment {
        details: [
            named("subnetId", values.subnet.clone()),
            named(
                "networkInterfaceId",
                format!("eni-{:017x}", values.rng.u64(..)),
            ),
            named(
                "macAddress",
                format!("0a:{a:02x}:{b:02x}:{c:02x}:{d:02x}:7f"),
            ),
            named("privateIPv4Address", interface.private_ipv4_address),
        ],
        id: interface.attachment_id,
        status: "DELETED",
        r#type: "eni",
    }
}

/// What the state machine passes to the container: arguments and environment.
fn overrides(times: &Times, values: &mut Values<'_>) -> Overrides {
    let day = times.created_at.get(..10).unwrap_or_default().to_owned();
    let bucket = format!("{}-{}", values.workload.family, values.account);
    let named = |name, value| NameAndValue { name, value };
    Overrides {
        container_overrides: [ContainerOverride {
            command: [
                "--day".to_owned(),
                day,
                "--shard".to_owned(),
                values.text(Placeholder::Number),
            ],
            environment: [
                named("BUCKET", bucket),
                named("RUN_ID", values.text(Placeholder::Uuid)),
            ],
            environment_files: [],
            name: "app",
            resource_requirements: [],
        }],
        inference_accelerator_overrides: [],
    }
}

/// The event, with the fields and their spelling of EventBridge.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    version: &'static str,
    id: String,
    #[serde(rename = "detail-type")]
    detail_type: &'static str,
    source: &'static str,
    account: &'static str,
    time: String,
    region: &'static str,
    resources: [String; 1],
    detail: Detail,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    attachments: Vec<Attachment>,
    attributes: [NameAndValue<&'static str>; 1],
    availability_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_provider_name: Option<&'static str>,
    cluster_arn: String,
    connectivity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_instance_arn: Option<String>,
    containers: Vec<Container>,
    cpu: &'static str,
    desired_status: &'static str,
    enable_execute_command: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral_storage: Option<Storage>,
    group: String,
    inference_accelerators: [(); 0],
    last_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<&'static str>,
    memory: &'static str,
    overrides: Overrides,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<&'static str>,
    started_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_reason: Option<String>,
    tags: [(); 0],
    task_arn: String,
    task_definition_arn: String,
    #[serde(flatten)]
    times: Times,
    version: u32,
}

#[derive(Debug, Serialize)]
struct NameAndValue<T> {
    name: &'static str,
    value: T,
}

#[derive(Debug, Serialize)]
struct Storage {
    #[serde(rename = "sizeInGiB")]
    size_in_gib: u32,
}

#[derive(Debug, Serialize)]
struct Attachment {
    details: [NameAndValue<String>; 4],
    id: String,
    status: &'static str,
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Overrides {
    container_overrides: [ContainerOverride; 1],
    inference_accelerator_overrides: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerOverride {
    command: [String; 4],
    environment: [NameAndValue<String>; 2],
    environment_files: [(); 0],
    name: &'static str,
    resource_requirements: [(); 0],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Interface {
    attachment_id: String,
    private_ipv4_address: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    container_arn: String,
    cpu: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i64>,
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_digest: Option<String>,
    last_status: &'static str,
    name: &'static str,
    network_interfaces: Vec<Interface>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    runtime_id: String,
    task_arn: String,
}

/// The times of a task, as ISO 8601 texts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Times {
    connectivity_at: String,
    created_at: String,
    execution_stopped_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_stopped_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    stopped_at: String,
    stopping_at: String,
    updated_at: String,
}

impl Times {
    fn draw(kind: &Kind, values: &mut Values<'_>) -> Self {
        let stopped_at = values.stopped_at;
        let rng = &mut *values.rng;
        let execution_stopped_at = stopped_at - rng.u64(2_000..40_000);
        let stopping_at = execution_stopped_at + rng.u64(100..1_900);
        let run = kind.seconds.map(|(shortest, longest)| {
            // Most tasks fail soon after they have started.
            let most = rng.u64(shortest..=longest);
            rng.u64(shortest * 1_000..=most * 1_000)
        });
        let started_at = run.map(|run| execution_stopped_at - run);
        let pull_stopped_at = started_at.unwrap_or(execution_stopped_at) - rng.u64(100..2_000);
        let pull_started_at = pull_stopped_at - rng.u64(1_000..60_000);
        let connectivity_at = pull_started_at - rng.u64(1_000..9_000);
        let created_at = connectivity_at - rng.u64(500..6_000);
        Self {
            connectivity_at: iso(connectivity_at),
            created_at: iso(created_at),
            execution_stopped_at: iso(execution_stopped_at),
            pull_started_at: run.map(|_| iso(pull_started_at)),
            pull_stopped_at: run.map(|_| iso(pull_stopped_at)),
            started_at: started_at.map(iso),
            stopped_at: iso(stopped_at),
            stopping_at: iso(stopping_at),
            updated_at: iso(stopped_at),
        }
    }
}
