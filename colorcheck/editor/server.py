"""The server: connects pygls with the answers of this package. The only module that imports pygls."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from colorcheck import __version__
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.source import Location
from colorcheck.editor import answers
from colorcheck.editor.answers import Cursor, Refuted
from colorcheck.editor.deployments import Deployed, checked, manifests_of
from colorcheck.editor.planned import plan_edits
from colorcheck.editor.positions import span_of

PLAN = "colorcheck.plan"
_PAUSE = 0.03  # seconds without typing before a deployment is checked again
_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}


class Server(LanguageServer):
    """The open documents, and their deployments as they were last checked."""

    def __init__(self) -> None:
        super().__init__("colorcheck", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.deployments: dict[str, Deployed] = {}
        self.published: dict[str, set[str]] = {}
        self.waiting: dict[str, asyncio.TimerHandle] = {}

    def unsaved(self) -> dict[str, str]:
        """The texts of all open documents by the real names of their files."""
        documents = self.workspace.text_documents.values()
        return {_file(document.uri): document.source for document in documents if document.uri.startswith("file:")}

    def folders(self) -> tuple[str, ...]:
        """The folders that the editor has open."""
        return tuple(_file(uri) for uri in self.workspace.folders)

    def manifest_of(self, uri: str) -> str | None:
        """The manifest of the deployment that a document belongs to, checked if it was not yet."""
        file = _file(uri)
        for manifest, known in self.deployments.items():
            if file in known.files:
                return manifest
        for manifest in manifests_of(file, self.folders()):
            known = self.deployments.get(manifest) or self.check(manifest)
            if file in known.files:
                return manifest
        return None

    def check(self, manifest: str) -> Deployed:
        """Check a deployment and publish its findings, file by file; files that have none any more are cleared, and
        open files hear of every check."""
        unsaved = self.unsaved()
        made = self.deployments[manifest] = checked(manifest, unsaved)
        heard = {*self.published.get(manifest, ()), *(file for file in unsaved if file in made.files)}
        found: dict[str, list[lsp.Diagnostic]] = {file: [] for file in sorted(heard)}
        for finding in made.verification.findings if made.verification else ():
            file = finding.location.file or manifest
            found.setdefault(os.path.realpath(file), []).append(self.diagnostic(made, finding))
        for refuted in answers.refuted(made):
            found.setdefault(os.path.realpath(refuted.place.location.file), []).append(self.refutation(made, refuted))
        if made.trouble:
            nothing = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 1))
            said = lsp.Diagnostic(nothing, made.trouble, severity=lsp.DiagnosticSeverity.Error, source="colorcheck")
            found.setdefault(manifest, []).append(said)
        for file, diagnostics in found.items():
            shown = lsp.PublishDiagnosticsParams(str(from_fs_path(file)), diagnostics)
            self.text_document_publish_diagnostics(shown)
        self.published[manifest] = {file for file, diagnostics in found.items() if diagnostics}
        return made

    def check_soon(self, uri: str) -> None:
        """Check the deployment of a document after a short pause in typing."""
        manifest = self.manifest_of(uri)
        if manifest is None:
            return
        if manifest in self.waiting:
            self.waiting.pop(manifest).cancel()
        self.waiting[manifest] = asyncio.get_running_loop().call_later(_PAUSE, self.check, manifest)

    def diagnostic(self, made: Deployed, finding: Finding) -> lsp.Diagnostic:
        """A finding as editors show it."""
        related = [
            lsp.DiagnosticRelatedInformation(self.location(made, each.location), each.message)
            for each in finding.related
            if each.location.file
        ]
        return lsp.Diagnostic(
            self.range(made, finding.location),
            finding.message + (f"\n{finding.help}" if finding.help else ""),
            severity=_SEVERITIES[finding.severity],
            code=finding.rule,
            source="colorcheck",
            related_information=related or None,
        )

    def refutation(self, made: Deployed, refuted: Refuted) -> lsp.Diagnostic:
        """A refuted theorem as editors show it."""
        others = [
            lsp.DiagnosticRelatedInformation(self.location(made, each.location), each.message)
            for each in refuted.theorem.core
            if each is not refuted.place and each.location.file
        ]
        reason = f" ({refuted.theorem.reason})" if refuted.theorem.reason else ""
        return lsp.Diagnostic(
            self.range(made, refuted.place.location),
            refuted.theorem.refutation + reason,
            severity=lsp.DiagnosticSeverity.Error,
            code=refuted.theorem.id,
            source="colorcheck",
            related_information=others or None,
        )

    def range(self, made: Deployed, location: Location) -> lsp.Range:
        """A stretch in the editor's units."""
        lines = made.lines(location.file)
        span = span_of(location, lines)
        plain = lsp.Range(lsp.Position(span.line, span.character), lsp.Position(span.end_line, span.end_character))
        return self.workspace.position_codec.range_to_client_units(lines, plain)

    def location(self, made: Deployed, location: Location) -> lsp.Location:
        """A location in the editor's form."""
        return lsp.Location(str(from_fs_path(os.path.realpath(location.file))), self.range(made, location))

    def asked(self, params: lsp.HoverParams | lsp.DefinitionParams) -> tuple[Deployed, Cursor] | None:
        """The deployment and the place of a request; None for a file that belongs to no deployment."""
        uri = params.text_document.uri
        return self.place(uri, params.position)

    def place(self, uri: str, position: lsp.Position) -> tuple[Deployed, Cursor] | None:
        """Like `asked`, for a document and a position."""
        manifest = self.manifest_of(uri)
        if manifest is None:
            return None
        made, file = self.deployments[manifest], _file(uri)
        at = self.workspace.position_codec.position_from_client_units(made.lines(file), position)
        return made, Cursor(file, at.line + 1, at.character + 1)

    def edit(self, made: Deployed, edits: Iterable[Edit]) -> lsp.WorkspaceEdit:
        """Edits in the editor's form."""
        changes: dict[str, list[lsp.TextEdit]] = {}
        for each in edits:
            uri = str(from_fs_path(os.path.realpath(each.location.file)))
            changes.setdefault(uri, []).append(lsp.TextEdit(self.range(made, each.location), each.new_text))
        return lsp.WorkspaceEdit(changes=changes)


