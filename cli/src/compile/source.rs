//! The text of a definition, and where its lines stand in the file.

use super::yaml::YamlDefinition;
use crate::input::{is_standard, name_of, read};
use crate::output::stream::complain;
use anyhow::{Context, Result};
use exitwise_asl_compiler::SourcePlace;
use exitwise_reports::layout::{BAD, paragraph};
use std::path::Path;

/// A definition as JSON.
pub(super) struct Source {
    name: String,
    pub(super) text: String,
    /// The lines in the file, from 1, of the lines of the text. `None` if they are the same.
    lines: Option<Vec<usize>>,
}

impl Source {
    /// Creates a definition from JSON.
    pub(super) fn json(name: String, text: String) -> Self {
        let lines = None;
        Self { name, text, lines }
    }

    /// Reads a definition: YAML if the name of the file says so or, on standard input, if the text does
    /// not begin as JSON does; else JSON. `None` if it is not YAML; then the problem is printed.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let name = name_of(path);
        let bytes = read(path, "definition")?;
        let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
        if !is_yaml(path, &text) {
            return Ok(Some(Self::json(name, text)));
        }
        match YamlDefinition::read(&text) {
            Ok(YamlDefinition { json, lines }) => Ok(Some(Self {
                name,
                text: json,
                lines: Some(lines),
            })),
            Err(error) => {
                let heading = format!("{BAD}error{BAD:#}: {}", error.problem);
                let place = format!("{name}:{}", error.line);
                print_problem(&place, &heading, &error.help);
                Ok(None)
            }
        }
    }

    /// Returns a place in the file.
    pub(super) fn place(&self, place: &SourcePlace) -> String {
        let name = &self.name;
        let line = |lines: &Vec<usize>| lines.get(place.line.saturating_sub(1)).copied();
        match self.lines.as_ref().and_then(line) {
            Some(line) => format!("{name}:{line}"),
            None => format!("{name}:{place}"),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether the file is in YAML.
    pub(super) fn is_yaml(&self) -> bool {
        self.lines.is_some()
    }
}

/// Returns the number of the first line, from 1, in which two texts differ. `None` if they are equal.
pub(super) fn first_difference(one: &str, other: &str) -> Option<usize> {
    let equal = one.lines().zip(other.lines());
    let equal = equal.take_while(|(one, other)| one == other).count();
    (one != other).then_some(equal + 1)
}

/// Prints a problem, its place and what to do about it.
pub(super) fn print_problem(place: &str, heading: &str, help: &str) {
    complain(paragraph(heading, "", "  ").trim_end());
    complain(format_args!("  --> {place}"));
    complain(paragraph(&format!("= help: {help}"), "  ", "    ").trim_end());
}

fn is_yaml(path: &Path, text: &str) -> bool {
    let extension = path.extension().and_then(|it| it.to_str());
    let starts_as_json = || {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.is_empty() || text.starts_with(['{', '/'])
    };
    match extension {
        _ if is_standard(path) => !starts_as_json(),
        Some("yaml" | "yml") => true,
        _ => false,
    }
}
