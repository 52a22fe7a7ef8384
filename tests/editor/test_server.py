"""The language server as editors meet it: over pipes with pytest-lsp, and with Neovim as a real client."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient

from colorcheck.cli import main
from tests.shapes import present

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "colorcheck", "lsp"]


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples" / "rpi4-xl", tmp_path / "rpi4")
    return tmp_path / "rpi4"


# pytest-lsp has no types for its decorator.
@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))  # type: ignore[untyped-decorator]
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    await lsp_client.initialize_session(
        lsp.InitializeParams(capabilities=pytest_lsp.client_capabilities("neovim"), root_uri=None)
    )
    yield
    await lsp_client.shutdown_session()


def opened(client: LanguageClient, file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(file.as_uri(), "cfg", 1, text)))
    return file.as_uri()


async def told(client: LanguageClient, uri: str, rule: str, there: bool = True) -> None:
    """Wait until a rule's finding is there, or is gone."""
    for _ in range(600):
        if uri in client.diagnostics and (rule in {each.code for each in client.diagnostics[uri]}) == there:
            return
        await asyncio.sleep(0.05)
    raise AssertionError([each.message for each in client.diagnostics.get(uri, ())])


@pytest.mark.asyncio
async def test_diagnostics_follow_what_is_typed(client: LanguageClient, deployment: Path) -> None:
    file = deployment / "camera.cfg"
    uri = opened(client, file)
    await told(client, uri, "CC111")
    await told(client, (deployment / "gateway.cfg").as_uri(), "CC001")
    text = file.read_text(encoding="utf-8").replace('"9-13"', '["9-13"]')
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(2, uri), [lsp.TextDocumentContentChangeWholeDocument(text)]
        )
    )
    await told(client, uri, "CC111", there=False)


@pytest.mark.asyncio
async def test_every_check_reaches_an_open_file_and_a_refuted_theorem_is_shown(
    client: LanguageClient, deployment: Path
) -> None:
    file = deployment / "camera.cfg"
    uri = opened(client, file)
    await told(client, uri, "CC111")
    for version, (colors, there) in enumerate((("5-13", True), ("9-13", False), ("10-13", False)), 2):
        text = file.read_text(encoding="utf-8").replace('"9-13"', f'["{colors}"]')
        client.diagnostics.pop(uri)
        client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version, uri), [lsp.TextDocumentContentChangeWholeDocument(text)]
            )
        )
        await told(client, uri, "separation/camera/control", there=there)
        shown = [each.message for each in client.diagnostics[uri] if each.code == "separation/camera/control"]
        assert shown == ["camera can evict lines of control (both have colors 5-8)"] * there


@pytest.mark.asyncio
async def test_hover_definition_and_actions(client: LanguageClient, deployment: Path) -> None:
    uri = opened(client, deployment / "control.cfg")
    await told(client, uri, "CC112")
    at, document = lsp.Position(5, 16), lsp.TextDocumentIdentifier(uri)
    hover = present(await client.text_document_hover_async(lsp.HoverParams(document, at)))
    assert isinstance(hover.contents, lsp.MarkupContent)
    assert "4-8 of 16" in hover.contents.value
    found = await client.text_document_definition_async(lsp.DefinitionParams(document, at))
    assert isinstance(found, list)
    assert [os.path.basename(each.uri) for each in found] == ["camera.cfg"]
    here = lsp.Range(at, at)
    asked = lsp.CodeActionParams(document, here, lsp.CodeActionContext([]))
    actions = present(await client.text_document_code_action_async(asked))
    assert [action.title for action in actions][1:] == [
        "Silence CC112 here (write a reason)",
        "Apply colorcheck's plan",
    ]
    first = actions[0]
    assert isinstance(first, lsp.CodeAction)
    changes = present(present(first.edit).changes)
    assert changes[uri][0].new_text == '4-8", "10", "11", "12'


