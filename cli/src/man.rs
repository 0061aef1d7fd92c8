//! `exitwise man`: manual pages for the program, its subcommands and the policy language.

use crate::args::{Man, POLICY_OF_PROJECT, visible_command};
use crate::examples::{EXAMPLES, Examples};
use crate::init::shipped;
use crate::output::file::write;
use crate::output::stream::say;
use crate::status::Status;
use anyhow::{Context, Result};
use clap_mangen::roff::{Roff, bold, roman};
use exitwise_engine::language::{KeySpec, Presence, TABLES, TableSpec};
use std::fs;
use std::path::Path;

/// The name and version of the program, and the name of the manual, for the last line of each page.
const SOURCE: &str = concat!("exitwise ", env!("CARGO_PKG_VERSION"));
const MANUAL: &str = "exitwise manual";

/// In place of a date. Without the space, the next part of the line would take its place.
const NO_DATE: &str = " ";

pub(crate) fn run(args: &Man) -> Result<Status> {
    let folder = args.folder.display();
    let mut command = visible_command().disable_help_subcommand(true);
    command.build();
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name();
        let examples = EXAMPLES.iter().find(|(known, _)| *known == name);
        let examples = examples.map_or(&[][..], |(_, examples)| examples);
        let page = command_page(subcommand, examples)?;
        write_page(&args.folder, &format!("exitwise-{name}.1"), &page)?;
    }
    write_page(&args.folder, "exitwise.1", &command_page(&command, &[])?)?;
    // Pages about files are in another section.
    let files = match args.folder.ends_with("man1") {
        true => args.folder.with_file_name("man5"),
        false => args.folder.clone(),
    };
    write_page(&files, "exitwise-policy.5", &policy_page()?)?;
    say(&format!(
        "manual pages written; to read one: man {folder}/exitwise-check.1"
    ))?;
    Ok(Status::Fine)
}

fn write_page(folder: &Path, name: &str, page: &[u8]) -> Result<()> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {shown}"))?;
    write(&folder.join(name), page).with_context(|| format!("cannot write to {shown}"))
}

/// The page of the program or of a subcommand.
fn command_page(command: &clap::Command, examples: Examples) -> Result<Vec<u8>> {
    let man = clap_mangen::Man::new(command.clone());
    let man = man.date(NO_DATE).source(SOURCE).manual(MANUAL);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut others = vec!["exitwise-policy(5)".to_owned()];
    let mut end = Roff::new();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
        section(&mut end, "POLICY OF THE PROJECT");
        end.text([roman(POLICY_OF_PROJECT.replace('\n', " "))]);
    } else {
        others.insert(0, "exitwise(1)".to_owned());
    }
    if !examples.is_empty() {
        section(&mut end, "EXAMPLES");
    }
    for (purpose, example) in examples {
        end.control("TP", []);
        end.text([roman(format!("{purpose}:"))]);
        end.text([bold(*example)]);
    }
    section(&mut end, "SEE ALSO");
    end.text([roman(others.join(", "))]);
    end.to_writer(&mut page)?;
    Ok(page)
}

/// The page about the policy language, made from the list of its keys.
fn policy_page() -> Result<Vec<u8>> {
    let mut page = Roff::new();
    page.control("TH", ["exitwise-policy", "5", NO_DATE, SOURCE, MANUAL]);
    section(&mut page, "NAME");
    page.text([roman("exitwise-policy - the language of retry policies")]);
    section(&mut page, "DESCRIPTION");
    let about = "A policy is a TOML file. The first of its rules that matches a failure decides: \
                 RETRIABLE runs the task again at once, TEMPORARY waits first, FATAL stops. If no \
                 rule matches, the default decides. The file docs/policy-reference.md of the \
                 repository has the whole language, and docs/diagnostics.md every error.";
    page.text([roman(about)]);
    for table in TABLES {
        table_section(&mut page, table);
    }
    section(&mut page, "EXAMPLE");
    page.control("EX", []);
    for line in shipped::text("minimal").unwrap_or_default().lines() {
        page.text([roman(line)]);
    }
    page.control("EE", []);
    section(&mut page, "SEE ALSO");
    page.text([roman("exitwise(1), exitwise-check(1), exitwise-schema(1)")]);
    let mut text = Vec::new();
    page.to_writer(&mut text)?;
    Ok(text)
}

fn table_section(page: &mut Roff, table: &TableSpec) {
    section(page, &format!("KEYS OF {}", table.name.to_uppercase()));
    page.text([roman(table.meaning)]);
    for KeySpec {
        name,
        value,
        presence,
        example,
        meaning,
        ..
    } in table.keys
    {
        let presence = match presence {
            Presence::Required => "required".to_owned(),
            Presence::Optional(default) => format!("if omitted: {default}"),
        };
        page.control("TP", []);
        page.text([bold(*name), roman(format!(" = {value}; {presence}"))]);
        page.text([roman(format!("{meaning} Example: {example}"))]);
    }
}

fn section(page: &mut Roff, title: &str) {
    page.control("SH", [title]);
}
