"""Drives `exitwise lsp` with a client that knows nothing of exitwise: pytest-lsp. `.ci/editors` runs it.

EXITWISE is the path of the program."""

import os
import pathlib

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

POLICY = """version = 1
limits = { max_retries = 4 }
[exit_codes]
NetworkError = 4
[[rule]]
name = "network-error"
when = { exit_code = "NetworkError" }
type = "TEMPORARY"
backoff = { exponential = { initial = "30s", factor = 2 } }
[[test]]
name = "😀 the network"
failures = ["NetworkError"]
expect = { rule = "network-error" }
"""


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[os.environ["EXITWISE"], "lsp"]))
async def client(lsp_client: LanguageClient):
    await lsp_client.initialize_session(
        types.InitializeParams(capabilities=types.ClientCapabilities())
    )
    yield
    await lsp_client.shutdown_session()


async def opened(client: LanguageClient, folder: pathlib.Path, text: str) -> str:
    """Opens a policy, and waits for its problems."""
    uri = (folder / "policy.toml").as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            types.TextDocumentItem(uri=uri, language_id="toml", version=1, text=text)
        )
    )
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return uri


def place(text: str, part: str) -> types.Position:
    before = text[: text.index(part) + 1]
    line = before.count("\n")
    column = len(before.rsplit("\n", 1)[-1].encode("utf-16-le")) // 2
    return types.Position(line=line, character=column)


async def test_a_good_policy(client: LanguageClient, tmp_path):
    uri = await opened(client, tmp_path, POLICY)
    assert not client.diagnostics[uri]
    document = types.TextDocumentIdentifier(uri=uri)
    hover = await client.text_document_hover_async(
        types.HoverParams(text_document=document, position=place(POLICY, "network-error"))
    )
    assert "waits `30s, 1m, 2m, 4m`" in hover.contents.value
    whole = types.Range(types.Position(0, 0), types.Position(99, 0))
    hints = await client.text_document_inlay_hint_async(
        types.InlayHintParams(text_document=document, range=whole)
    )
    assert [(hint.position.line, hint.label) for hint in hints] == [(8, "30s, 1m, 2m, 4m")]
    symbols = await client.text_document_document_symbol_async(
        types.DocumentSymbolParams(text_document=document)
    )
    assert [it.name for it in symbols] == ["NetworkError", "network-error", "😀 the network"]
    edit = await client.text_document_rename_async(
        types.RenameParams(document, place(POLICY, "network-error"), new_name="net")
    )
    assert len(edit.changes[uri]) == 2


async def test_a_mistake_is_mended(client: LanguageClient, tmp_path):
    text = POLICY.replace('"TEMPORARY"', '"temporary"')
    uri = await opened(client, tmp_path, text)
    [problem] = client.diagnostics[uri]
    assert (problem.code, problem.range.start) == ("P017", types.Position(7, 7))
    [action] = await client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri=uri),
            problem.range,
            types.CodeActionContext(diagnostics=[problem]),
        )
    )
    [edit] = action.edit.changes[uri]
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=2),
            [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)],
        )
    )
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert not client.diagnostics[uri]
    items = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri=uri), place(POLICY, '"TEMP'))
    )
    labels = [it.label for it in (items if isinstance(items, list) else items.items)]
    assert labels[:2] == ["RETRIABLE", "TEMPORARY"]
