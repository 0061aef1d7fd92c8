//! The life of the server: its capabilities, its documents, and who answers which request.

use super::checker::{self, Job};
use super::document::Document;
use super::{completion, fixes, hints, hover, rename, symbols};
use anyhow::{Context, Result, bail};
use ls_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Notification as _, PublishDiagnostics,
};
use ls_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, GotoDefinition, HoverRequest,
    InlayHintRequest, PrepareRenameRequest, References, Rename, Request as _,
};
use ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    CompletionResponse, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentSymbolResponse,
    HoverProviderCapability, OneOf, PublishDiagnosticsParams, RenameOptions, SaveOptions,
    ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Uri, WorkDoneProgressOptions,
};
use lsp_server::{
    Connection, ErrorCode, ExtractError, Message, Notification, Request, RequestId, Response,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeMap;
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
    let (jobs, waiting) = mpsc::channel();
    let sender = connection.sender.clone();
    let publish = move |problems: PublishDiagnosticsParams| {
        let method = PublishDiagnostics::METHOD.to_owned();
        // If the client has gone, the other thread notices, too.
        let _ = sender.send(Notification::new(method, problems).into());
    };
    thread::scope(|scope| {
        scope.spawn(move || checker::run(&waiting, publish));
        // The thread ends with the server, which drops its end of the channel.
        let documents = BTreeMap::new();
        Server { documents, jobs }.run(connection)
    })
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(
                    SaveOptions::default(),
                )),
                ..TextDocumentSyncOptions::default()
            },
        )),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["\"", "'", "[", "{", ".", "=", " "].map(Into::into).into()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        ..ServerCapabilities::default()
    }
}

struct Server {
    documents: BTreeMap<Uri, Document>,
    /// What there is to publish.
    jobs: Sender<Job>,
}

