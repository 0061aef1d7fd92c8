//! `exitwise explain`: explains which rule decides for a failure, and why.

use crate::args::{Explain, Format};
use crate::input::{self, name_of};
use crate::output::stream::{complain, json_stdout, stdout};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Context, Result};
use exitwise_reports::{ExplainError, Explainer, ReportFormat};
use std::io::BufWriter;

/// Size of the buffer before standard output, in bytes. A decision as JSON takes several KiB.
const BUFFER_BYTES: usize = 64 * 1024;

pub(crate) fn run(args: &Explain) -> Result<Status> {
    let (format, out) = match args.format {
        Format::Json => (ReportFormat::Json, json_stdout()),
        Format::Text => (ReportFormat::Text, stdout()),
    };
    let policy = PolicyFile::load(args.policy.as_deref())?;
    let out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let mut explainer = Explainer::new(&policy, args.policy.is_some(), format, out);
    for path in &args.events {
        let name = name_of(path);
        let recordings = input::recordings(path);
        let recordings = recordings.with_context(|| format!("{name} cannot be explained"))?;
        match explainer.explain(&name, &recordings.all) {
            Ok(()) => {}
            Err(ExplainError::InvalidPolicy(problems)) => {
                explainer.flush()?;
                complain(problems);
                return Ok(Status::BadPolicy);
            }
            Err(error) => return Err(error.into()),
        }
    }
    explainer.flush()?;
    Ok(Status::Fine)
}
