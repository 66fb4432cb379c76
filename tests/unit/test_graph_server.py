"""Microsoft Graph in a plan and in a form: a source alone, over TLS alone, with tokens alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.support import write_plan
from tui_migrate.config.form import read_form, write_form
from tui_migrate.config.plan import load_plan
from tui_migrate.errors import BadInput
from tui_migrate.model import GraphServer, Security, Server

OAUTH = {"provider": "microsoft", "sign_in": "device", "client_id": "app", "cloud": "china"}


def source(folder: Path, **keys: object) -> Server:
    """The source of a plan with these keys in it."""
    graph = {"protocol": "graph", "oauth": OAUTH, **keys}
    rows = [{"Source": "alice", "Destination": "alice", "Destination Password": "secret"}]
    return load_plan(write_plan(folder, graph, {"host": "imap.new.example"}, rows)).migration.source


def test_it_needs_neither_host_nor_port(tmp_path: Path) -> None:
    found = source(tmp_path, account_connections=9)
    assert isinstance(found, GraphServer)
    assert found.key == "microsoftgraph.chinacloudapi.cn:443"
    assert found.connections_of_account == 4
    assert source(tmp_path, host="graph.example", port=8443).key == "graph.example:8443"


def test_there_is_no_way_without_tls(tmp_path: Path) -> None:
    found = source(tmp_path, security="none")
    assert isinstance(found, GraphServer)
    assert (found.security, found.port) == (Security.TLS, 443)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"oauth": None}, "source.oauth: is missing: with graph nobody logs in another way"),
        ({"path_prefix": "x"}, "source.path_prefix: must be left out with graph, which has no such setting"),
    ],
)
def test_what_it_does_not_have_is_said(tmp_path: Path, keys: dict[str, object], sentence: str) -> None:
    told = {"protocol": "graph", "oauth": OAUTH, **keys}
    rows = [{"Source": "alice", "Destination": "alice", "Destination Password": "secret"}]
    plan = {name: value for name, value in told.items() if value is not None}
    with pytest.raises(BadInput) as bad:
        load_plan(write_plan(tmp_path, plan, {"host": "imap.new.example"}, rows))
    assert [str(problem) for problem in bad.value.problems] == [f"plan.toml: {sentence}"]


def test_a_form_asks_for_no_host() -> None:
    texts = write_form(None) | {"title": "By Graph", "destination.host": "imap.new.example"}
    texts |= {"source.protocol": "graph", "source.login": "token", "source.port": "443"}
    texts |= {f"source.oauth.{key}": value for key, value in OAUTH.items()}
    found = read_form(texts, {}, None, []).source
    assert isinstance(found, GraphServer)
    assert found.host == "microsoftgraph.chinacloudapi.cn"
