//! A client of the language server, in the same process.

use ls_types::notification::{Notification as _, PublishDiagnostics};
use ls_types::request::Request as RequestType;
use ls_types::{Diagnostic, Position, PublishDiagnosticsParams, Range, TextEdit, Uri};
use lsp_server::{Connection, Message, Notification, Request, ResponseError};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) struct Client {
    connection: Connection,
    server: JoinHandle<()>,
    last_id: i32,
    version: i32,
}

/// The address of a file.
pub(crate) fn uri(path: &Path) -> Uri {
    Uri::from_file_path(path).unwrap()
}

impl Client {
    pub(crate) fn start() -> Self {
        let (server, connection) = Connection::memory();
        let server = thread::spawn(move || exitwise::lsp::serve(&server).unwrap());
        let mut client = Self {
            connection,
            server,
            last_id: 0,
            version: 0,
        };
        let initialized = client.request("initialize", json!({"capabilities": {}}));
        assert!(initialized.unwrap().get("capabilities").is_some());
        client.notify("initialized", json!({}));
        client
    }

    pub(crate) fn stop(mut self) {
        assert_eq!(self.request("shutdown", Value::Null).unwrap(), Value::Null);
        self.notify("exit", Value::Null);
        self.server.join().unwrap();
    }

    pub(crate) fn notify(&self, method: &str, params: Value) {
        let notification = Notification::new(method.to_owned(), params);
        self.connection.sender.send(notification.into()).unwrap();
    }

    fn receive(&self) -> Message {
        let wait = Duration::from_secs(120);
        self.connection.receiver.recv_timeout(wait).unwrap()
    }

    /// Sends a request, and returns its answer. Problems that come before it are dropped.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Result<Value, ResponseError> {
        self.last_id += 1;
        let request = Request::new(self.last_id.into(), method.to_owned(), params);
        self.connection.sender.send(request.into()).unwrap();
        loop {
            if let Message::Response(response) = self.receive() {
                assert_eq!(response.id, self.last_id.into());
                return response.response_result;
            }
        }
    }

    pub(crate) fn ask<R: RequestType>(&mut self, params: Value) -> Result<R::Result, ResponseError>
    where
        R::Result: DeserializeOwned,
    {
        let answer = self.request(R::METHOD, params)?;
        Ok(serde_json::from_value(answer).unwrap())
    }

    /// Opens a document, or gives it another text, and returns its problems.
    pub(crate) fn open(&mut self, path: &Path, text: &str) -> Vec<Diagnostic> {
        self.version += 1;
        let uri = uri(path);
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {
                "uri": uri, "languageId": "toml", "version": self.version, "text": text,
            }}),
        );
        self.problems(&uri, Some(self.version))
    }

    /// Changes a part of a document, and returns its problems.
    pub(crate) fn change(&mut self, uri: &Uri, range: Range, text: &str) -> Vec<Diagnostic> {
        self.type_in(uri, range, text);
        self.problems(uri, Some(self.version))
    }

    /// Changes a part of a document.
    pub(crate) fn type_in(&mut self, uri: &Uri, range: Range, text: &str) {
        self.version += 1;
        self.notify(
            "textDocument/didChange",
            json!({
                "textDocument": {"uri": uri, "version": self.version},
                "contentChanges": [{"range": range, "text": text}],
            }),
        );
    }

    pub(crate) fn close(&mut self, uri: &Uri) -> Vec<Diagnostic> {
        self.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        );
        self.problems(uri, None)
    }

    /// The problems of this version of a document, once they come.
    fn problems(&self, uri: &Uri, version: Option<i32>) -> Vec<Diagnostic> {
        loop {
            let Message::Notification(notification) = self.receive() else {
                continue;
            };
            assert_eq!(notification.method, PublishDiagnostics::METHOD);
            let published: PublishDiagnosticsParams =
                serde_json::from_value(notification.params).unwrap();
            if published.uri == *uri && published.version == version {
                return published.diagnostics;
            }
        }
    }
}

/// The byte offset of a part of a text.
pub(crate) fn offset(text: &str, part: &str) -> usize {
    text.find(part).unwrap()
}

/// The position of a byte offset, counted the slow way.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
    Position::new(line.try_into().unwrap(), column.try_into().unwrap())
}

/// The text after edits of the server.
pub(crate) fn applied(text: &str, edits: &[TextEdit]) -> String {
    let at = |wanted: Position| {
        let offsets = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        let found = offsets.into_iter().find(|at| position(text, *at) == wanted);
        found.unwrap()
    };
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| (at(edit.range.start)..at(edit.range.end), &edit.new_text))
        .collect();
    edits.sort_by_key(|(span, _)| span.start);
    let mut edited = text.to_owned();
    for (span, new) in edits.into_iter().rev() {
        edited.replace_range(span, new);
    }
    edited
}
