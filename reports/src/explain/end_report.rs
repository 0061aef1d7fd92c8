//! The report of `explain` about the end of an execution.

use super::decision_report::Agreement;
use crate::json::document;
use crate::layout::{counted, one_line, paragraph};
use exitwise_engine::Policy;
use exitwise_evidence::ExecutionEnd;
use exitwise_evidence::history::History;
use serde::Serialize;
use serde_json::{Value, json};

/// Maximum length of a printed error name, in characters.
const MAX_ERROR_CHARS: usize = 80;

/// Maximum length of a printed cause, in characters.
const MAX_CAUSE_CHARS: usize = 1_024;

/// Maximum length of a printed ARN, in characters.
const MAX_ARN_CHARS: usize = 256;

/// Returns the lines that follow the decisions of a history.
pub(crate) fn history_summary(name: &str, history: &History, agreements: &[Agreement]) -> String {
    let end = match &history.end {
        Some(end) => {
            let error = end.error.as_deref().map(|it| one_line(it, MAX_ERROR_CHARS));
            let outcome = history.outcome().map(|it| one_line(it, MAX_ERROR_CHARS));
            let outcome = outcome.map(|outcome| format!("outcome {outcome}"));
            let reason = error.or(outcome).map(|reason| format!(": {reason}"));
            format!("the execution {}{}", end.verb(), reason.unwrap_or_default())
        }
        None => "the history does not say how the execution ended".into(),
    };
    let mut lines = vec![format!("{name}: {end}")];
    let all = agreements.len();
    let count = |wanted| agreements.iter().filter(|it| **it == wanted).count();
    let (same, differ) = (count(Agreement::Same), count(Agreement::Differs));
    if differ > 0 {
        lines.push(format!(
            "{differ} of {all} decisions differ from the recorded ones: the policy was another one"
        ));
    } else if same > 0 && same == all {
        lines.push(format!("{}, as recorded", counted(all, "decision")));
    } else if all == 0 && history.without_data == 0 {
        lines.push(
            "no task failed and ProcessError was not called: there is no decision to explain"
                .into(),
        );
    }
    if history.without_data > 0 {
        let decisions = counted(history.without_data, "decision");
        lines.push(format!(
            "{decisions} cannot be explained: the history has no data"
        ));
        lines.push("get the history without --no-include-execution-data".into());
    }
    if history.is_truncated {
        lines.push(
            "more events follow: get the history without --max-items and --no-paginate".into(),
        );
    }
    let mut text = String::new();
    for (n, line) in lines.iter().enumerate() {
        let first = if n == 0 { "" } else { "  " };
        text += &paragraph(line, first, "    ");
    }
    text
}

/// The end of an execution whose history is unknown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndReport<'t> {
    event: &'t str,
    policy: &'t str,
    policy_hash: &'t str,
    status: &'t str,
    error: Option<&'t str>,
    cause: Option<&'t str>,
    meaning: &'static str,
    /// The line of the rule that the error names. `None` if the policy has no such rule.
    line: Option<usize>,
    #[serde(skip)]
    arn: Option<&'t str>,
    /// A description of the rule that the error names.
    #[serde(skip)]
    rule: Option<String>,
}

impl<'t> EndReport<'t> {
    pub(crate) fn new(
        name: &'t str,
        execution: &'t ExecutionEnd,
        file: &'t str,
        policy: &'t Policy,
    ) -> Self {
        let error = execution.error.as_deref();
        let rule_name = error
            .and_then(|error| error.split_once('.'))
            .filter(|(kind, _)| ["Fatal", "RetriesExhausted"].contains(kind))
            .map(|(_, name)| name);
        let rule = rule_name.and_then(|name| policy.rule(name));
        let described = rule_name.map(|name| match rule {
            None => {
                format!("{file} has no rule {name}: use --policy with the policy that was deployed")
            }
            Some(rule) => {
                let (line, max) = (rule.line(), rule.max_retries());
                let type_ = rule.action().to_type();
                format!("{name} ({file}:{line}), {type_}, max_retries {max}")
            }
        });
        Self {
            event: name,
            policy: file,
            policy_hash: policy.hash(),
            status: &execution.status,
            error,
            cause: execution.cause.as_deref(),
            meaning: meaning(&execution.status, error),
            line: rule.map(|rule| rule.line()),
            arn: execution.arn.as_deref(),
            rule: described,
        }
    }

    pub(crate) fn json(&self) -> Value {
        document(json!(self))
    }

    pub(crate) fn text(&self) -> String {
        let shown = |text: &str| one_line(text, MAX_CAUSE_CHARS);
        let missing = "the failures and the other decisions; only the history has them:";
        let lines = [
            ("error:", self.error.map(shown)),
            ("cause:", self.cause.map(shown)),
            ("meaning:", Some(self.meaning.to_owned())),
            ("rule:", self.rule.clone()),
            ("missing:", Some(missing.to_owned())),
        ];
        let lines = lines
            .into_iter()
            .filter_map(|(label, text)| Some((label, text?)));
        let lines: String = lines
            .map(|(label, text)| paragraph(&text, &format!("  {label:<9} "), "            "))
            .collect();
        let status = one_line(self.status, MAX_ERROR_CHARS);
        let arn = one_line(self.arn.unwrap_or("ARN"), MAX_ARN_CHARS);
        let command = format!(
            "aws stepfunctions get-execution-history --output json --execution-arn {arn} | \
             exitwise explain -"
        );
        format!(
            "{}: the execution is {status}\n{lines}    {command}\n",
            self.event
        )
    }
}

/// Explains the status and the error of an execution.
fn meaning(status: &str, error: Option<&str>) -> &'static str {
    match status {
        "SUCCEEDED" => return "the task succeeded in the end, or a SUCCESS rule decided",
        "RUNNING" => return "the execution is still running",
        "TIMED_OUT" => return "the execution took longer than the state machine allows",
        "ABORTED" => return "somebody stopped the execution",
        _ => {}
    }
    let Some(error) = error else {
        return "no error is recorded";
    };
    match error.split_once('.').map_or(error, |(kind, _)| kind) {
        "Fatal" => "a FATAL rule decided",
        "RetriesExhausted" => {
            "the retries of the rule, or those of limits.max_retries, are used up"
        }
        "WaitBudgetSpent" => "with the next wait, the waits would exceed limits.max_total_wait",
        "DeadlineReached" => "the next wait would end after limits.max_elapsed",
        "InvalidEvent" => {
            "ProcessError got no failure: the state machine passes none, or under another name"
        }
        "InvalidErrorState" => {
            "ProcessError got unusable counters, so nothing would bound the retries"
        }
        "InvalidInput" => {
            "the execution's input has no `commands`, a list of strings; no task was started"
        }
        "UnknownDecision" => "ProcessError returned a type that the state machine does not know",
        "Policy" => "the policy in the state machine's definition has errors; use exitwise check",
        "Handler" => "there is a bug in ProcessError; its log says where",
        "Lambda" => "ProcessError could not be called, and repeated calls failed too",
        _ => "Step Functions ended the execution, and no Catch handles this error",
    }
}
