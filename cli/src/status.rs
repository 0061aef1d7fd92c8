//! Exit statuses.

/// The exit status of a command. The help of each subcommand lists the statuses that it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Everything is fine.
    Fine = 0,
    /// The answer is no: for example, the execution or a test of a policy failed.
    No = 1,
    /// The command line, or a file that it names, cannot be used.
    Usage = 2,
    /// A policy has errors; they have been printed.
    BadPolicy = 3,
    /// The user pressed Ctrl-C.
    Interrupted = 130,
}
