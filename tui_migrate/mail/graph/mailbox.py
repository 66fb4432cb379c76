"""Mailboxes behind Microsoft Graph, as `mail.behaviour` wants them."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.graph.findings import findings
from tui_migrate.mail.graph.folders import folders_of
from tui_migrate.mail.graph.session import GraphSession
from tui_migrate.mail.graph.source import GraphSource
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.probe import Manner, Probe, look_across
from tui_migrate.mail.protocols import MailSource
from tui_migrate.mail.stream import Stream
from tui_migrate.model import GraphServer, Login, Server
from tui_migrate.timing import Timing

__all__ = ["findings", "look_at", "open_source"]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    assert isinstance(server, GraphServer)
    return GraphSource(server, login, around)


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`."""
    return look_across(server, login, timing, lessons, Manner(GraphSession, _start_tls, _counted))


def _start_tls(stream: Stream) -> None:
    """There is nothing else."""


def _counted(session: GraphSession, seen: Probe) -> Probe:
    return replace(seen, messages=sum(each.items for each in folders_of(session)))
