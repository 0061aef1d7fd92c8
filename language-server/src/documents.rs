//! The open documents: the messages of the protocol about them, and the answers.

use crate::diagnostics;
use crate::document::{Document, Revision};
use crate::{completion, fixes, hints, hover, rename, symbols};
use exitwise_reports::PolicyText;
use ls_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Notification as _,
};
use ls_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, GotoDefinition, HoverRequest,
    InlayHintRequest, PrepareRenameRequest, References, Rename, Request,
};
use ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    CompletionResponse, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentSymbolResponse,
    HoverProviderCapability, OneOf, PublishDiagnosticsParams, RenameOptions, SaveOptions,
    ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Uri, WorkDoneProgressOptions,
};
use serde::de::DeserializeOwned;
use serde_json::{Error, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// The functions that the server calls in the program that contains it.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Loads a policy of this name from this text.
    pub load: fn(String, String) -> PolicyText,
    /// Reads the only event in a file that a test of a policy names, or says why it cannot be read.
    pub read_event: fn(&Path) -> Result<Vec<u8>, String>,
}

/// A change of the problems of a document.
#[derive(Debug)]
pub enum Change {
    /// It has another text, or the files that its tests name may have changed.
    Text(Arc<Revision>),
    /// It is closed, and has no problems any more.
    Closed(Uri),
}

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The server does not know this method.
    #[error("exitwise does not answer `{0}`")]
    UnknownMethod(String),
    /// The parameters are not those of the method.
    #[error(transparent)]
    InvalidParams(#[from] Error),
    /// The request is valid but cannot be carried out, such as a rename to a name that is taken.
    #[error("{0}")]
    Failed(String),
}

/// Returns the capabilities that the server announces to a client.
pub fn capabilities() -> ServerCapabilities {
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

/// The open documents of one client.
#[derive(Debug)]
pub struct Documents {
    open: BTreeMap<Uri, Document>,
    host: Host,
}

impl Change {
    /// The document that changed.
    pub fn uri(&self) -> &Uri {
        match self {
            Self::Text(revision) => &revision.uri,
            Self::Closed(uri) => uri,
        }
    }

    /// The problems of the document after the change.
    pub fn problems(&self) -> PublishDiagnosticsParams {
        match self {
            Self::Text(revision) => PublishDiagnosticsParams {
                diagnostics: diagnostics::published(revision),
                version: Some(revision.version),
                uri: revision.uri.clone(),
            },
            Self::Closed(uri) => PublishDiagnosticsParams {
                diagnostics: Vec::new(),
                version: None,
                uri: uri.clone(),
            },
        }
    }
}

impl Documents {
    /// Creates a server without any open document.
    pub fn new(host: Host) -> Self {
        let open = BTreeMap::new();
        Self { open, host }
    }

    /// Takes a notification. Returns the change of a document, if it is about one.
    ///
    /// # Errors
    /// The parameters are not those of the method.
    pub fn take_note(&mut self, method: &str, params: Value) -> Result<Option<Change>, Error> {
        let uri = match method {
            DidOpenTextDocument::METHOD => {
                let params: DidOpenTextDocumentParams = serde_json::from_value(params)?;
                let opened = params.text_document;
                let uri = opened.uri;
                let document = Document::new(uri.clone(), opened.version, opened.text, self.host);
                self.open.insert(uri.clone(), document);
                uri
            }
            DidChangeTextDocument::METHOD => {
                let params: DidChangeTextDocumentParams = serde_json::from_value(params)?;
                let changed = params.text_document;
                if let Some(document) = self.open.get_mut(&changed.uri) {
                    document.change(changed.version, params.content_changes);
                }
                changed.uri
            }
            // The recorded events that its tests name may have changed.
            DidSaveTextDocument::METHOD => {
                let params: DidSaveTextDocumentParams = serde_json::from_value(params)?;
                let uri = params.text_document.uri;
                let saved = self.open.get_mut(&uri);
                saved.into_iter().for_each(Document::forget_problems);
                uri
            }
            DidCloseTextDocument::METHOD => {
                let params: DidCloseTextDocumentParams = serde_json::from_value(params)?;
                let uri = params.text_document.uri;
                let closed = self.open.remove(&uri);
                return Ok(closed.map(|_| Change::Closed(uri)));
            }
            // The protocol lets a server ignore what it does not know.
            _ => return Ok(None),
        };
        Ok(self.open.get(&uri).map(|it| Change::Text(it.revision())))
    }

    /// Answers a request with this method and these parameters.
    ///
    /// # Errors
    /// The request is not one that the server answers, or it asks for what cannot be done.
    pub fn answer(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        match method {
            HoverRequest::METHOD => reply::<HoverRequest>(params, |params| {
                let at = params.text_document_position_params;
                let document = self.document(&at.text_document.uri);
                Ok(document.and_then(|it| hover::hover(it, at.position)))
            }),
            Completion::METHOD => reply::<Completion>(params, |params| {
                let at = params.text_document_position;
                let document = self.document(&at.text_document.uri);
                let items = document.map(|it| completion::items(it, at.position));
                Ok(items.map(CompletionResponse::Array))
            }),
            CodeActionRequest::METHOD => reply::<CodeActionRequest>(params, |params| {
                let document = self.document(&params.text_document.uri);
                Ok(document.map(|it| fixes::actions(it, params.range)))
            }),
            InlayHintRequest::METHOD => reply::<InlayHintRequest>(params, |params| {
                let document = self.document(&params.text_document.uri);
                Ok(document.map(|it| hints::hints(it, params.range)))
            }),
            DocumentSymbolRequest::METHOD => reply::<DocumentSymbolRequest>(params, |params| {
                let document = self.document(&params.text_document.uri);
                let symbols = document.map(symbols::symbols);
                Ok(symbols.map(DocumentSymbolResponse::Nested))
            }),
            GotoDefinition::METHOD => reply::<GotoDefinition>(params, |params| {
                let at = params.text_document_position_params;
                let document = self.document(&at.text_document.uri);
                Ok(document.and_then(|it| rename::definition(it, at.position)))
            }),
            References::METHOD => reply::<References>(params, |params| {
                let at = params.text_document_position;
                let document = self.document(&at.text_document.uri);
                let with_definition = params.context.include_declaration;
                Ok(document.and_then(|it| rename::references(it, at.position, with_definition)))
            }),
            PrepareRenameRequest::METHOD => reply::<PrepareRenameRequest>(params, |at| match self
                .document(&at.text_document.uri)
            {
                Some(document) => rename::prepare(document, at.position),
                None => Ok(None),
            }),
            Rename::METHOD => reply::<Rename>(params, |params| {
                let at = params.text_document_position;
                match self.document(&at.text_document.uri) {
                    Some(document) => rename::rename(document, at.position, &params.new_name),
                    None => Ok(None),
                }
            }),
            _ => Err(Refusal::UnknownMethod(method.to_owned())),
        }
    }

    /// The open document, if it is a policy.
    fn document(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri).filter(|it| it.is_policy())
    }
}

/// Answers a request of the type `R`.
fn reply<R: Request>(
    params: Value,
    answer: impl FnOnce(R::Params) -> Result<R::Result, String>,
) -> Result<Value, Refusal>
where
    R::Params: DeserializeOwned,
{
    let result = answer(serde_json::from_value(params)?).map_err(Refusal::Failed)?;
    Ok(serde_json::to_value(result)?)
}
