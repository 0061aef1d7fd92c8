//! Loads a policy from its text.

use super::backoff::NamedBackoffs;
use super::conditions::PatternReader;
use super::exit_codes::ExitCodeNames;
use super::resources::{self, Resources};
use super::rules::RuleReader;
use super::section::Section;
use super::test_cases::TestReader;
use super::tree::{TomlKey, TomlNode};
use super::{document, guarantee, keys, limits, names, unknown_keys, values};
use crate::analysis::{self, WorstCase};
use crate::diagnostic::{AllowedWarnings, Code, Diagnostic, Diagnostics, quoted};
use crate::policy::{MAX_POLICY_BYTES, Policy};
use sha2::{Digest, Sha256};

/// The version of the policy language that this engine supports.
const VERSION: i64 = 1;

/// The parts of a policy that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    All,
    /// Everything except tests, guarantee and prices, which no decision depends on.
    ForDecisions,
}

impl Policy {
    /// Loads a policy from its TOML text. The diagnostics returned with the policy are warnings.
    ///
    /// # Errors
    /// Returns all problems of the text, errors and warnings, in the order of their positions.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::policy::Policy;
    ///
    /// let (policy, warnings) = Policy::load("version = 1\nlimits = { max_retries = 3 }\n")?;
    /// assert_eq!(policy.limits().max_retries, 3);
    /// assert!(warnings.is_empty());
    ///
    /// let problems = Policy::load("version = 2\nlimits = { max_retries = 3 }\n").unwrap_err();
    /// assert!(problems.to_string().starts_with("line 1: error[P007]: "));
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn load(text: &str) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut out = Diagnostics::default();
        let policy = read(text, Parts::All, &mut out).filter(|_| !out.has_errors());
        if let Some(policy) = &policy {
            let worst = WorstCase::of(policy);
            analysis::check_guarantee(policy, &worst, &mut out);
            analysis::lint(policy, &worst, &mut out);
        }
        AllowedWarnings::read(text).apply(&mut out);
        let out = out.finish(text);
        match policy {
            Some(policy) if !out.has_errors() => Ok((policy, out)),
            _ => Err(out),
        }
    }

    /// Loads a policy for making decisions only. It has no tests and no guarantee, and warnings are
    /// not computed, because that takes longer than everything else.
    ///
    /// # Errors
    /// Returns the same errors as [`Policy::load`], except those in tests and the guarantee.
    ///
    /// # Examples
    ///
    /// ```
    /// use exitwise_engine::policy::Policy;
    ///
    /// let policy = Policy::load_for_decisions("version = 1\nlimits = { max_retries = 3 }\n")?;
    /// assert!(policy.test_cases().is_empty());
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn load_for_decisions(text: &str) -> Result<Self, Diagnostics> {
        let mut out = Diagnostics::default();
        match read(text, Parts::ForDecisions, &mut out) {
            Some(policy) if !out.has_errors() => Ok(policy),
            _ => Err(out.finish(text)),
        }
    }
}

