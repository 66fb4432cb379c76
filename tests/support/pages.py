"""The pages of this repository, read as what they are made of: headings, links, blocks of code and marked code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.md")])
FORMS = sorted((ROOT / ".github").rglob("*.yml"))

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.M | re.S)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """Code between fences."""

    language: str
    text: str
    """Without the indentation that the block has as part of a list."""


def name_of(page: Path) -> str:
    """A page as a reader calls it."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """In their order."""
    for indented, language, code in _BLOCK.findall(text):
        yield Block(language, re.sub(f"^{indented}", "", code, flags=re.M))


def spans(text: str) -> Iterator[str]:
    """What is marked as code within sentences and tables."""
    for span in _SPAN.findall(_BLOCK.sub("", text)):
        yield " ".join(span.split())


def commands(text: str) -> Iterator[list[str]]:
    """The words behind `tui-migrate`, wherever a command line is shown, up to what another program gets."""
    lines = [line for block in blocks(text) if block.language in ("", "sh") for line in block.text.splitlines()]
    for line in [*lines, *spans(text)]:
        for found in re.finditer(r"(?:^|[\s\"'($])tui-migrate((?: [^#|;&>]*)?)(?=[#|;&>]|$)", line):
            yield found[1].split()


def links(text: str) -> Iterator[str]:
    """Where they point to; those to other hosts too."""
    yield from _LINK.findall(_SPAN.sub("", _BLOCK.sub("", text)))


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
