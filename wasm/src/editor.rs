//! The language server, whose documents stay open from one request to the next.

use crate::error::Error;
use crate::policies;
use crate::request::{Message, NamedPolicy};
use exitwise_language_server::{Change, Documents, Host};
use exitwise_reports::PolicyText;
use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;

thread_local! {
    static DOCUMENTS: RefCell<Documents> = RefCell::new(Documents::new(Host {
        load: load_policy,
        read_event: no_files,
    }));
}

fn load_policy(name: String, text: String) -> PolicyText {
    (*policies::load(&NamedPolicy { name, text })).clone()
}

fn no_files(_: &Path) -> Result<Vec<u8>, String> {
    Err("there are no files here".into())
}

/// Answers a request of the protocol with its result, and a notification with the problems of the
/// document that it changes, or with null.
pub(crate) fn answer_editor(Message { method, params }: Message) -> Result<String, Error> {
    let answer = DOCUMENTS.with_borrow_mut(|documents| match is_notification(&method) {
        true => {
            let change = documents.take_note(&method, params).map_err(Error::new)?;
            let problems = change.as_ref().map(Change::problems);
            serde_json::to_value(problems).map_err(Error::new)
        }
        false => documents.answer(&method, params).map_err(Error::new),
    });
    answer.map(|answer: Value| answer.to_string())
}

/// Returns whether a method is a notification, to which the protocol has no response.
fn is_notification(method: &str) -> bool {
    method.starts_with("textDocument/did") || method.starts_with("$/")
}
