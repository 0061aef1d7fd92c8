//! Carries the messages between an editor and the language server.

use super::checker;
use crate::policy_file::read_event;
use anyhow::{Context, Result, bail};
use exitwise_language_server::{Change, Documents, Host, Refusal, capabilities};
use exitwise_reports::PolicyText;
use ls_types::PublishDiagnosticsParams;
use ls_types::notification::{Notification as _, PublishDiagnostics};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::json;
use std::sync::mpsc::{self, Sender};
use std::thread;

/// Serves one client over this connection, until the client ends it.
///
/// # Errors
/// Returns an error if the client breaks the protocol, for example if it goes away without a
/// `shutdown`.
pub fn serve(connection: &Connection) -> Result<()> {
    let started = connection.initialize_start();
    let (id, _) = started.context("cannot talk to the editor")?;
    let answer = json!({
        "capabilities": capabilities(),
        "serverInfo": {"name": "exitwise", "version": env!("CARGO_PKG_VERSION")},
    });
    connection.initialize_finish(id, answer)?;
    let (changes, waiting) = mpsc::channel();
    let sender = connection.sender.clone();
    let publish = move |problems: PublishDiagnosticsParams| {
        let method = PublishDiagnostics::METHOD.to_owned();
        // If the client has gone, the other thread notices, too.
        let _ = sender.send(Notification::new(method, problems).into());
    };
    thread::scope(|scope| {
        scope.spawn(move || checker::run(&waiting, publish));
        // The thread ends when this function drops its end of the channel.
        answer_all(connection, changes)
    })
}

fn answer_all(connection: &Connection, changes: Sender<Change>) -> Result<()> {
    let mut documents = Documents::new(Host {
        load: PolicyText::new,
        read_event,
    });
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                let sent = connection.sender.send(answer(&documents, request).into());
                sent.ok().context("the editor has gone")?;
            }
            Message::Notification(Notification { method, params }) => {
                let change = documents.take_note(&method, params);
                let change = change.context("the editor sent what the protocol does not have")?;
                // The other end is there as long as this one.
                change.map(|change| changes.send(change));
            }
            Message::Response(_) => {}
        }
    }
    bail!("the editor has gone without a `shutdown`")
}

fn answer(documents: &Documents, Request { id, method, params }: Request) -> Response {
    let refusal = match documents.answer(&method, params) {
        Ok(answer) => return Response::new_ok(id, answer),
        Err(refusal) => refusal,
    };
    let code = match refusal {
        Refusal::UnknownMethod(_) => ErrorCode::MethodNotFound,
        Refusal::InvalidParams(_) => ErrorCode::InvalidParams,
        _ => ErrorCode::RequestFailed,
    };
    Response::new_err(id, code as i32, refusal.to_string())
}
