//! `exitwise lsp`: a language server for policies, over standard input and output.
//!
//! It says what `exitwise check` says, while the policy is being written.

mod checker;
mod server;

use crate::output::stream::complain;
use crate::status::Status;
use anyhow::{Context, Result};
use lsp_server::Connection;
use std::io::{self, IsTerminal};

pub use server::serve;

/// Serves one editor, until it says that it is done.
pub(crate) fn run() -> Result<Status> {
    if io::stdin().is_terminal() {
        complain("exitwise lsp waits for an editor; docs/editors.md says how to set one up");
    }
    let (connection, threads) = Connection::stdio();
    serve(&connection)?;
    // The thread that writes ends when nobody can send any more.
    drop(connection);
    threads.join().context("cannot talk to the editor")?;
    Ok(Status::Fine)
}
