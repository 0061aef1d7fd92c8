//! Reads `[[test]]`: the failures of one execution, and the expected decisions.

use super::exit_codes::ExitCodeNames;
use super::keys;
use super::section::Section;
use super::tree::{TomlNode, elements};
use super::values;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, counted, quoted};
use crate::policy::{Expectation, GivenFailure, Rule, TestCase, TestStep, Type};
use std::collections::BTreeMap;
use std::ops::Range;

/// Reads tests, with the parts of the policy that tests refer to.
pub(super) struct TestReader<'p> {
    /// The policy's `container`.
    pub(super) container: Option<&'p str>,
    pub(super) rules: &'p [Rule],
    pub(super) exit_codes: &'p mut ExitCodeNames,
}

/// A value with its position. `None` if the value could not be read.
type Placed<T> = (Range<usize>, Option<T>);

impl TestReader<'_> {
    /// Returns the tests that can be read; problems of the others are reported.
    pub(super) fn read(&mut self, root: &Section<'_>, out: &mut Diagnostics) -> Vec<TestCase> {
        let Some(value) = root.get("test") else {
            return Vec::new();
        };
        let help = "head each test with `[[test]]`";
        let Some(list) = values::list(value, "a list of tests", help, out) else {
            return Vec::new();
        };
        let mut names = BTreeMap::new();
        let tests = list.iter().filter_map(|test| {
            let section = Section::of(
                test,
                "`[[test]]`",
                "{ failures = [4], expect = [\"FATAL\"] }",
                out,
            )?;
            self.test(section, &mut names, out)
        });
        tests.collect()
    }

    fn test<'t>(
        &mut self,
        section: Section<'t>,
        names: &mut BTreeMap<&'t str, Range<usize>>,
        out: &mut Diagnostics,
    ) -> Option<TestCase> {
        section.only(keys::TEST, out);
        let name = test_name(&section, names, out);
        let failures = section.required("failures", "failures = [4]", out);
        let failures = failures.map(|value| self.each(value, out, Self::failure));
        let expect = section.required("expect", "expect = [\"FATAL\"]", out);
        let expect = expect.map(|value| self.each(value, out, Self::expectation));
        let (failures, expect) = (failures?, expect?);
        check_lengths(&section, &failures, &expect, out);
        check_nothing_after_the_end(&expect, out);
        let steps = failures.into_iter().zip(expect).map(|(given, expected)| {
            let ((given_span, given), (expected_span, expected)) = (given, expected);
            Some(TestStep {
                given: given?,
                given_span,
                expected: expected?,
                expected_span,
            })
        });
        let steps = steps.collect::<Option<_>>()?;
        Some(TestCase {
            name: name?,
            span: section.span,
            steps,
        })
    }

    fn each<'t, T>(
        &mut self,
        value: TomlNode<'t>,
        out: &mut Diagnostics,
        read: impl Fn(&mut Self, TomlNode<'t>, &mut Diagnostics) -> Option<T>,
    ) -> Vec<Placed<T>> {
        values::refuse_empty_list(value, out);
        elements(value)
            .iter()
            .map(|value| (value.span(), read(self, value, out)))
            .collect()
    }
}

/// Reads the name of a test. `None` if it cannot be read; then that is reported.
fn test_name<'t>(
    section: &Section<'t>,
    names: &mut BTreeMap<&'t str, Range<usize>>,
    out: &mut Diagnostics,
) -> Option<String> {
    let value = section.required("name", "name = \"a bad input is final\"", out)?;
    let (name, span) = (
        values::text(value, "\"a bad input is final\"", out)?,
        value.span(),
    );
    if name.trim().is_empty() {
        let problem = Diagnostic::new(Code::BadName, span, "a test without a name");
        let help = "say what the test shows, for example `name = \"a bad input is final\"`";
        out.push(problem.label("no name").help(help));
    } else if let Some(first) = names.insert(name, span.clone()) {
        let message = format!("two tests are called {}", quoted(name));
        let problem = Diagnostic::new(Code::RepeatedName, span, message);
        let problem = problem.label("again here").help("rename one of them");
        out.push(problem.related(first, "named here first"));
    }
    Some(name.to_owned())
}

/// Reports a test with more or fewer expectations than failures.
fn check_lengths(
    section: &Section<'_>,
    failures: &[Placed<GivenFailure>],
    expect: &[Placed<Expectation>],
    out: &mut Diagnostics,
) {
    let (count, expected) = (failures.len(), expect.len());
    if count == 0 || expected == 0 {
        return;
    }
    let (span, label, shorter) = match (failures.get(expected), expect.get(count)) {
        (Some((span, _)), _) => (span, "no expectation follows this one", "expect"),
        (_, Some((span, _))) => (span, "no failure comes before this one", "failures"),
        (None, None) => return,
    };
    let message = format!(
        "{} and {}",
        counted(count, "failure"),
        counted(expected, "expectation")
    );
    let problem = Diagnostic::new(Code::TestLength, span.clone(), message);
    let help = "write one expectation for each failure, in the same order";
    let problem = problem.label(label).help(help);
    out.push(problem.related(section.span_of(shorter), "too short"));
}

fn check_nothing_after_the_end(expect: &[Placed<Expectation>], out: &mut Diagnostics) {
    for ((end, expectation), (next, _)) in expect.iter().zip(expect.iter().skip(1)) {
        let type_ = expectation.as_ref().and_then(|it| it.type_);
        if let Some(type_ @ (Type::Fatal | Type::Success)) = type_ {
            let message = format!("an expectation after {type_}");
            let problem = Diagnostic::new(Code::BadExpectation, next.clone(), message);
            let help = format!("end the test with {type_}; put other failures into another test");
            let problem = problem.label("never reached").help(help);
            out.push(problem.related(end.clone(), "the execution ends here"));
        }
    }
}
