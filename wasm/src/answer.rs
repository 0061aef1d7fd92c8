//! Answers requests with what the command line prints.

use crate::compile::{compile, weave};
use crate::editor::answer_editor;
use crate::error::Error;
use crate::policies::{load, usable};
use crate::request::{Check, Decide, Diff, Explain, Request, Simulate};
use crate::rules::rules;
use exitwise_evidence::Recordings;
use exitwise_lambda::{ErrorState, Event};
use exitwise_reports::{
    Difference, DifferenceReport, Distribution, Explainer, FailureMix, ReportFormat,
    SimulatedExecution, SimulatedFailure, Timeline, check_report,
};
use serde_json::Value;
use std::path::Path;

/// Answers a request with the text that the command line prints.
pub(crate) fn answer(request: &[u8]) -> Result<String, Error> {
    let request = serde_json::from_slice(request);
    match request.map_err(|error| Error::new(format!("not a request: {error}")))? {
        Request::Version => Ok(env!("CARGO_PKG_VERSION").into()),
        Request::Check(request) => Ok(line(&check(request))),
        Request::Decide(request) => decide(&request),
        Request::Explain(request) => explain(request),
        Request::Simulate(request) => simulate(&request).map(|it| line(&it)),
        Request::Compile(request) => compile(&request),
        Request::Weave(request) => weave(&request),
        Request::Diff(request) => diff(&request).map(|it| line(&it)),
        Request::Recordings(request) => recordings(&request.document),
        Request::Rules(request) => {
            let policy = load(&request.policy);
            Ok(rules(usable(&policy)?).to_string())
        }
        Request::LanguageServer(message) => answer_editor(message),
    }
}

/// JSON as the command line prints it, on one line.
fn line(json: &Value) -> String {
    format!("{json}\n")
}

fn check(
    Check {
        policy,
        native,
        events,
    }: Check,
) -> Value {
    let mut policy = (*load(&policy)).clone();
    let tests = policy.run_tests(|path| recorded(path, events.get(&*path.to_string_lossy())));
    if native {
        policy.add_native_problems();
    }
    check_report(&policy, &tests)
}

/// Returns the only failure in a document that a test names.
fn recorded(path: &Path, document: Option<&String>) -> Result<Vec<u8>, String> {
    let Some(document) = document else {
        return Err(format!("no content of {} was given", path.display()));
    };
    let recordings = read(document).map_err(|error| error.message)?;
    recordings.only_event().map(|event| event.to_vec())
}

/// Reads recorded failures.
fn read(document: &str) -> Result<Recordings, Error> {
    let recordings = Recordings::read(document.as_bytes()).map_err(Error::new)?;
    match recordings.problem() {
        Some(problem) => Err(Error::new(problem)),
        None => Ok(recordings),
    }
}

/// Returns the failures in a document as a list of events of ProcessError.
fn recordings(document: &str) -> Result<String, Error> {
    let recordings = read(document)?;
    let events = recordings.events();
    let events: Vec<_> = events
        .iter()
        .map(|it| String::from_utf8_lossy(it))
        .collect();
    serde_json::to_string(&events).map_err(Error::new)
}

fn decide(Decide { policy, event }: &Decide) -> Result<String, Error> {
    let policy = load(policy);
    let policy = usable(&policy)?;
    let decision = exitwise_lambda::decide(&Event::read(event.as_bytes()), policy);
    serde_json::to_string(&ErrorState::new(&decision, policy)).map_err(Error::new)
}

fn explain(
    Explain {
        policy,
        document,
        name,
    }: Explain,
) -> Result<String, Error> {
    let policy = load(&policy);
    usable(&policy)?;
    let recordings = read(&document)?;
    let mut explainer = Explainer::new(&policy, true, ReportFormat::Json, Vec::new());
    explainer
        .explain(&name, &recordings.all)
        .map_err(Error::new)?;
    String::from_utf8(explainer.into_output()).map_err(Error::new)
}

fn simulate(request: &Simulate) -> Result<Value, Error> {
    let name = &*request.policy.name;
    let text = load(&request.policy);
    let policy = usable(&text)?;
    let Simulate {
        seed, run_seconds, ..
    } = *request;
    if request.random {
        let mix = FailureMix::read(&request.mix, policy).map_err(Error::new)?;
        let executions = mix.executions(policy, seed, request.runs, run_seconds);
        let distribution: Distribution = executions.collect();
        return Ok(distribution.json(name, policy, seed, &mix));
    }
    let failures = request
        .failures
        .iter()
        .map(|text| SimulatedFailure::parse(text, policy));
    let failures = failures
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::new)?;
    let execution =
        SimulatedExecution::of_failures(policy, seed, run_seconds, &failures, request.repeat);
    let timeline = Timeline {
        name,
        policy,
        seed,
        execution: &execution,
    };
    Ok(timeline.json())
}

fn diff(Diff { old, new, all }: &Diff) -> Result<Value, Error> {
    let (old_text, new_text) = (load(old), load(new));
    let (was, is) = (usable(&old_text)?, usable(&new_text)?);
    let report = DifferenceReport {
        names: [&old.name, &new.name],
        old: was,
        new: is,
        difference: Difference::between(was, is, *all, &mut |_| {}),
    };
    Ok(report.json())
}
