"""A POP server in a plan and in a form: a source alone, with its own ports, and without what POP does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.support import write_plan
from tui_migrate.config.form import read_form, write_form
from tui_migrate.config.plan import load_plan
from tui_migrate.errors import BadInput
from tui_migrate.model import PopServer, Server


def source(folder: Path, **keys: object) -> Server:
    """The source of a plan with these keys in it."""
    pop = {"protocol": "pop", "host": "pop.old.example", **keys}
    return load_plan(write_plan(folder, pop, {"host": "imap.new.example"}, ["alice"])).migration.source


@pytest.mark.parametrize(("security", "port"), [("tls", 995), ("starttls", 110), ("none", 110)])
def test_the_port_follows_the_security(tmp_path: Path, security: str, port: int) -> None:
    assert source(tmp_path, security=security).key == f"pop.old.example:{port}"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"path_prefix": "INBOX."}, "source.path_prefix: must be left out with pop, which has no such setting"),
        (
            {"protocol": "pop3"},
            "source.protocol: must be imap or pop or maildir or mbox or eml or pst or ews or graph; did you mean pop?",
        ),
    ],
)
def test_what_pop_does_not_have_is_said(tmp_path: Path, keys: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput) as bad:
        source(tmp_path, **keys)
    assert [str(problem) for problem in bad.value.problems] == [f"plan.toml: {sentence}"]


def test_how_many_connections_an_account_may_have_is_judged_and_says_nothing_of_pop(tmp_path: Path) -> None:
    assert source(tmp_path, account_connections=5) == source(tmp_path)
    with pytest.raises(BadInput, match=r"source\.account_connections: must be a whole number from 1"):
        source(tmp_path, account_connections="many")


def test_a_prefix_that_a_form_does_not_show_any_more_is_not_held_against_it() -> None:
    texts = write_form(None) | {"title": "New", "source.host": "pop.old.example", "destination.host": "new.example"}
    texts |= {"source.protocol": "pop", "source.port": "995", "source.path_prefix": "INBOX."}
    assert read_form(texts, {}, None, []).source == PopServer("pop.old.example", port=995)
    with pytest.raises(BadInput) as bad:
        read_form(texts | {"destination.protocol": "pop"}, {}, None, [])
    (problem,) = bad.value.problems
    assert (problem.place, problem.text[:23]) == ("destination.protocol", "POP3 cannot store mail;")
