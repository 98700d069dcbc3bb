//! The open documents, and questions about them.

use crate::analysis::{Analysis, Overlay, Question, formatted};
use crate::answers;
use crate::text::{Encoding, Text, to_path, to_uri};
use anyhow::{Context as _, Result};
use engine::Engine;
use lsp_types::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

/// A document that is open in the editor.
pub(crate) struct Document {
    pub uri: Uri,
    pub path: PathBuf,
    pub text: Text,
    version: i32,
    /// What was found out about this text, or why nothing was.
    analysis: Option<std::result::Result<Rc<Analysis>, String>>,
    /// What is wrong with it has been told.
    told: bool,
}

/// All of them, by the names that the client gives.
pub(crate) struct Documents {
    pub engine: Engine,
    pub encoding: Encoding,
    open: BTreeMap<String, Document>,
    closed: Vec<Uri>,
}

impl Documents {
    pub fn new(engine: Engine, encoding: Encoding) -> Documents {
        Documents { engine, encoding, open: BTreeMap::new(), closed: Vec::new() }
    }

    pub fn open(&mut self, params: DidOpenTextDocumentParams) {
        let TextDocumentItem { uri, version, text, .. } = params.text_document;
        // What is no file stands alone.
        let path = to_path(&uri).unwrap_or_else(|| PathBuf::from(uri.as_str().replace(['/', ':'], "_")));
        let text = Text::new(text, self.encoding);
        self.forget();
        let document = Document { uri: uri.clone(), path, text, version, analysis: None, told: false };
        self.open.insert(uri.as_str().to_owned(), document);
    }

    pub fn change(&mut self, params: DidChangeTextDocumentParams) {
        let Some(document) = self.open.get_mut(params.text_document.uri.as_str()) else { return };
        document.version = params.text_document.version;
        for change in params.content_changes {
            document.text = document.text.changed(change);
        }
        // Others may use it.
        self.forget();
    }

    pub fn close(&mut self, params: DidCloseTextDocumentParams) {
        if let Some(document) = self.open.remove(params.text_document.uri.as_str()) {
            self.closed.push(document.uri);
        }
        self.forget();
    }

    /// What is known about documents is found out again when somebody asks.
    pub fn forget(&mut self) {
        for document in self.open.values_mut() {
            document.analysis = None;
            document.told = false;
        }
    }

    /// The texts that are open, by their files.
    pub fn overlay(&self) -> Overlay {
        self.open.values().map(|it| (it.path.clone(), it.text.as_str().to_owned())).collect()
    }

    pub fn all(&self) -> impl Iterator<Item = &Document> {
        self.open.values()
    }

    pub fn document(&self, uri: &Uri) -> Result<&Document> {
        self.open.get(uri.as_str()).with_context(|| format!("{} is not open", uri.as_str()))
    }

    /// What there is to know about a document as it is now.
    pub fn analysis(&mut self, uri: &Uri) -> Result<Rc<Analysis>> {
        let document = self.document(uri)?;
        let known = match &document.analysis {
            Some(known) => known.clone(),
            None => {
                let overlay = self.overlay();
                let text = document.text.as_str();
                let known = Question::new(&self.engine, &document.path, text, &overlay, self.encoding)
                    .and_then(Question::analysis)
                    .map(Rc::new)
                    .map_err(|error| format!("{error:#}"));
                if let Some(document) = self.open.get_mut(uri.as_str()) {
                    document.analysis = Some(known.clone());
                }
                known
            }
        };
        known.map_err(|error| anyhow::anyhow!(error))
    }

    /// What is wrong with the documents whose client was not told yet.
    pub fn news(&mut self) -> Vec<(Uri, Option<i32>, Vec<Diagnostic>)> {
        let mut news: Vec<_> =
            std::mem::take(&mut self.closed).into_iter().map(|uri| (uri, None, Vec::new())).collect();
        let waiting: Vec<Uri> = self.open.values().filter(|it| !it.told).map(|it| it.uri.clone()).collect();
        for uri in waiting {
            let list = match self.analysis(&uri) {
                Ok(analysis) => answers::diagnostics(&analysis),
                // A limit of the compiler, or a bug of it: the document goes on without.
                Err(error) => vec![Diagnostic {
                    severity: Some(DiagnosticSeverity::WARNING),
                    source: Some("simple".to_owned()),
                    message: format!("the compiler gave no answer: {error:#}"),
                    ..Diagnostic::default()
                }],
            };
            let Some(document) = self.open.get_mut(uri.as_str()) else { continue };
            document.told = true;
            news.push((uri, Some(document.version), list));
        }
        news
    }

