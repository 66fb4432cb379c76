"""The first try that a page in docs shows, done as it stands there: only hosts, users and passwords are others."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w
from click.testing import CliRunner

from tests.conftest import DovecotFactory
from tests.engine.support import PASSWORD, plain
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import counted, read_maildir, write_maildir
from tests.support import sample_mail
from tests.support.pages import ROOT, blocks, commands
from tui_migrate.cli import main

FOREGROUND = {"import-plan", "check", "run", "verify"}
"""What ends when it is done, and needs no engine in the background."""


@pytest.mark.parametrize("page", ["imap.md", "pop.md"])
def test_it_works(page: str, dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> None:
    server, user, there = dovecot_factory(DovecotOptions(pop3=True)), unique_user(), unique_user()
    items = sample_mail.plain(20, 1, size=500)
    write_maildir(server.add_user(user, PASSWORD), "/", items)
    arrived = server.add_user(there, PASSWORD)
    text = (ROOT / "docs" / page).read_text("utf-8")
    section = text[text.index("## A first try") : text.index("## What it carries")]
    shown = {block.language: block.text for block in blocks(section)}
    typed = [shlex.split(" ".join(words)) for words in commands(section)]
    typed = [words for words in typed if words and words[0] in FOREGROUND]
    again = next(words for words in typed if words[0] == "run")

    plan = tomllib.loads(shown["toml"])
    plan["source"] |= plain(server.pop3_port if plan["source"].get("protocol") == "pop" else server.port)
    plan["destination"] |= plain(server.port)
    table = re.sub(r"\w+@old\.example", user, re.sub(r"\w+@new\.example", there, shown["csv"]))
    table = table.replace("s3cret", PASSWORD).replace("0ther", PASSWORD)
    (tmp_path / plan["accounts"]["file"]).write_text(table, encoding="utf-8")
    (tmp_path / again[1]).write_text(tomli_w.dumps(plan), encoding="utf-8")

    for words in [*typed, again]:
        words = [str(tmp_path / each) if each.endswith(".toml") else each for each in words]
        ended = CliRunner().invoke(main, [*words, "--data-dir", str(tmp_path / "data")])
        assert ended.exit_code == 0, (words, ended.output)
    assert {words[0] for words in typed} == FOREGROUND
    assert "20 listed = 0 copied + 20 brought earlier" in ended.stdout
    assert sum(counted(read_maildir(arrived, "/")).values()) == len(items)
