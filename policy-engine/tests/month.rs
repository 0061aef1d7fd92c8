//! The made-up month of `testkit` under the default policy.

use exitwise_engine::{Failure, Policy};
use std::collections::BTreeSet;
use testkit::month::{Content, KINDS, Line, Lines, Options, cause};

#[test]
fn the_default_policy_decides_about_each_kind_as_its_table_says() {
    let (policy, _) = Policy::load(include_str!("../../policies/default.toml")).unwrap();
    let mut seen = BTreeSet::new();
    let options = Options {
        tasks: 5_000,
        succeeded_percent: 1,
        ..Options::default()
    };
    for Line { content, text } in Lines::new(options) {
        let text = String::from_utf8_lossy(&text);
        let expected = match content {
            Content::Broken => {
                assert_eq!(cause(&text), None);
                continue;
            }
            Content::Failed(kind) => {
                seen.insert(kind);
                KINDS[kind].rule.unwrap_or("default")
            }
            Content::Succeeded => "only-sidecars-killed",
        };
        let cause = cause(&text).unwrap();
        let failure = Failure::read(Some("States.TaskFailed"), Some(&cause));
        assert_eq!(policy.deciding_rule(&failure).name(), expected, "{cause}");
    }
    assert_eq!(seen.len(), KINDS.len());
}
