//! The language server, whose documents stay open from one request to the next.

use crate::error::Error;
use crate::request::Message;
use exitwise_language_server::Documents;
use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;

thread_local! {
    static DOCUMENTS: RefCell<Documents> = RefCell::new(Documents::new(no_files));
}

fn no_files(_: &Path) -> Result<Vec<u8>, String> {
    Err("there are no files here".into())
}

/// Answers a request of the protocol with its result, and a notification with the problems of the
/// document that it changes.
pub(crate) fn answer_editor(Message { method, params }: &Message) -> Result<String, Error> {
    DOCUMENTS.with_borrow_mut(|documents| {
        let change = documents
            .take_note(method, params.clone())
            .map_err(Error::new)?;
        let answer = match change {
            Some(change) => serde_json::to_value(change.problems()).map_err(Error::new)?,
            None if is_notification(method) => Value::Null,
            None => documents
                .answer(method, params.clone())
                .map_err(Error::new)?,
        };
        Ok(answer.to_string())
    })
}

/// Whether a method of the protocol has no answer.
fn is_notification(method: &str) -> bool {
    method.starts_with("textDocument/did") || method.starts_with("$/")
}
