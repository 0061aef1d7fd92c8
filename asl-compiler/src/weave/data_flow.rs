//! What becomes of the task's result: the keys for it, in the branch and on the Parallel.

use super::error::WeaveErrorKind;
use super::parallel::NamedFragment;
use super::result_of::rewrite_result;
use super::state_tree::variable_of;
use crate::json::{Fragment, Node, NodeKind, NodeMember, SourceDocument};
use crate::states::{NamedState, RetryLoop, SUCCESS_MEMBERS, expression};
use std::ops::Range;

/// The variable, inside the branch of a JSONPath state, with what the state assigns.
pub(super) const ASSIGNED: &str = "taskAssigned";

/// The keys and states that carry the task's result out of the branch.
#[derive(Debug)]
pub(super) struct DataFlow {
    /// Keys of the call.
    pub(super) call: Vec<NamedFragment>,
    /// Keys of the Parallel.
    pub(super) outside: Vec<NamedFragment>,
    /// The state for failures that the policy calls a success.
    pub(super) succeeded: NamedState,
    /// A state after the call and Succeeded.
    pub(super) done: Option<NamedState>,
    /// The markers that may stand for an expression.
    pub(super) hidden: Vec<Range<usize>>,
    /// The keys that read the result.
    pub(super) reads_result: Vec<(&'static str, Range<usize>)>,
}

/// Keys that cannot be carried over, and where.
pub(super) type Problems = Vec<(Range<usize>, WeaveErrorKind)>;

/// The state that is woven, and the loop that it gets.
pub(super) struct WovenTask<'a> {
    pub(super) document: &'a SourceDocument<'a>,
    pub(super) path: &'a str,
    pub(super) state: &'a Node,
    pub(super) retry_loop: &'a RetryLoop<'a>,
}

impl WovenTask<'_> {
    fn with_comments(&self, member: &NodeMember, value: Fragment) -> Fragment {
        Fragment::with_comments(self.document, self.state, member, value)
    }

    /// Returns a member of the state, as it is.
    pub(super) fn moved(&self, member: &NodeMember) -> NamedFragment {
        let value = Fragment::verbatim(self.document, &member.value);
        (member.key.clone(), self.with_comments(member, value))
    }

    /// Returns the data flow of a JSONata state: `Assign` and `Output` go to the Parallel.
    pub(super) fn jsonata_flow(&self) -> Result<DataFlow, Problems> {
        let mut flow = DataFlow {
            call: Vec::new(),
            outside: Vec::new(),
            succeeded: self.retry_loop.succeeded(),
            done: None,
            hidden: Vec::new(),
            reads_result: Vec::new(),
        };
        let mut problems = Problems::new();
        for key in ["Assign", "Output"] {
            let Some(member) = self.state.member(key) else {
                continue;
            };
            let value = &member.value;
            let rewritten = rewrite_result(self.document, value);
            problems.extend(rewritten.problems);
            if rewritten.hidden.contains(&value.span)
                && !matches!(value.kind, NodeKind::Text(ref it) if it.starts_with("{%"))
            {
                problems.push((value.span.clone(), self.marker(key)));
            }
            if rewritten.text != self.document.slice(value.span.clone()) {
                flow.reads_result.push((key, member.key_span.clone()));
            }
            flow.hidden.extend(rewritten.hidden);
            let value = Fragment::dedented(self.document, &rewritten.text, value.span.start);
            let value = self.with_comments(member, value);
            flow.outside.push((key.to_owned(), value));
        }
        if self.state.member("Output").is_none() {
            let result = expression("$states.result[0]");
            flow.outside.push(("Output".to_owned(), result));
        }
        match problems.is_empty() {
            true => Ok(flow),
            false => Err(problems),
        }
    }

    fn marker(&self, key: &str) -> WeaveErrorKind {
        WeaveErrorKind::Marker {
            owner: format!("`{}`", self.path),
            key: key.to_owned(),
        }
    }

    /// Returns the data flow of a JSONPath state. `ResultPath` and `OutputPath` stay with the call,
    /// whose input is that of the Parallel; Succeeded has them, too. `Assign` is evaluated where its
    /// paths are right, into one variable, whose members the Parallel assigns.
    pub(super) fn json_path_flow(&self) -> Result<DataFlow, Problems> {
        let mut call = Vec::new();
        let mut succeeded = vec![
            ("Type".to_owned(), Fragment::text("Pass")),
            (
                "Parameters".to_owned(),
                Fragment::object(SUCCESS_MEMBERS.map(|name| {
                    (
                        format!("{name}.$"),
                        Fragment::Text(format!("$errorState.{name}")),
                    )
                })),
            ),
        ];
        for key in ["ResultPath", "OutputPath"] {
            if let Some(member) = self.state.member(key) {
                call.push(self.moved(member));
                let value = Fragment::verbatim(self.document, &member.value);
                succeeded.push((key.to_owned(), value));
            }
        }
        let mut outside = Vec::new();
        let mut done = None;
        let mut reads_result = Vec::new();
        if let Some(member) = self.state.member("Assign") {
            if !matches!(member.value.kind, NodeKind::Object(_)) {
                let kind = match member.value.kind {
                    NodeKind::Marker => self.marker("Assign"),
                    _ => WeaveErrorKind::WrongType {
                        owner: format!("`{}`", self.path),
                        key: "Assign".to_owned(),
                        expected: "an object of variables",
                    },
                };
                return Err(vec![(member.value.span.clone(), kind)]);
            }
            let assigned = Fragment::verbatim(self.document, &member.value);
            let assign = Fragment::object([(ASSIGNED, assigned)]);
            succeeded.push(("Assign".to_owned(), assign.clone()));
            call.push(("Assign".to_owned(), self.with_comments(member, assign)));
            let variables = member.value.members().iter().map(|member| {
                let variable = variable_of(&member.key);
                let is_plain = variable
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'_');
                let path = match is_plain {
                    true => format!("$[0].assigned.{variable}"),
                    false => format!("$[0].assigned['{variable}']"),
                };
                (format!("{variable}.$"), Fragment::Text(path))
            });
            outside.push(("Assign".to_owned(), Fragment::object(variables)));
            outside.push(("OutputPath".to_owned(), Fragment::text("$[0].output")));
            reads_result.push(("Assign", member.key_span.clone()));
            let both = Fragment::object([
                ("assigned.$", Fragment::Text(format!("${ASSIGNED}"))),
                ("output.$", Fragment::text("$")),
            ]);
            let state = Fragment::object([
                ("Type", Fragment::text("Pass")),
                ("Parameters", both),
                ("End", Fragment::Bool(true)),
            ]);
            done = Some((self.retry_loop.name("Done"), state));
        } else {
            outside.push(("OutputPath".to_owned(), Fragment::text("$[0]")));
        }
        let end = end_or_next(done.as_ref());
        succeeded.push(end);
        Ok(DataFlow {
            call,
            outside,
            succeeded: (
                self.retry_loop.name("Succeeded"),
                Fragment::Object(succeeded),
            ),
            done,
            hidden: Vec::new(),
            reads_result,
        })
    }
}

/// Returns the key that leads to a state, or ends the branch.
pub(super) fn end_or_next(next: Option<&NamedState>) -> NamedFragment {
    match next {
        None => ("End".to_owned(), Fragment::Bool(true)),
        Some((name, _)) => ("Next".to_owned(), Fragment::Text(name.clone())),
    }
}