    // -- questions ----------------------------------------------------------------------------------------

    /// What is known about the document of a place, and the byte of the place in it.
    pub fn look(&mut self, at: &TextDocumentPositionParams) -> Result<(Rc<Analysis>, u32)> {
        let analysis = self.analysis(&at.text_document.uri)?;
        let offset = self.document(&at.text_document.uri)?.text.offset(at.position);
        Ok((analysis, offset))
    }

    pub fn hover(&mut self, params: HoverParams) -> Result<Option<Hover>> {
        let (analysis, at) = self.look(&params.text_document_position_params)?;
        let text = &self.document(&params.text_document_position_params.text_document.uri)?.text;
        Ok(analysis.entity_at(at).map(|(found, entity)| Hover {
            contents: HoverContents::Markup(answers::explained(&entity.detail, &entity.documentation)),
            range: Some(text.range(found.span.start, found.span.end)),
        }))
    }

    pub fn definition(&mut self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let (analysis, at) = self.look(&params.text_document_position_params)?;
        let declared = analysis.entity_at(at).and_then(|(_, entity)| entity.declared);
        let place = declared.and_then(|span| {
            let file = analysis.files.get(&span.file)?;
            Some(Location { uri: to_uri(file.path.as_ref()?)?, range: file.text.range(span.start, span.end) })
        });
        Ok(place.map(GotoDefinitionResponse::Scalar))
    }

    pub fn completion(&mut self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let document = self.document(&at.text_document.uri)?;
        let offset = document.text.offset(at.position);
        let text = document.text.as_str();
        let question = Question::new(&self.engine, &document.path, text, &self.overlay(), self.encoding)?;
        let list = question.complete(offset)?;
        let start = document.text.word(offset).map_or(offset, |(start, _)| start.min(offset));
        let behind_dot = text[..start as usize].ends_with('.');
        let items = answers::completions(&list, behind_dot);
        Ok(Some(CompletionResponse::List(CompletionList { is_incomplete: false, items })))
    }

    pub fn signature(&mut self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        let document = self.document(&at.text_document.uri)?;
        let text = document.text.as_str();
        let offset = document.text.offset(at.position) as usize;
        let Some(call) = answers::call_around(text, offset) else { return Ok(None) };
        // Without its arguments, which are being written, the name can be understood.
        let line_end = text[offset..].find('\n').map_or(text.len(), |length| offset + length);
        let cut = format!("{}{}", &text[..call.name_end], &text[line_end..]);
        let question = Question::new(&self.engine, &document.path, &cut, &self.overlay(), self.encoding)?;
        let list = question.complete(call.name_end as u32)?;
        Ok(answers::signature(&list, &text[call.name_start..call.name_end], call.argument))
    }

    pub fn symbols(&mut self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let analysis = self.analysis(&params.text_document.uri)?;
        let text = &self.document(&params.text_document.uri)?.text;
        Ok(Some(DocumentSymbolResponse::Nested(answers::symbols(&analysis.index.declarations, text))))
    }

    pub fn formatting(&mut self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let document = self.document(&params.text_document.uri)?;
        let path = document.path.to_string_lossy();
        let formatted = formatted(&self.engine, &path, document.text.as_str())?;
        Ok(formatted.map(|formatted| answers::edits(&document.text, &formatted)))
    }

    pub fn tokens(&mut self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        let analysis = self.analysis(&params.text_document.uri)?;
        let text = &self.document(&params.text_document.uri)?.text;
        Ok(Some(SemanticTokensResult::Tokens(answers::tokens(&analysis.index, text))))
    }
}
