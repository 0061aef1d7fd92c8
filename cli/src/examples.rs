//! Examples of commands, for the help and the manual pages.

/// The examples of one subcommand: what each is for, and the command.
pub(crate) type Examples = &'static [(&'static str, &'static str)];

/// The examples by subcommand.
pub(crate) const EXAMPLES: [(&str, Examples); 10] = [
    (
        "init",
        &[
            ("Start with a commented policy", "exitwise init"),
            (
                "Start with the policy for Spot, for the container `worker`",
                "exitwise init --from spot-first --container worker",
            ),
        ],
    ),
    (
        "check",
        &[
            ("Check the policy of the project", "exitwise check"),
            (
                "Check a folder for a pull request",
                "exitwise check --format github --deny warnings policies",
            ),
            (
                "Check again at each change, while you edit",
                "exitwise check --watch",
            ),
            (
                "Write results for code scanning",
                "exitwise check --format sarif policies > policies.sarif",
            ),
        ],
    ),
    (
        "prove",
        &[("Prove all policies of a folder", "exitwise prove policies")],
    ),
    (
        "diff",
        &[(
            "Compare the committed policy with the edited one",
            "git show HEAD:policy.toml | exitwise diff - policy.toml",
        )],
    ),
    (
        "compile",
        &[
            (
                "Write a state machine that runs one ECS task and needs no function",
                "exitwise compile policy.toml > workflow.asl.json",
            ),
            (
                "Put a policy into the state Train of a state machine that you have",
                "exitwise compile workflow.asl.json --policy Train=policy.toml -o woven.asl.json",
            ),
            (
                "Fail if that file is not up to date",
                "exitwise compile workflow.asl.json --policy Train=policy.toml -o woven.asl.json --check",
            ),
        ],
    ),
    (
        "explain",
        &[
            (
                "Explain a failed execution",
                "aws stepfunctions get-execution-history --output json --execution-arn ARN | exitwise explain -",
            ),
            (
                "Try another policy on last night's failures",
                "exitwise explain --policy policy.toml history.json",
            ),
        ],
    ),
    (
        "backtest",
        &[
            (
                "Count the failures in a log, and suggest rules for those that are unknown",
                "exitwise backtest --suggest policy.toml stopped-tasks.jsonl.gz",
            ),
            (
                "Compare the edited policy with the committed one, for a pull request",
                "exitwise backtest --against old.toml --format markdown policy.toml histories",
            ),
            (
                "Fail if something fails in a new way",
                "exitwise backtest --exit-on-default 5% policy.toml last-night.jsonl",
            ),
        ],
    ),
    (
        "run",
        &[
            (
                "Run the demo task without waiting",
                "exitwise run --fast NetworkError",
            ),
            (
                "Run a program of your own",
                "exitwise run --policy policy.toml --entrypoint 'my-program --flag' argument",
            ),
            (
                "Run the failures of an execution again under another policy",
                "exitwise run --fast --policy policy.toml --replay history.json",
            ),
            (
                "Run a state machine of your own, woven or not",
                "exitwise run --fast --definition woven.asl.json --answers answers.json NetworkError",
            ),
        ],
    ),
    (
        "playground",
        &[
            (
                "Edit the policy of the project on a page",
                "exitwise playground",
            ),
            (
                "Write the page for somebody else",
                "exitwise playground policy.toml -o policy.html",
            ),
        ],
    ),
    (
        "simulate",
        &[
            (
                "Simulate three failures",
                "exitwise simulate --failures NetworkError,stop_code=SpotInterruption,137",
            ),
            (
                "Simulate many executions with random failures, and draw them",
                "exitwise simulate --random --mix network-error=0.2 --svg policy.svg",
            ),
        ],
    ),
];

/// The examples as text at the end of a help.
pub(crate) fn help(examples: Examples) -> String {
    let lines = examples
        .iter()
        .map(|(purpose, command)| format!("\n  {purpose}:\n    {command}"));
    format!("Examples:{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::EXAMPLES;
    use crate::args::command;

    #[test]
    fn examples_have_valid_arguments() {
        for (name, examples) in EXAMPLES {
            for (_, example) in examples {
                let start = example.find("exitwise ").unwrap();
                let line = example.get(start..).unwrap().split(" > ").next().unwrap();
                let words = shell_words::split(line).unwrap();
                assert_eq!(words.get(1).map(String::as_str), Some(name));
                command().try_get_matches_from(words).unwrap();
            }
        }
    }
}
