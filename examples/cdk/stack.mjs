import { fileURLToPath } from "node:url";
import { Duration, Stack, aws_ec2 as ec2, aws_ecs as ecs, aws_iam as iam, aws_logs as logs, aws_stepfunctions as sfn } from "aws-cdk-lib";

/** The state machine that `exitwise compile` wrote, with the cluster and the task that its markers stand for. */
export class RenderStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);

    const vpc = new ec2.Vpc(this, "Vpc", { maxAzs: 2 });
    const cluster = new ecs.Cluster(this, "Cluster", { vpc });
    const task = new ecs.FargateTaskDefinition(this, "Task", { cpu: 1024, memoryLimitMiB: 2048 });
    task.addContainer("app", {
      image: ecs.ContainerImage.fromRegistry("public.ecr.aws/docker/library/busybox:stable"),
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: "render" }),
    });

    const [subnetA, subnetB] = vpc.privateSubnets;
    const machine = new sfn.StateMachine(this, "Render", {
      definitionBody: sfn.DefinitionBody.fromFile(fileURLToPath(new URL("build/workflow.asl.json", import.meta.url))),
      definitionSubstitutions: {
        ClusterArn: cluster.clusterArn,
        TaskDefinitionArn: task.taskDefinitionArn,
        SubnetA: subnetA.subnetId,
        SubnetB: subnetB.subnetId,
      },
      timeout: Duration.days(1),
      tracingEnabled: true,
      logs: { destination: new logs.LogGroup(this, "Log"), level: sfn.LogLevel.ALL, includeExecutionData: false },
    });

    // CDK cannot see in a file which permissions the state machine needs. A policy adds none.
    task.grantRun(machine);
    machine.addToRolePolicy(new iam.PolicyStatement({
      actions: ["ecs:DescribeTasks", "ecs:StopTask"],
      resources: [this.formatArn({ service: "ecs", resource: "task", resourceName: `${cluster.clusterName}/*` })],
    }));
    machine.addToRolePolicy(new iam.PolicyStatement({
      actions: ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
      resources: [this.formatArn({ service: "events", resource: "rule", resourceName: "StepFunctionsGetEventsForECSTaskRule" })],
    }));
  }
}
