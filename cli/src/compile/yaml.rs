//! Definitions in YAML, as JSON.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, Tag, YamlData};
use serde_json::Value;

/// A definition in YAML as JSON text, with the line that each line of the JSON comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct YamlDefinition {
    pub(super) json: String,
    /// The lines of the YAML text, from 1, for the lines of the JSON.
    pub(super) lines: Vec<usize>,
}

/// The reason why a text is not a definition in YAML.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct YamlProblem {
    /// From 1.
    pub(super) line: usize,
    pub(super) problem: String,
    pub(super) help: String,
}

impl YamlDefinition {
    /// Reads YAML 1.2 without tags. Aliases stand for what they refer to; keys keep their order.
    pub(super) fn read(text: &str) -> Result<Self, YamlProblem> {
        let mut documents = MarkedYaml::load_from_str(text).map_err(|error| YamlProblem {
            line: error.marker().line(),
            problem: format!("this is not YAML: {}", error.info()),
            help: "correct the text, or write the definition in JSON".to_owned(),
        })?;
        let document = documents.pop().filter(|_| documents.is_empty());
        let Some(document) = document else {
            return Err(YamlProblem {
                line: 1,
                problem: "a definition is one YAML document".to_owned(),
                help: "leave one document, without `---` between states".to_owned(),
            });
        };
        let mut writer = JsonWriter {
            definition: Self {
                json: String::new(),
                lines: vec![document.span.start.line()],
            },
            depth: 0,
        };
        writer.node(&document)?;
        writer.definition.json.push('\n');
        Ok(writer.definition)
    }
}

/// Writes JSON with two spaces for each level, and each member on a line of its own.
struct JsonWriter {
    definition: YamlDefinition,
    depth: usize,
}

impl JsonWriter {
    fn push(&mut self, text: &str) {
        self.definition.json.push_str(text);
    }

    /// Starts a line for something on this line of the YAML text.
    fn new_line(&mut self, line: usize) {
        self.push("\n");
        self.push(&"  ".repeat(self.depth));
        self.definition.lines.push(line);
    }

    fn node(&mut self, node: &MarkedYaml<'_>) -> Result<(), YamlProblem> {
        let line = node.span.start.line();
        match &node.data {
            YamlData::Value(scalar) => {
                let value = value_of(scalar).ok_or_else(|| YamlProblem {
                    line,
                    problem: "JSON has no such number".to_owned(),
                    help: "write it as a text, in quotes".to_owned(),
                })?;
                self.push(&value.to_string());
                Ok(())
            }
            YamlData::Sequence(items) if items.is_empty() => {
                self.push("[]");
                Ok(())
            }
            YamlData::Sequence(items) => {
                self.push("[");
                self.depth += 1;
                for (index, item) in items.iter().enumerate() {
                    self.push(if index == 0 { "" } else { "," });
                    self.new_line(item.span.start.line());
                    self.node(item)?;
                }
                self.depth -= 1;
                self.new_line(line);
                self.push("]");
                Ok(())
            }
            YamlData::Mapping(members) if members.is_empty() => {
                self.push("{}");
                Ok(())
            }
            YamlData::Mapping(members) => {
                self.push("{");
                self.depth += 1;
                for (index, (key, value)) in members.iter().enumerate() {
                    self.push(if index == 0 { "" } else { "," });
                    self.new_line(key.span.start.line());
                    let key = key_of(key)?;
                    self.push(&Value::from(key).to_string());
                    self.push(": ");
                    self.node(value)?;
                }
                self.depth -= 1;
                self.new_line(line);
                self.push("}");
                Ok(())
            }
            YamlData::Tagged(tag, node) => Err(tagged(tag, node, line)),
            YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
                Err(YamlProblem {
                    line,
                    problem: "this value cannot be read".to_owned(),
                    help: "write the value itself in its place".to_owned(),
                })
            }
        }
    }
}

/// Returns the JSON value of a scalar. `None` if JSON does not have it.
fn value_of(scalar: &Scalar<'_>) -> Option<Value> {
    Some(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => (*value).into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::FloatingPoint(number) => serde_json::Number::from_f64(number.into_inner())?.into(),
        Scalar::String(text) => text.as_ref().into(),
    })
}

