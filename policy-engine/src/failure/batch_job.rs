//! Reads a Batch job.
//!
//! Source of the keys: Batch API Reference, JobDetail, AttemptDetail and EksAttemptDetail. Step
//! Functions writes them with a capital first letter.

use super::ecs_task::{container, ran_for};
use super::facts::{Container, Failure};
use super::json::{Json, ObjectMembers, objects, take_integer, take_list, take_object, take_text};
use super::source::{CauseKind, Source};
use super::text::Text;

/// Reads the facts of a job. What the job itself does not have is taken from its last attempt.
pub(super) fn failure_of_job(mut job: ObjectMembers<'_>) -> Failure<'_> {
    let mut attempt = last_attempt(&mut job).unwrap_or_default();
    let times = ["StartedAt", "StoppedAt"].map(|key| take_integer(&mut job, key));
    let [started_at, stopped_at] = times;
    let mut text = |key| take_text(&mut job, key).or_else(|| take_text(&mut attempt, key));
    Failure {
        stopped_reason: text("StatusReason").map(Text::project),
        ran_for: ran_for(started_at, stopped_at),
        containers: containers(&mut job, &mut attempt),
        source: Source::of(CauseKind::BatchJob),
        ..Failure::default()
    }
}

/// Returns the last attempt of a job. `None` if there is none.
fn last_attempt<'a>(job: &mut ObjectMembers<'a>) -> Option<ObjectMembers<'a>> {
    let mut lists = ["Attempts", "EksAttempts"].map(|key| take_list(job, key));
    let mut last = lists.iter_mut().filter_map(Vec::pop);
    last.find_map(Json::into_object)
}

/// Returns the containers of a job. A job whose definition has one container describes it without a
/// name; one with several has tasks of ECS or a pod of Kubernetes.
fn containers<'a>(
    job: &mut ObjectMembers<'a>,
    attempt: &mut ObjectMembers<'a>,
) -> Vec<Container<'a>> {
    let mut ecs = take_object(job, "EcsProperties").unwrap_or_default();
    let mut eks = take_object(job, "EksProperties").unwrap_or_default();
    let tasks = objects(take_list(&mut ecs, "TaskProperties"));
    let pod = take_object(&mut eks, "PodProperties");
    let mut own: Vec<_> = tasks.chain(pod).flat_map(named_containers).collect();

    let tasks = objects(take_list(attempt, "TaskProperties"));
    let mut attempted: Vec<_> = tasks.flat_map(named_containers).collect();
    attempted.extend(objects(take_list(attempt, "Containers")).map(container));

    if own.is_empty() && attempted.is_empty() {
        own.extend(take_object(job, "Container").map(unnamed_container));
        attempted.extend(take_object(attempt, "Container").map(unnamed_container));
    }
    if own.is_empty() {
        own = attempted;
    } else {
        for container in &mut own {
            fill_from(&attempted, container);
        }
    }
    if let [only] = &mut *own {
        only.has_any_name = true;
    }
    own
}

/// Returns the containers of a task of ECS or of a pod of Kubernetes.
fn named_containers<'a>(mut group: ObjectMembers<'a>) -> impl Iterator<Item = Container<'a>> {
    objects(take_list(&mut group, "Containers")).map(container)
}

fn unnamed_container(members: ObjectMembers<'_>) -> Container<'_> {
    Container {
        name: None,
        ..container(members)
    }
}

/// Takes the facts that a container does not have from the same container of the last attempt.
fn fill_from<'a>(attempted: &[Container<'a>], container: &mut Container<'a>) {
    let same = attempted.iter().find(|it| it.name == container.name);
    let Some(Container {
        exit_code, reason, ..
    }) = same
    else {
        return;
    };
    container.exit_code = container.exit_code.or(*exit_code);
    if container.reason.is_none() {
        container.reason.clone_from(reason);
    }
}
