"""Whose words stand behind an error, where its kind is all that is left of it: in the store, and what is read there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from tui_migrate.errors.base import MailError, MigrateError


def said(kind: str) -> str:
    """What stands before the words of an error of this kind, and a colon: `The server said`; of files, where there is
    none, other words."""
    return _said().get(kind, MailError.said)


def quoted(error: MigrateError | None) -> str:
    """The words behind an error, and whose they are; empty where there are none."""
    return f"{error.said}: {error.server_words}" if isinstance(error, MailError) and error.server_words else ""


@cache
def _said() -> dict[str, str]:
    return {each.kind: each.said for each in _below(MailError)}


def _below(kind: type[MailError]) -> Iterator[type[MailError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)
