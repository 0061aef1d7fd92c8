//! The codes and the severity of problems.

use std::fmt;

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The policy cannot be used.
    Error,
    /// The policy works, but probably not as its author intended.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($(#[doc = $description:literal] $variant:ident = $text:literal,)*) => {
        /// The kind of a problem. A code never changes its meaning; `docs/diagnostics.md` explains
        /// each one with a policy that has the problem and a corrected one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $description] $variant,)* }

        impl Code {
            /// All codes, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the code as printed: `P` and three digits.
            ///
            /// Codes from `P101` to `P199` are warnings; codes from `P201` on concern `[[test]]`,
            /// and codes from `P301` on concern state machines that decide without a Lambda function.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Returns the meaning of the code, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description.trim_ascii_start(),)* }
            }
        }
    };
}

codes! {
    /// The text is not valid TOML.
    Syntax = "P001",
    /// A key occurs twice in one table.
    RepeatedKey = "P002",
    /// A key that the policy language does not have in this table.
    UnknownKey = "P003",
    /// A value of another type than the key has.
    WrongType = "P004",
    /// A required key is missing.
    MissingKey = "P005",
    /// The policy is larger than the engine accepts.
    TooLarge = "P006",
    /// A version of the policy language that this engine does not support.
    UnknownVersion = "P007",
    /// A name with characters that names cannot have, or a reserved name.
    BadName = "P008",
    /// Two rules or two tests have the same name, or two names stand for the same exit code.
    RepeatedName = "P009",
    /// A string that is not a duration.
    BadDuration = "P010",
    /// A formula that cannot be parsed.
    BadFormula = "P011",
    /// A delay above the maximum of a Wait state, or above the maximum for jitter.
    DelayTooLong = "P012",
    /// A delay that is negative or not a number for some retry.
    DelayNotANumber = "P013",
    /// A backoff without a kind, or with more than one.
    BackoffKind = "P014",
    /// A reference to a backoff that is not defined.
    UnknownBackoff = "P015",
    /// Keys that the rule's type does not allow, or that it needs and does not have.
    KeysDoNotFit = "P016",
    /// A value that is not one of the allowed words.
    UnknownWord = "P017",
    /// A number outside its range.
    OutOfRange = "P018",
    /// An exit code, a range or a name of an exit code that is not valid.
    BadExitCode = "P019",
    /// A pattern that is not valid, or uses syntax that policies do not support.
    BadPattern = "P020",
    /// A pattern whose compiled form would be too large.
    PatternTooLarge = "P021",
    /// A rule without a matcher.
    NoMatcher = "P022",
    /// More retries in all than one execution can have.
    TooManyRetries = "P023",
    /// A name to match that no failure can have.
    BadMatchName = "P024",
    /// The worst case exceeds what the policy guarantees.
    ExceededGuarantee = "P025",
    /// A capacity provider that `[capacity]` does not list after the first one.
    UnknownProvider = "P026",
    /// A text that is not an amount of memory.
    BadMemory = "P027",
    /// A rule that can never match, because earlier rules match everything it matches.
    UnreachableRule = "P101",
    /// A rule with more retries than the limits let it use.
    UnreachableRetries = "P102",
    /// An error name that looks like a misspelled known one, or is one of two spellings alone.
    MisspelledErrorName = "P103",
    /// A stop code that ECS is not known to report.
    UnknownStopCode = "P104",
    /// A named exit code that no rule uses.
    UnusedExitCode = "P105",
    /// `States.ALL`, which is a wildcard of Catch and Retry and never the name of an error.
    StatesAll = "P106",
    /// A worst case that waits or takes longer than an execution can run.
    WaitBeyondOneYear = "P107",
    /// A backoff whose delays get shorter.
    ShrinkingDelays = "P108",
    /// An exponential backoff with factor 1, which never grows.
    FactorOne = "P109",
    /// More delays than retries.
    UnusedDelays = "P110",
    /// A backoff that no rule uses.
    UnusedBackoff = "P111",
    /// A pattern with a character that never occurs in the texts it is searched in.
    UnlikelyCharacter = "P112",
    /// A rule names a container although none of its matchers looks at one.
    UnusedContainer = "P113",
    /// Rules that decide in none of the policy's tests.
    UntestedRule = "P114",
    /// A launch type or a capacity provider that ECS is not known to report.
    UnknownLaunchType = "P115",
    /// A cap below every delay of its backoff.
    CapBelowDelays = "P116",
    /// A value that a list of a matcher has twice.
    RepeatedValue = "P117",
    /// A comment that is to allow something that is not a warning.
    BadAllow = "P118",
    /// A SUCCESS rule that also decides about tasks that something else stopped.
    EarlySuccess = "P119",
    /// A rule about other containers in a policy that does not say which container is meant.
    NoOtherContainers = "P120",
    /// A size that Fargate does not offer.
    NoFargateSize = "P121",
    /// A rule whose retries take a larger size although there is none.
    NoLargerSize = "P122",
    /// A test whose failures and expectations differ in number.
    TestLength = "P201",
    /// An expectation that is not valid, or that no decision could meet.
    BadExpectation = "P202",
    /// A failure in a test that is not valid.
    BadFailure = "P203",
    /// A test whose decision differs from the expected one.
    FailedTest = "P204",
    /// A test whose recorded event cannot be read.
    UnreadableEvent = "P205",
    /// Patterns whose search could take too long without a Lambda function.
    SlowPattern = "P301",
    /// A policy whose state machine would be too large without a Lambda function.
    TooLargeForNative = "P302",
}

impl Code {
    /// Returns the severity: whether a policy with this problem can still be used.
    pub fn severity(self) -> Severity {
        match (Self::UnreachableRule..Self::TestLength).contains(&self) {
            true => Severity::Warning,
            false => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_from_101_to_199_are_warnings() {
        for code in Code::ALL {
            let is_warning = ("P101".."P200").contains(&code.as_str());
            let expected = if is_warning {
                Severity::Warning
            } else {
                Severity::Error
            };
            assert_eq!(code.severity(), expected, "{code}");
        }
    }

    #[test]
    fn descriptions_are_sentences() {
        for code in Code::ALL {
            let text = code.description();
            assert!(
                text.ends_with('.') && !text.starts_with(' '),
                "{code}: {text}"
            );
        }
    }
}
