//! Reads the failures of a test.

use super::exit_codes::{ExitCodeSpec, ExitCodeUse};
use super::keys;
use super::section::Section;
use super::test_cases::TestReader;
use super::tree::TomlNode;
use super::values::{self, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::failure::{Container, ExitCode, Failure, NameFact, STOP_CODES, Text};
use crate::policy::GivenFailure;
use std::borrow::Cow;
use toml::de::DeValue;

impl TestReader<'_> {
    /// Reads one failure: an exit code, or a table of facts.
    pub(super) fn failure(
        &mut self,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<GivenFailure> {
        if let DeValue::Table(_) = value.get_ref() {
            return self.facts(
                &Section::of(value, "a failure", "{ exit_code = 4 }", out)?,
                out,
            );
        }
        if let DeValue::String(text) = value.get_ref()
            && let Some(meant) = other_fact(text).filter(|_| !self.exit_codes.contains(text))
        {
            let message = format!("{} is not an exit code", quoted(text));
            let problem = Diagnostic::new(Code::BadFailure, value.span(), message);
            out.push(
                problem
                    .label("not in `[exit_codes]`")
                    .help(format!("write `{meant}`")),
            );
            return None;
        }
        let exit_code = self.exit_code(value, out)?;
        let mut failure = self.task_failed(exit_code);
        failure.containers = vec![self.container(None, exit_code)];
        Some(GivenFailure::Facts(failure.into()))
    }

    /// Returns a failure with this exit code, with the other facts that such a failure usually has.
    fn task_failed(&self, exit_code: Option<ExitCode>) -> Failure<'static> {
        let mut failure = Failure::read(Some("States.TaskFailed"), None);
        if exit_code.is_some() {
            failure.set_name(NameFact::StopCode, "EssentialContainerExited");
        }
        failure
    }

    fn container(&self, name: Option<&str>, exit_code: Option<ExitCode>) -> Container<'static> {
        let name = name
            .or(self.container)
            .map(|name| Cow::Owned(name.to_owned()));
        Container {
            name,
            exit_code,
            ..Container::default()
        }
    }

    /// Reads a failure from a table: from its facts, or from the path of a recorded event.
    fn facts(&mut self, section: &Section<'_>, out: &mut Diagnostics) -> Option<GivenFailure> {
        section.only(keys::FAILURE, out);
        let text = |key, out: &mut Diagnostics| {
            let value = section.get(key)?;
            if let DeValue::Array(_) = value.get_ref() {
                let help = "write one string; each further one belongs to a failure of its own";
                return wrong_type(value, "a string", help, out);
            }
            values::text(value, "\"text\"", out)
        };
        if let Some(file) = section.get("file") {
            if section.table.len() > 1 {
                let message = "a file and facts of one failure";
                let problem = Diagnostic::new(Code::BadFailure, file.span(), message);
                let help =
                    "remove the other keys, or the file; the event in the file has all facts";
                out.push(problem.label("`file` excludes other keys").help(help));
            }
            return text("file", out).map(|path| GivenFailure::Event(path.to_owned()));
        }
        if section.table.is_empty() {
            let message = "a failure without facts";
            let problem = Diagnostic::new(Code::BadFailure, section.span.clone(), message);
            let help = "say what happened, for example `{ exit_code = 4 }` or \
                        `{ stop_code = \"SpotInterruption\" }`";
            out.push(problem.label("nothing here").help(help));
        }
        let containers = match section.get("containers") {
            Some(value) => Some(self.containers(section, value, out)?),
            None => None,
        };
        let exit_code = match section.get("exit_code") {
            Some(value) => self.exit_code(value, out)?,
            None => None,
        };
        let projected =
            |key, out: &mut Diagnostics| text(key, out).map(|text| Text::project(text.to_owned()));
        let mut exit_codes = containers.iter().flatten().map(|it| it.exit_code);
        let mut failure = self.task_failed(exit_code.or_else(|| exit_codes.find_map(|it| it)));
        if let Some(error) = text("error", out) {
            failure.error = Some(error.to_owned().into());
        }
        for fact in NameFact::ALL {
            if let Some(name) = text(fact.key(), out) {
                failure.set_name(fact, name.to_owned());
            }
        }
        if let Some(value) = section.get("ran_for") {
            failure.ran_for = Some(values::seconds(value, out)?.saturating_mul(1_000));
        }
        failure.stopped_reason = projected("stopped_reason", out);
        // Only the matcher `reason` examines these texts. So the fact `reason` meets that matcher,
        // and neither `stopped_reason` nor `container_reason`.
        failure.placement_reasons = projected("reason", out).into_iter().collect();
        let mut container = self.container(text("container", out), exit_code);
        container.reason = projected("container_reason", out);
        failure.containers = match containers {
            None => vec![container],
            Some(mut listed) => {
                let same = listed.iter_mut().find(|it| it.name == container.name);
                if let Some(same) = same {
                    same.reason = container.reason;
                } else if let Some(value) = section.get("container_reason") {
                    let message = "a reason of a container that is not in `containers`";
                    let problem = Diagnostic::new(Code::BadFailure, value.span(), message);
                    let help = "name the container of the reason with `container`";
                    out.push(problem.label("whose reason?").help(help));
                }
                listed
            }
        };
        Some(GivenFailure::Facts(failure.into()))
    }

    /// Reads the names and exit codes of all containers.
    fn containers(
        &mut self,
        section: &Section<'_>,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<Vec<Container<'static>>> {
        let table = Section::of(value, "`containers`", "{ app = 0, envoy = 137 }", out)?;
        if let Some(code) = section.get("exit_code") {
            let message = "`exit_code` next to `containers`";
            let problem = Diagnostic::new(Code::BadFailure, code.span(), message);
            let help = "write the exit code into `containers`";
            out.push(problem.label("whose exit code?").help(help));
        }
        if table.table.is_empty() {
            let problem = Diagnostic::new(Code::BadFailure, table.span, "no container");
            let help = "name the containers with their exit codes, for example `{ app = 0 }`";
            out.push(problem.label("nothing here").help(help));
            return None;
        }
        let members = table.members().into_iter();
        let containers = members.map(|(name, value)| {
            let exit_code = self.exit_code(value, out)?;
            Some(self.container(Some(name.get_ref()), exit_code))
        });
        containers.collect()
    }

    /// Reads one exit code. `Some(None)` stands for `"absent"`, `None` for a problem that is
    /// reported.
    fn exit_code(
        &mut self,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<Option<ExitCode>> {
        match self
            .exit_codes
            .read_spec(value, ExitCodeUse::Failure, out)?
        {
            ExitCodeSpec::Absent => Some(None),
            ExitCodeSpec::Range(range) if range.start() == range.end() => {
                Some(ExitCode::new(*range.start()))
            }
            ExitCodeSpec::Named(codes) => codes.only().map(Some).or_else(|| {
                let first = codes.first().map_or(0, ExitCode::bits);
                let message = "a failure with a name for several exit codes";
                let problem = Diagnostic::new(Code::BadExitCode, value.span(), message);
                let help = format!("write one of them, for example `{first}`");
                out.push(problem.label("a failure has one code").help(help));
                None
            }),
            ExitCodeSpec::Range(range) => {
                let message = "a failure with a range of exit codes";
                let problem = Diagnostic::new(Code::BadExitCode, value.span(), message);
                let help = format!("write one of them, for example `{}`", range.start());
                out.push(problem.label("a failure has one code").help(help));
                None
            }
        }
    }
}

/// Returns a table for a text that is not the name of an exit code, but probably another fact of a
/// failure, for example a stop code. `None` if that is unclear.
fn other_fact(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let key = match text {
        _ if lower.starts_with("oom") || lower.starts_with("outofmemory") => {
            return Some("{ container_reason = \"OutOfMemoryError\" }".into());
        }
        _ if STOP_CODES.contains(&text) => "stop_code",
        _ if text.ends_with(".json") => "file",
        _ if text.starts_with("States.") || text.contains("ECS.") => "error",
        _ => return None,
    };
    Some(format!("{{ {key} = \"{text}\" }}"))
}