/// Reads the policy, as completely as possible. The policy is usable only if `out` has no errors.
fn read(text: &str, parts: Parts, out: &mut Diagnostics) -> Option<Policy> {
    if text.len() > MAX_POLICY_BYTES {
        let problem = Diagnostic::new(Code::TooLarge, 0..0, "the policy is too large");
        let label = format!("more than {MAX_POLICY_BYTES} bytes");
        let help = "split the workflow, or drop rules that do what `[default]` does";
        out.push(problem.label(label).help(help));
        return None;
    }
    let table = document::parse(text, out)?;
    let root = Section {
        table: &table,
        span: 0..0,
        name: "the policy".into(),
    };
    if let Some(problem) = foreign_file(&root) {
        out.push(problem);
        return None;
    }
    root.only(keys::POLICY, out);
    check_version(&root, out);
    let container = root
        .get("container")
        .and_then(|value| names::container(value, out));
    let limits = limits::read(&root, out);
    let limits_span = root.span_of("limits");

    let mut reader = RuleReader {
        policy: text,
        container: container.as_deref(),
        max_retries: limits.map(|limits| limits.max_retries),
        has_stray_when: root.get("when").is_some(),
        exit_codes: ExitCodeNames::read(&root, out),
        backoffs: NamedBackoffs::read(&root, text, out),
        resources: Resources::read(&root, out),
        patterns: PatternReader::new(text),
    };
    let rules = reader.rules(&root, out);
    let default_rule = reader.default_rule(&root, rules.len(), out);
    reader.backoffs.check_unused(reader.max_retries, out);
    report_unused_names(&root, &reader, out);
    let (test_cases, guarantee, price) = match parts {
        Parts::ForDecisions => Default::default(),
        Parts::All => {
            let exit_codes = &mut reader.exit_codes;
            let mut tests = TestReader {
                container: container.as_deref(),
                rules: &rules,
                exit_codes,
            };
            let tests = tests.read(&root, out);
            let guarantee = guarantee::read(&root, out);
            (tests, guarantee, resources::price(&root, out))
        }
    };
    let exit_codes = reader.exit_codes.into_codes();
    let resources = reader.resources;
    let limits = limits?;
    limits::check_total_retries(limits, limits_span.clone(), &rules, out);
    Some(Policy {
        container,
        limits,
        limits_span,
        exit_codes,
        rules,
        default_rule,
        sizes: resources.sizes,
        providers: resources.providers,
        price,
        test_cases,
        guarantee,
        source: text.to_owned(),
        hash: hash(text),
    })
}

/// Returns a diagnostic if the file is not a policy: it has keys, but none of them resembles a key
/// of policies.
fn foreign_file(root: &Section<'_>) -> Option<Diagnostic> {
    let members = root.members();
    let (first, _) = members.first()?;
    // A key of policies resembles one, too.
    let is_foreign = |(key, value): &(TomlKey<'_>, TomlNode<'_>)| {
        unknown_keys::meant(root.table, keys::POLICY, key.get_ref(), value).is_none()
    };
    members.iter().all(is_foreign).then(|| {
        let message = "the file is not a policy: a policy has none of its keys";
        let keys = keys::POLICY.join("`, `");
        Diagnostic::new(Code::MissingKey, first.span(), message)
            .label("not a key of policies")
            .help(format!("the keys of policies are `{keys}`"))
    })
}

fn check_version(root: &Section<'_>, out: &mut Diagnostics) {
    let Some(value) = root.required("version", "version = 1", out) else {
        return;
    };
    let help = format!("write `{VERSION}`");
    if let Some(version) = values::integer(value, &help, out).filter(|version| *version != VERSION)
    {
        let message = format!("version {version} of the policy language");
        let problem = Diagnostic::new(Code::UnknownVersion, value.span(), message);
        out.push(problem.label("not supported").help(help));
    }
}

/// Reports exit codes and backoffs that no rule uses.
fn report_unused_names(root: &Section<'_>, reader: &RuleReader<'_>, out: &mut Diagnostics) {
    // If a name is misspelled, the correct name seems unused. The misspelling has been reported,
    // and one mistake should give one diagnostic.
    if out.has_errors() {
        return;
    }
    let mut report =
        |table: &str, is_used: &dyn Fn(&str) -> bool, code, thing: &str, help: &str| {
            let Some(section) = root.table(table, out) else {
                return;
            };
            for (key, _) in section
                .members()
                .into_iter()
                .filter(|(key, _)| !is_used(key.get_ref()))
            {
                let message = format!("no rule uses the {thing} {}", quoted(key.get_ref()));
                out.push(
                    Diagnostic::new(code, key.span(), message)
                        .label("not used")
                        .help(help),
                );
            }
        };
    let is_used = |name: &str| reader.exit_codes.is_used(name);
    let help = "write a rule for it; until then other rules or `[default]` decide";
    report(
        "exit_codes",
        &is_used,
        Code::UnusedExitCode,
        "exit code",
        help,
    );
    let is_used = |name: &str| reader.backoffs.is_used(name);
    let help = "name it in a rule's `backoff`, or remove it";
    report("backoff", &is_used, Code::UnusedBackoff, "backoff", help);
}

/// Returns `sha256:` and the first 12 hexadecimal digits of the SHA-256 of a text.
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    let digits = digest.iter().take(6).map(|byte| format!("{byte:02x}"));
    "sha256:".to_owned() + &digits.collect::<String>()
}
