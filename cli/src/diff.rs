//! `exitwise diff`: prints how the decisions of two policies differ, not their texts.

use crate::args::{Diff, DiffFormat};
use crate::output::progress::Progress;
use crate::output::stream::stdout;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::Result;
use exitwise_reports::{Difference, DifferenceReport};
use std::io::Write;

pub(crate) fn run(args: &Diff) -> Result<Status> {
    let paths = [Some(&*args.old), args.new.as_deref()];
    let [old, new] = paths.map(PolicyFile::load);
    let (Some((old_name, old)), Some((new_name, new))) = (old?.usable(), new?.usable()) else {
        return Ok(Status::BadPolicy);
    };
    let mut progress = Progress::start();
    let difference = Difference::between(&old, &new, args.all, &mut |pairs| {
        progress.show(|| format!("comparing: {pairs} pairs of rules"));
    });
    drop(progress);
    let report = DifferenceReport {
        names: [&old_name, &new_name],
        old: &old,
        new: &new,
        difference,
    };
    let mut out = stdout();
    match args.format {
        DiffFormat::Text => write!(out, "{}", report.text())?,
        DiffFormat::Markdown => write!(out, "{}", report.markdown())?,
        DiffFormat::Json => writeln!(out, "{}", report.json())?,
    }
    Ok(if report.difference.is_none() {
        Status::Fine
    } else {
        Status::No
    })
}
