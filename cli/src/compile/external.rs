//! The protocol of Terraform's data source `external`: one JSON object of texts in, one out.

use super::source::Source;
use super::targets::{Target, Targets};
use super::woven::weave_or_complain;
use crate::input::read;
use crate::output::stream::stdout;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result, bail};
use exitwise_asl_compiler::Backend;
use exitwise_engine::analysis::WorstCase;
use exitwise_reports::worst_case;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// What Terraform asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The definition of a state machine.
    definition: String,
    /// A JSON object: states, and the texts of their policies. `*` stands for every Task state that runs
    /// ECS or Batch.
    policies: String,
    /// `native` or `lambda`.
    backend: Option<String>,
    /// The function, for `lambda`.
    function: Option<String>,
}

/// Reads a query from standard input, and answers it on standard output.
pub(super) fn run() -> Result<Status> {
    let query = read(Path::new("-"), "query")?;
    let query: Query = serde_json::from_slice(&query)
        .context("standard input must be a JSON object with `definition`, `policies` and, if need be, `backend` and `function`")?;
    let backend = match (query.backend.as_deref(), query.function) {
        (None | Some("native"), None) => Backend::Native,
        (Some("lambda"), Some(function)) => Backend::Lambda { function },
        (Some("lambda"), None) => bail!("`backend` lambda needs `function`, its ARN"),
        (None | Some("native"), Some(_)) => bail!("`function` needs `backend` = \"lambda\""),
        (Some(other), _) => bail!("`backend` is `{other}`; write native or lambda"),
    };
    let policies: BTreeMap<String, String> = serde_json::from_str(&query.policies).context(
        "`policies` must be a JSON object of texts: jsonencode({ STATE = file(\"policy.toml\") })",
    )?;
    let mut targets = Vec::new();
    for (state, text) in policies {
        let file = PolicyFile::from_text(format!("the policy of {state}"), text);
        let Some((_, policy)) = file.usable_for(&backend) else {
            return Ok(Status::BadPolicy);
        };
        targets.push(Target {
            name: state.clone(),
            state: (state != "*").then_some(state),
            policy,
        });
    }
    let targets = Targets(targets);
    let source = Source::json("definition".to_owned(), query.definition);
    let Some(woven) = weave_or_complain(&source, &targets, &backend) else {
        return Ok(Status::No);
    };
    let states = woven.states.iter();
    let worst: Value = states
        .filter_map(|state| {
            let policy = targets.policy_of(state)?;
            let worst = worst_case::json(policy, &WorstCase::of(policy));
            Some((state.path.clone(), worst))
        })
        .collect();
    let answer = json!({"definition": woven.text, "worst_case": worst.to_string()});
    writeln!(stdout(), "{answer}")?;
    Ok(Status::Fine)
}