impl Server {
    fn run(mut self, connection: &Connection) -> Result<()> {
        for message in &connection.receiver {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let sent = connection.sender.send(self.answer(request).into());
                    sent.ok().context("the editor has gone")?;
                }
                Message::Notification(notification) => self.take_note(notification)?,
                Message::Response(_) => {}
            }
        }
        bail!("the editor has gone without a `shutdown`")
    }

    /// Lets the problems of a document be published.
    fn publish(&self, uri: Uri) {
        let document = self.documents.get(&uri);
        let job = document.map_or(Job::Clear(uri), |it| Job::Check(it.revision()));
        // The other end is there as long as the server.
        let _ = self.jobs.send(job);
    }

    fn take_note(&mut self, notification: Notification) -> Result<()> {
        let params = notification.params;
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let params: DidOpenTextDocumentParams = read(params)?;
                let opened = params.text_document;
                let document = Document::new(opened.uri.clone(), opened.version, opened.text);
                self.documents.insert(opened.uri.clone(), document);
                self.publish(opened.uri);
            }
            DidChangeTextDocument::METHOD => {
                let params: DidChangeTextDocumentParams = read(params)?;
                let changed = params.text_document;
                if let Some(document) = self.documents.get_mut(&changed.uri) {
                    document.change(changed.version, params.content_changes);
                    self.publish(changed.uri);
                }
            }
            DidSaveTextDocument::METHOD => {
                let params: DidSaveTextDocumentParams = read(params)?;
                self.recheck(&params.text_document.uri);
            }
            DidCloseTextDocument::METHOD => {
                let params: DidCloseTextDocumentParams = read(params)?;
                self.documents.remove(&params.text_document.uri);
                self.publish(params.text_document.uri);
            }
            // The protocol lets a server ignore what it does not know.
            _ => {}
        }
        Ok(())
    }

    /// Checks the saved document again: the recorded events that its tests name may have changed.
    fn recheck(&mut self, uri: &Uri) {
        if let Some(document) = self.documents.get_mut(uri) {
            document.forget_problems();
            self.publish(uri.clone());
        }
    }

    fn answer(&self, request: Request) -> Response {
        match request.method.as_str() {
            HoverRequest::METHOD => self.reply::<HoverRequest>(request, |server, params| {
                let at = params.text_document_position_params;
                let document = server.document(&at.text_document.uri);
                Ok(document.and_then(|it| hover::hover(it, at.position)))
            }),
            Completion::METHOD => self.reply::<Completion>(request, |server, params| {
                let at = params.text_document_position;
                let document = server.document(&at.text_document.uri);
                let items = document.map(|it| completion::items(it, at.position));
                Ok(items.map(CompletionResponse::Array))
            }),
            CodeActionRequest::METHOD => {
                self.reply::<CodeActionRequest>(request, |server, params| {
                    let document = server.document(&params.text_document.uri);
                    Ok(document.map(|it| fixes::actions(it, params.range)))
                })
            }
            InlayHintRequest::METHOD => {
                self.reply::<InlayHintRequest>(request, |server, params| {
                    let document = server.document(&params.text_document.uri);
                    Ok(document.map(|it| hints::hints(it, params.range)))
                })
            }
            DocumentSymbolRequest::METHOD => {
                self.reply::<DocumentSymbolRequest>(request, |server, params| {
                    let document = server.document(&params.text_document.uri);
                    let symbols = document.map(symbols::symbols);
                    Ok(symbols.map(DocumentSymbolResponse::Nested))
                })
            }
            GotoDefinition::METHOD => self.reply::<GotoDefinition>(request, |server, params| {
                let at = params.text_document_position_params;
                let document = server.document(&at.text_document.uri);
                Ok(document.and_then(|it| rename::definition(it, at.position)))
            }),
            References::METHOD => self.reply::<References>(request, |server, params| {
                let at = params.text_document_position;
                let document = server.document(&at.text_document.uri);
                let with_definition = params.context.include_declaration;
                Ok(document.and_then(|it| rename::references(it, at.position, with_definition)))
            }),
            PrepareRenameRequest::METHOD => {
                self.reply::<PrepareRenameRequest>(request, |server, at| {
                    match server.document(&at.text_document.uri) {
                        Some(document) => rename::prepare(document, at.position),
                        None => Ok(None),
                    }
                })
            }
            Rename::METHOD => self.reply::<Rename>(request, |server, params| {
                let at = params.text_document_position;
                match server.document(&at.text_document.uri) {
                    Some(document) => rename::rename(document, at.position, &params.new_name),
                    None => Ok(None),
                }
            }),
            method => {
                let why = format!("exitwise does not answer `{method}`");
                refusal(request.id, ErrorCode::MethodNotFound, why)
            }
        }
    }

    /// Answers a request of the type `R`.
    fn reply<R: ls_types::request::Request>(
        &self,
        request: Request,
        answer: impl FnOnce(&Self, R::Params) -> Result<R::Result, String>,
    ) -> Response
    where
        R::Params: DeserializeOwned,
        R::Result: Serialize,
    {
        let id = request.id.clone();
        match request.extract::<R::Params>(R::METHOD) {
            Ok((id, params)) => match answer(self, params) {
                Ok(result) => Response::new_ok(id, result),
                Err(why) => refusal(id, ErrorCode::RequestFailed, why),
            },
            Err(ExtractError::JsonError { error, .. }) => {
                refusal(id, ErrorCode::InvalidParams, error.to_string())
            }
            Err(ExtractError::MethodMismatch(_)) => {
                refusal(id, ErrorCode::InvalidRequest, "another method".to_owned())
            }
        }
    }

    /// The open document, if it is a policy.
    fn document(&self, uri: &Uri) -> Option<&Document> {
        self.documents.get(uri).filter(|it| it.is_policy())
    }
}

fn refusal(id: RequestId, code: ErrorCode, why: String) -> Response {
    Response::new_err(id, code as i32, why)
}

fn read<T: DeserializeOwned>(params: serde_json::Value) -> Result<T> {
    serde_json::from_value(params).context("the editor sent what the protocol does not have")
}
