//! `exitwise compile`: writes the standard state machine, or puts policies into one that exists.

use super::external;
use super::marks::check_marks;
use super::source::{Source, first_difference};
use super::targets::Targets;
use super::woven::{report, weave_or_complain};
use crate::args::{BackendName, Compile};
use crate::input::{is_standard, name_of, read};
use crate::output::file;
use crate::output::stream::{complain, stdout};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use exitwise_asl_compiler::{Backend, FUNCTION_MARKER, standard_machine};
use exitwise_engine::analysis::WorstCase;
use exitwise_reports::layout::{BAD, GOOD, paragraph};
use exitwise_reports::worst_case;
use std::io::Write;
use std::path::Path;

pub(crate) fn run(args: &Compile) -> Result<Status> {
    if args.external {
        return external::run();
    }
    let backend = backend(args)?;
    if !args.policy.is_empty() {
        let Some(workflow) = &args.file else {
            bail!(
                "--policy needs a state machine to put the policy into: exitwise compile WORKFLOW.asl.json --policy POLICY.toml"
            );
        };
        let Some(targets) = Targets::load(&args.policy, &backend)? else {
            return Ok(Status::BadPolicy);
        };
        let Some(source) = Source::read(workflow)? else {
            return Ok(Status::No);
        };
        let Some(woven) = weave_or_complain(&source, &targets, &backend) else {
            return Ok(Status::No);
        };
        report(&source, &woven, &targets);
        return deliver(args, &woven.text);
    }
    match &args.file {
        Some(file) if args.check && args.output.is_none() => match Source::read(file)? {
            Some(source) => check_marks(&source),
            None => Ok(Status::No),
        },
        Some(file) if looks_like_definition(file) => bail!(
            "{0} is a state machine; say which policy to put into it: exitwise compile {0} --policy POLICY.toml",
            name_of(file)
        ),
        file => standard(args, file.as_deref(), &backend),
    }
}

/// Returns the backend that the options name.
fn backend(args: &Compile) -> Result<Backend> {
    Ok(match (args.backend, &args.function) {
        (BackendName::Native, None) => Backend::Native,
        (BackendName::Native, Some(_)) => bail!("--function needs --backend lambda"),
        (BackendName::Lambda, function) => Backend::Lambda {
            function: function
                .clone()
                .unwrap_or_else(|| FUNCTION_MARKER.to_owned()),
        },
    })
}

/// Compiles a policy into the standard state machine.
fn standard(args: &Compile, path: Option<&Path>, backend: &Backend) -> Result<Status> {
    let Some((name, policy)) = PolicyFile::load(path)?.usable_for(backend) else {
        return Ok(Status::BadPolicy);
    };
    let machine = standard_machine(&policy, &name, backend)?;
    let status = deliver(args, &machine)?;
    if args.output.is_some() && !args.check {
        let worst = WorstCase::of(&policy);
        complain(worst_case::lines(&policy, &worst).trim_end());
    }
    Ok(status)
}

/// Writes the definition, or compares it with the file that is there.
fn deliver(args: &Compile, definition: &str) -> Result<Status> {
    let Some(path) = args.output.as_deref().filter(|path| !is_standard(path)) else {
        if args.check {
            bail!("--check needs the file to compare with: -o FILE");
        }
        stdout().write_all(definition.as_bytes())?;
        return Ok(Status::Fine);
    };
    let name = name_of(path);
    if !args.check {
        file::write(path, definition.as_bytes()).with_context(|| format!("cannot write {name}"))?;
        complain(format_args!("{GOOD}{name}{GOOD:#}: written"));
        return Ok(Status::Fine);
    }
    let found = read(path, "definition")?;
    let Some(line) = first_difference(definition, &String::from_utf8_lossy(&found)) else {
        complain(format_args!("{GOOD}{name}{GOOD:#}: up to date"));
        return Ok(Status::Fine);
    };
    let why = format!(
        "{BAD}{name}{BAD:#}: not what this command writes, from line {line} on; run it again without --check"
    );
    complain(paragraph(&why, "", "  ").trim_end());
    Ok(Status::No)
}

/// Returns whether the name of a file is that of a state machine rather than a policy.
fn looks_like_definition(path: &Path) -> bool {
    let extension = path.extension().and_then(|it| it.to_str());
    matches!(extension, Some("json" | "asl" | "yaml" | "yml" | "jsonc"))
}
