"""Copies of a store, taken while it is at work, that stand in for it later: restored backups."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.servers.imap_lexer import Line, Piece
from tests.servers.imap_session import Session
from tests.servers.loopback_proxy import Link
from tests.servers.proxies import CapabilityProxy, FewerCapabilities

_UIDNEXT = re.compile(rb"\* OK \[UIDNEXT \d+\][^\r]*\r\n|UIDNEXT \d+ ?")


def back_up(data: Path, backup: Path) -> Path:
    """A copy of the data folder as it is at this instant, also while the engine writes. Returns: the copy."""
    shutil.copytree(data, backup, ignore=shutil.ignore_patterns("store.db*", "engine.lock"))
    with (
        closing(sqlite3.connect(data / "store.db")) as store,
        closing(sqlite3.connect(backup / "store.db")) as copy,
    ):
        store.backup(copy)
    return backup


class Backups:
    """Copies of a store at random instants, among all that pass by on the line to the destination."""

    def __init__(self, data: Path, folder: Path, draw: random.Random, most: int, chance: float) -> None:
        self._data, self._folder = data, folder
        self._draw, self._most, self._chance = draw, most, chance
        self.taken: list[Path] = []

    def pass_by(self) -> None:
        """Something has passed: now and then that is an instant."""
        if len(self.taken) < self._most and self._draw.random() < self._chance:
            self.taken.append(back_up(self._data, self._folder / f"backup{len(self.taken)}"))


class BackupProxy(CapabilityProxy):
    """Calls `pass_by` before each reply to an APPEND and before each piece of one, once it is set. Without UIDNEXT it
    tells none."""

    pass_by: Callable[[], None] | None = None

    def session(self, link: Link) -> Session:
        return _Watched(link, self)


class _Watched(FewerCapabilities):
    def __init__(self, link: Link, proxy: BackupProxy) -> None:
        super().__init__(link, proxy)
        self._watched = proxy

    def from_client(self, token: Line | Piece) -> None:
        if self._watched.pass_by is not None and self.command == b"APPEND":
            self._watched.pass_by()
        super().from_client(token)

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        if self._watched.pass_by is not None and answered == b"APPEND":
            self._watched.pass_by()
        if "UIDNEXT" in self._watched.removed and isinstance(token, Line):
            token = replace(token, data=_UIDNEXT.sub(b"", token.data))
        super().from_server(token, answered)
