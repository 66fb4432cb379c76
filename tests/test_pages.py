"""What README, docs and forms say can be followed: links lead somewhere, commands and targets exist, plans load."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest
import tomli_w

from tests.support.pages import FORMS, PAGES, ROOT, Block, anchors, blocks, commands, links, name_of, spans
from tui_migrate.cli import main
from tui_migrate.config.plan import load_plan
from tui_migrate.model import KINDS

PLAN = {
    "migration": {"title": "Any"},
    "source": {"host": "imap.old.example"},
    "destination": {"host": "imap.new.example"},
    "accounts": {"file": "accounts.csv"},
}
LIST = "Source,Password,Destination\nalice@old.example,s3cret,alice@new.example\n"
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
WITH_COMMANDS = [*PAGES, *FORMS, ROOT / "Containerfile"]


def options(command: click.Command) -> set[str]:
    """How the options of a command are spelled."""
    return {spelled for each in command.params for spelled in (*each.opts, *each.secondary_opts)} | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for link in links(text):
        if not link.startswith(("https://", "mailto:")):
            file, _, anchor = link.partition("#")
            target = page.parent / file if file else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target.read_text("utf-8")), link


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_commands_exist_and_take_the_options(page: Path) -> None:
    text = page.read_text("utf-8")
    if page.suffix != ".md":
        text = f"```\n{text.replace('`', chr(10))}\n```\n"
    for words in commands(text):
        told = next((main.commands[each] for each in words if each in main.commands), main)
        first = next((each for each in words if re.fullmatch(r"[a-z][a-z-]*", each)), None)
        assert first is None or first in main.commands, words
        asked = {re.match(r"[\w-]+", each)[0] for each in words if each.startswith("--")}  # type: ignore[index]
        assert asked <= options(told) | options(main), words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_made_can_be_made(page: Path) -> None:
    text = page.read_text("utf-8")
    shown = [line for block in blocks(text) if not block.language for line in block.text.splitlines()]
    for code in [*spans(text), *shown]:
        if target := re.match(r"make ([a-z]+)", code):
            assert target[1] in TARGETS, code


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_plans_load(page: Path, tmp_path: Path) -> None:
    """A part of a plan is read with the rest that it needs."""
    found = list(blocks(page.read_text("utf-8")))
    for number, block in enumerate(found):
        if block.language == "toml":
            plan = PLAN | tomllib.loads(block.text)
            table = next((each.text for each in found[number:] if each.language == "csv"), LIST)
            (tmp_path / plan["accounts"]["file"]).write_text(table, encoding="utf-8")
            for secret in re.findall(r'"([\w-]+\.secret)"', block.text):
                (tmp_path / secret).touch(mode=0o600)
                (tmp_path / secret).write_text("word\n")
            (tmp_path / "plan.toml").write_text(tomli_w.dumps(plan), encoding="utf-8")
            assert load_plan(tmp_path / "plan.toml").accounts


def test_every_kind_of_mailbox_has_a_page_and_the_index_names_all() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {f"{name}.md" for name in KINDS} <= pages
    assert pages <= set(links((ROOT / "docs" / "README.md").read_text("utf-8")))


def test_the_readme_shows_every_command() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    shown = {words[0] for words in commands(text) if words} | set(spans(text))
    assert set(main.commands) <= shown


def test_pages_are_read_as_they_are() -> None:
    text = (
        "# A `b`: c, d\n\nSee [x](y.md#z) and `[no](link)`; `tui-migrate\nlog --level debug | less`.\n\n"
        "1. Do\n\n   ```sh\n   $ tui-migrate run p.toml  # goes on\n     podman exec x tui-migrate\n   ```\n"
    )
    assert anchors(text) == {"a-b-c-d"}
    assert list(links(text)) == ["y.md#z"]
    assert list(blocks(text)) == [Block("sh", "$ tui-migrate run p.toml  # goes on\n  podman exec x tui-migrate\n")]
    assert list(commands(text)) == [["run", "p.toml"], [], ["log", "--level", "debug"]]
