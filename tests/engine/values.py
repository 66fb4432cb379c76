"""Settings for pure tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui_migrate.model import ImapServer, Migration, Server, Wanted


def server_of(host: str) -> Callable[..., Server]:
    """Makes this server with the limits given."""

    def make(**settings: Any) -> Server:
        return replace(ImapServer(host), **settings)

    return make


def migration_of(source: Server, destination: Server) -> Migration:
    """A migration between these."""
    return Migration(1, "Test", source, destination, (), Wanted.RUN)


SYNCHRONISING = ("LITERAL+", "LITERAL-", "MULTIAPPEND")
"""Without these a destination takes one message a round trip."""


RESPELLED = {"per%cent": "per_cent", "st*ar": "st_ar"}
"""Wildcards of LIST are no part of a new name."""