def server() -> Server:
    """A server with all its handlers, not started yet."""
    made = Server()

    @made.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        manifest = made.manifest_of(params.text_document.uri)
        if manifest is not None:
            made.check(manifest)

    @made.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        made.check_soon(params.text_document.uri)

    @made.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        made.check_soon(params.text_document.uri)

    @made.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        asked = made.asked(params)
        shown = answers.hover(*asked) if asked else ""
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, shown)) if shown else None

    @made.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def defined(params: lsp.DefinitionParams) -> list[lsp.Location]:
        asked = made.asked(params)
        return [made.location(asked[0], each) for each in answers.others(*asked)] if asked else []

    @made.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.Refactor]),
    )
    def acted(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        asked = made.place(params.text_document.uri, params.range.start)
        if asked is None:
            return []
        checked_, place = asked
        found = [
            lsp.CodeAction(
                action.title,
                lsp.CodeActionKind.QuickFix,
                diagnostics=[made.diagnostic(checked_, action.finding)] if action.finding else None,
                edit=made.edit(checked_, action.edits),
            )
            for action in answers.actions(checked_, place)
        ]
        command = lsp.Command("Plan", PLAN, arguments=[checked_.manifest])
        return [*found, lsp.CodeAction("Apply colorcheck's plan", lsp.CodeActionKind.Refactor, command=command)]

    @made.command(PLAN)
    async def planned(manifest: str) -> str:
        if manifest not in made.deployments:
            return "this deployment is not open here"
        edits, said = plan_edits(manifest, made.unsaved())
        if not edits:
            made.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, said))
            return said
        edit = made.edit(made.deployments[manifest], edits)
        await made.workspace_apply_edit_async(lsp.ApplyWorkspaceEditParams(edit, "colorcheck plan"))
        return said

    return made


def _file(uri: str) -> str:
    return os.path.realpath(to_fs_path(uri) or uri)
