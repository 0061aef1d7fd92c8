//! How a command ends.

/// How a command ends. Each subcommand's help says which of them it can end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Fine.
    Fine = 0,
    /// The answer is no: the execution, or a test of a policy, failed.
    No = 1,
    /// The command line, or a file it names, cannot be used.
    Usage = 2,
    /// A policy has errors; they have been printed.
    BadPolicy = 3,
    /// Ctrl-C.
    Interrupted = 130,
}