@pytest.mark.asyncio
async def test_the_plan_is_applied_in_the_editor(client: LanguageClient, deployment: Path) -> None:
    given: list[lsp.ApplyWorkspaceEditParams] = []

    @client.feature(lsp.WORKSPACE_APPLY_EDIT)  # type: ignore[untyped-decorator]
    def applied(params: lsp.ApplyWorkspaceEditParams) -> lsp.ApplyWorkspaceEditResult:
        given.append(params)
        return lsp.ApplyWorkspaceEditResult(applied=True)

    uri = opened(client, deployment / "control.cfg")
    await told(client, uri, "CC112")
    asked = lsp.ExecuteCommandParams("colorcheck.plan", arguments=[os.path.realpath(deployment / "colorcheck.toml")])
    said = await client.workspace_execute_command_async(asked)
    assert said == "plan: optimal"
    changed = present(given[0].edit.changes)
    assert {os.path.basename(name) for name in changed} == {"camera.cfg", "gateway.cfg"}


_NEOVIM = """
local client = vim.lsp.start_client({ name = 'colorcheck', cmd = %s, root_dir = vim.fn.getcwd() })
vim.lsp.buf_attach_client(0, client)
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local rules = {}
for _, found in ipairs(vim.diagnostic.get(0)) do table.insert(rules, { found.code, found.lnum, found.col }) end
local at = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = 5, character = 15 } }
local hover = vim.lsp.buf_request_sync(0, 'textDocument/hover', at, 20000)
local function ask(method, params)
  return vim.lsp.buf_request_sync(0, method, params, 60000)[client].result
end
local others = vim.tbl_map(function(each) return each.uri end, ask('textDocument/definition', at))
local range = { start = at.position, ['end'] = at.position }
local here = { textDocument = at.textDocument, range = range, context = { diagnostics = {} } }
local actions = ask('textDocument/codeAction', here)
local titles = vim.tbl_map(function(each) return each.title end, actions)
vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
local mended = vim.api.nvim_buf_get_lines(0, 5, 6, false)[1]
vim.wait(60000, function() return #vim.diagnostic.get(0) == 0 end, 50)
local left = #vim.diagnostic.get(0)
local plan = ask('workspace/executeCommand', actions[#actions].command)
local planned = vim.api.nvim_buf_get_lines(0, 5, 6, false)[1]
local said = hover[client].result.contents.value
io.stdout:write(vim.json.encode({ rules, said, others, titles, mended, left, plan, planned }))
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="needs Neovim: install neovim")
def test_neovim_shows_and_mends_the_findings(deployment: Path, tmp_path: Path) -> None:
    script = tmp_path / "look.lua"
    script.write_text(_NEOVIM % ("{" + ", ".join(json.dumps(word) for word in COMMAND) + "}"), encoding="utf-8")
    words = ["nvim", "--headless", "-u", "NONE", "camera.cfg", "-c", f"luafile {script}", "-c", "qa!"]
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "NVIM_LOG_FILE": os.devnull,
    }
    run = partial(subprocess.run, check=False, capture_output=True, text=True, timeout=120)
    done = run(words, cwd=deployment, env=environment)
    rules, hover, others, titles, mended, left, plan, planned = json.loads(done.stdout)
    assert rules == [["CC111", 5, 14]]
    assert "0-15 of 16" in hover
    assert "control.cfg" in {os.path.basename(uri) for uri in others}
    assert titles[1:] == ["Silence CC111 here (write a reason)", "Apply colorcheck's plan"]
    assert mended == 'llc_colors = ["9-13"]'
    assert left == 0
    assert plan.startswith("plan: ")
    assert planned.startswith('llc_colors = ["')


def test_without_pygls_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "colorcheck.editor.server", raising=False)
    monkeypatch.setitem(sys.modules, "pygls", None)
    monkeypatch.setitem(sys.modules, "pygls.lsp", None)
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    assert main(["lsp"]) == 2
    assert "xen-colorcheck[lsp]" in capsys.readouterr().err
