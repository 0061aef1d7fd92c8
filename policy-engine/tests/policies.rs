//! The policies we ship: each loads without a warning, passes its own tests, which reach every rule, and its comment tells its worst case.

use exitwise_engine::Policy;
use exitwise_engine::analysis::{TestReport, WorstCase};
use std::fs;
use std::path::PathBuf;

/// The runs and seconds that a policy's comment claims: `# Worst case: 4 runs, 180 s of waiting (…)`.
fn claimed(text: &str) -> Option<(u32, u64)> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# Worst case: "))?;
    let (runs, rest) = line.split_once(" runs, ")?;
    let (seconds, _) = rest.split_once(" s of waiting (")?;
    Some((runs.parse().ok()?, seconds.parse().ok()?))
}

#[test]
fn every_policy_is_clean_and_as_bounded_as_it_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut seen = 0;
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
            Err(format!("{path} would be lost where the policy is copied"))
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
            "{name} should say, with how it adds up: {line}…)"
        );
        assert!(
            worst.is_exact(),
            "{name}: no limit in time cuts these waits"
        );
        assert!(
            name != "minimal.toml" || text.lines().count() < 15,
            "{name} is to stay minimal"
        );
        seen += 1;
    }
    assert_eq!(seen, 9);
}
