//! The language server: the compiler component's answers in the language server protocol, over standard input and output.
//!
//! A document is looked at in a session of its own (`analysis.rs`), once for each text that it has; messages that have arrived are taken
//! before anything is computed, so typing ahead costs nothing. Places of the protocol are lines and columns, those of the compiler are
//! bytes (`text.rs`).

mod analysis;
mod answers;
mod documents;
mod names;
mod text;

use anyhow::Result;
use documents::Documents;
use engine::Engine;
use lsp_server::{Connection, ErrorCode, ExtractError, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self, Notification as _};
use lsp_types::{
    CompletionOptions, HoverProviderCapability, InitializeParams, OneOf, PublishDiagnosticsParams,
    RenameOptions, SemanticTokensFullOptions, SemanticTokensOptions, ServerCapabilities, ServerInfo,
    SignatureHelpOptions, TextDocumentSyncCapability, TextDocumentSyncKind, WorkDoneProgressOptions, request,
};
use serde_json::Value;
use text::Encoding;

/// Serves the client at the other end of standard input and output, until it asks for the end.
///
/// # Errors
/// The client breaks the protocol, or goes away without a word.
pub fn serve(engine: Engine) -> Result<()> {
    let (connection, threads) = Connection::stdio();
    run(&connection, engine)?;
    drop(connection);
    Ok(threads.join()?)
}

fn run(connection: &Connection, engine: Engine) -> Result<()> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params)?;
    let known = params.capabilities.general.and_then(|general| general.position_encodings);
    let encoding = Encoding::choose(known.as_deref());
    let info = ServerInfo { name: "simple".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
    let answer =
        lsp_types::InitializeResult { capabilities: capabilities(encoding), server_info: Some(info) };
    connection.initialize_finish(id, serde_json::to_value(answer)?)?;
    let mut server = Server { connection, documents: Documents::new(engine, encoding) };
    server.serve()
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let no_progress = WorkDoneProgressOptions::default();
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: no_progress,
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".to_owned()]),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_owned(), ",".to_owned()]),
            ..SignatureHelpOptions::default()
        }),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: answers::legend(),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        ..ServerCapabilities::default()
    }
}

struct Server<'a> {
    connection: &'a Connection,
    documents: Documents,
}

/// What became of a request.
type Answer = Result<Value, Response>;

impl Server<'_> {
    fn serve(&mut self) -> Result<()> {
        loop {
            // What has arrived goes first; then what changed is looked at.
            let message = match self.connection.receiver.try_recv() {
                Ok(message) => message,
                Err(_) => {
                    self.publish()?;
                    match self.connection.receiver.recv() {
                        Ok(message) => message,
                        // The client is gone.
                        Err(_) => return Ok(()),
                    }
                }
            };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let response = self.answer(request);
                    self.connection.sender.send(Message::Response(response))?;
                }
                Message::Notification(notification) => self.take(notification),
                // The server asks nothing.
                Message::Response(_) => {}
            }
        }
    }

    /// Tells what is wrong with documents that changed.
    fn publish(&mut self) -> Result<()> {
        for (uri, version, diagnostics) in self.documents.news() {
            let params = PublishDiagnosticsParams { uri, diagnostics, version };
            let method = notification::PublishDiagnostics::METHOD.to_owned();
            self.connection.sender.send(Message::Notification(Notification::new(method, params)))?;
        }
        Ok(())
    }

    fn take(&mut self, message: Notification) {
        // What is malformed is no news: a notification has no answer that could say so.
        let result = match message.method.as_str() {
            notification::DidOpenTextDocument::METHOD => {
                serde_json::from_value(message.params).map(|params| self.documents.open(params))
            }
            notification::DidChangeTextDocument::METHOD => {
                serde_json::from_value(message.params).map(|params| self.documents.change(params))
            }
            notification::DidCloseTextDocument::METHOD => {
                serde_json::from_value(message.params).map(|params| self.documents.close(params))
            }
            // Others may have changed on the disk as well.
            notification::DidSaveTextDocument::METHOD | notification::DidChangeWatchedFiles::METHOD => {
                self.documents.forget();
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(error) = result {
            eprintln!("{}: {error}", message.method);
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        let documents = &mut self.documents;
        let answered = Asked { request, answer: None }
            .on::<request::HoverRequest>(|it| documents.hover(it))
            .on::<request::GotoDefinition>(|it| documents.definition(it))
            .on::<request::References>(|it| documents.references(it))
            .on::<request::DocumentHighlightRequest>(|it| documents.highlights(it))
            .on::<request::PrepareRenameRequest>(|it| documents.prepare_rename(it))
            .on::<request::Rename>(|it| documents.rename(it))
            .on::<request::Completion>(|it| documents.completion(it))
            .on::<request::SignatureHelpRequest>(|it| documents.signature(it))
            .on::<request::DocumentSymbolRequest>(|it| documents.symbols(it))
            .on::<request::Formatting>(|it| documents.formatting(it))
            .on::<request::SemanticTokensFullRequest>(|it| documents.tokens(it));
        match answered.answer {
            Some(Ok(value)) => Response { id, result: Some(value), error: None },
            Some(Err(wrong)) => wrong,
            None => {
                let message = format!("`{}` is not answered here", answered.request.method);
                Response::new_err(id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }
}

/// A request on its way to what answers it.
struct Asked {
    request: Request,
    answer: Option<Answer>,
}

impl Asked {
    fn on<R: request::Request>(self, answer: impl FnOnce(R::Params) -> Result<R::Result>) -> Asked {
        if self.answer.is_some() {
            return self;
        }
        let id: RequestId = self.request.id.clone();
        let failed =
            |code: ErrorCode, message: String| Some(Err(Response::new_err(id.clone(), code as i32, message)));
        let kept = self.request.clone();
        match self.request.extract::<R::Params>(R::METHOD) {
            Ok((_, params)) => {
                let answer = match answer(params).and_then(|value| Ok(serde_json::to_value(value)?)) {
                    Ok(value) => Some(Ok(value)),
                    Err(error) => failed(ErrorCode::RequestFailed, format!("{error:#}")),
                };
                Asked { request: kept, answer }
            }
            Err(ExtractError::MethodMismatch(request)) => Asked { request, answer: None },
            Err(ExtractError::JsonError { error, .. }) => {
                let answer = failed(ErrorCode::InvalidParams, error.to_string());
                Asked { request: kept, answer }
            }
        }
    }
}
