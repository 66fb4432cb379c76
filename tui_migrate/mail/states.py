"""What is remembered of folders whose messages have names and no UIDs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

Ordinals = Callable[[bytes, Sequence[str]], tuple[int, Sequence[int]]]
"""For sources whose messages have names and no UIDs. Given a folder and the names of all its messages, in their order:
a number that stands for UIDVALIDITY, and for each name the ordinal that it has for good, which is the message's UID."""


class States(Protocol):
    """For sources that are handed a state of theirs and tell what has changed in a folder since, so that few of its
    names come: what is remembered of each folder. States are opaque and large; a token is what stands for one in a
    folder's status."""

    def kept(self, folder: bytes) -> tuple[str, bytes] | None:
        """A state of the folder under its token: the one that its last complete walk has noted, where there is such a
        one, else the latest."""

    def keep(self, folder: bytes, state: bytes) -> str:
        """Put the folder's state of now on record. Returns its token."""

    def series(self, folder: bytes) -> int:
        """As `Ordinals` has told it, for UIDVALIDITY."""

    def known(self, folder: bytes, names: Sequence[str]) -> Mapping[str, int]:
        """The ordinals of those of these names that have one."""

    def add(self, folder: bytes, names: Sequence[str]) -> Sequence[int]:
        """The ordinals of some of the folder's messages. Those that are new get the next ones."""

    def names(self, folder: bytes, uids: Sequence[int]) -> Mapping[int, str]:
        """The names that have these ordinals."""
