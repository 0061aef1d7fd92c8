//! The shipped policies: each loads without warnings, states its worst case in a comment, and
//! passes its own tests, which reach every rule.

use exitwise_engine::Policy;
use exitwise_engine::analysis::{TestReport, WorstCase};
use std::fs;
use std::path::PathBuf;

/// Returns the runs and the seconds in a comment such as `# Worst case: 4 runs, 180 s of waiting
/// (…)`. `None` if the policy has no such comment.
fn claimed(text: &str) -> Option<(u32, u64)> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# Worst case: "))?;
    let (runs, rest) = line.split_once(" runs, ")?;
    let (seconds, _) = rest.split_once(" s of waiting (")?;
    Some((runs.parse().ok()?, seconds.parse().ok()?))
}

#[test]
fn every_shipped_policy_is_valid_and_states_its_worst_case() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (policy, warnings) = Policy::load(&text)
            .map_err(|problems| format!("{name}: {problems:?}"))
            .unwrap();
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        let report = TestReport::of(&policy, |path| {
            Err(format!(
                "{path} would be missing if a user copied the policy"
            ))
        });
        assert!(
            report.diagnostics.is_empty(),
            "{name}: {:?}",
            report.diagnostics
        );
        assert!(
            name == "minimal.toml" || !policy.test_cases().is_empty(),
            "{name} has no tests"
        );
        let worst = WorstCase::of(&policy);
        let computed = (worst.runs(), worst.wait_seconds());
        let line = format!(
            "# Worst case: {} runs, {} s of waiting (",
            computed.0, computed.1
        );
        assert_eq!(
            claimed(&text),
            Some(computed),
            "{name} needs this comment, with the calculation in parentheses: {line}…)"
        );
        assert!(worst.is_exact(), "{name}: the worst case is not exact");
        assert!(
            name != "minimal.toml" || text.lines().count() < 15,
            "{name} must stay minimal"
        );
        checked += 1;
    }
    assert_eq!(checked, 11);
}