fn key_of(key: &MarkedYaml<'_>) -> Result<String, YamlProblem> {
    let problem = |problem: &str, help: &str| YamlProblem {
        line: key.span.start.line(),
        problem: problem.to_owned(),
        help: help.to_owned(),
    };
    match &key.data {
        YamlData::Value(Scalar::String(text)) if text == "<<" => Err(problem(
            "`<<` is not part of YAML 1.2",
            "write the members here",
        )),
        YamlData::Value(scalar) => match value_of(scalar) {
            Some(Value::String(text)) => Ok(text),
            Some(value) => Ok(value.to_string()),
            None => Err(problem("JSON has no such key", "write it in quotes")),
        },
        _ => Err(problem("a key must be a text", "write a text as the key")),
    }
}

/// Returns the problem of a value with a tag, as templates of CloudFormation have them.
fn tagged(tag: &Tag, node: &MarkedYaml<'_>, line: usize) -> YamlProblem {
    let name = format!("{}{}", tag.handle, tag.suffix);
    let text = match &node.data {
        YamlData::Value(Scalar::String(text)) => text.as_ref(),
        _ => "",
    };
    let help = match name.as_str() {
        "!Sub" => format!(
            "write {} without the tag, and give its markers values in DefinitionSubstitutions",
            Value::from(text)
        ),
        "!Ref" | "!GetAtt" => {
            let marker = text.replace(['.', ':'], "");
            format!(
                "write \"${{{marker}}}\", and `{marker}: {name} {text}` in DefinitionSubstitutions"
            )
        }
        _ => "write a marker such as \"${Name}\", and give it a value in DefinitionSubstitutions"
            .to_owned(),
    };
    YamlProblem {
        line,
        problem: format!("the tag `{name}` means nothing to a state machine"),
        help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, expected: Result<&str, (usize, &str, &str)>) {
        let found = YamlDefinition::read(yaml);
        match (&found, expected) {
            (Ok(found), Ok(expected)) => {
                assert_eq!(found.json.trim_end(), expected, "{yaml}");
                assert_eq!(found.json.lines().count(), found.lines.len(), "{yaml}");
            }
            (Err(found), Err((line, problem, help))) => {
                assert_eq!(found.line, line, "{yaml}\n{found:?}");
                assert!(found.problem.contains(problem), "{yaml}\n{found:?}");
                assert!(found.help.contains(help), "{yaml}\n{found:?}");
            }
            _ => panic!("{yaml}\n{found:?}"),
        }
    }

    #[test]
    fn yaml_becomes_json_with_the_same_keys_in_the_same_order() {
        for (yaml, json) in [
            (
                "b: 1\na: [x, 'y']\n",
                "{\n  \"b\": 1,\n  \"a\": [\n    \"x\",\n    \"y\"\n  ]\n}",
            ),
            ("a: ${marker}", "{\n  \"a\": \"${marker}\"\n}"),
            ("a: '{% $x %}'", "{\n  \"a\": \"{% $x %}\"\n}"),
            ("a: |\n  one\n  two\n", "{\n  \"a\": \"one\\ntwo\\n\"\n}"),
            ("a: {}\nb: []", "{\n  \"a\": {},\n  \"b\": []\n}"),
            (
                "1: true\nx: ~\ny: 2.5",
                "{\n  \"1\": true,\n  \"x\": null,\n  \"y\": 2.5\n}",
            ),
            ("a: &A 7\nb: *A", "{\n  \"a\": 7,\n  \"b\": 7\n}"),
        ] {
            check(yaml, Ok(json));
        }
    }

    #[test]
    fn what_is_not_a_definition_is_refused_with_its_line() {
        for (yaml, line, problem, help) in [
            (
                "a:\n  b: !Sub '${X}-y'",
                2,
                "`!Sub`",
                "write \"${X}-y\" without the tag",
            ),
            (
                "a: !Ref Cluster",
                1,
                "`!Ref`",
                "write \"${Cluster}\", and `Cluster: !Ref Cluster`",
            ),
            (
                "a: !GetAtt Role.Arn",
                1,
                "`!GetAtt`",
                "write \"${RoleArn}\"",
            ),
            ("a: !If [x, y]", 1, "`!If`", "${Name}"),
            (
                "x: &B {a: 1}\nc:\n  <<: *B",
                3,
                "`<<`",
                "write the members here",
            ),
            ("a: .inf", 1, "no such number", "in quotes"),
            ("? [a]\n: 1", 1, "a key must be a text", "a text"),
            ("a: 1\n---\nb: 2", 1, "one YAML document", "---"),
            ("", 1, "one YAML document", "---"),
            ("a: [1", 2, "not YAML", "JSON"),
        ] {
            check(yaml, Err((line, problem, help)));
        }
    }
}
