"""A few messages of an account compared, as they lie at the destination, with what was sent: does it rewrite mail?"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from tui_migrate.mail.message import header_block
from tui_migrate.mail.protocols import Listed, MailDestination, Message

_FIELD = re.compile(rb"([^\s:]+)[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)")
_BLANKS = b" \t\r\n"
_SYSTEM = frozenset({"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"})
_MOST_NAMED = 5

HEADERS = "headers"
"""With this begins what is said of a change of a header."""

_LARGEST = 1 << 16
"""Octets of a message that is read again."""
_LOOKED_AT_CLOSELY = 1000
"""Messages of a run: to look at each octet of all would cost a tenth of the time that they take."""
_LONG_AGO = 315_532_800
"""The beginning of 1980. Servers have put another date, most often that of today, in the place of one before it."""
_A_DAY = 86_400
"""A zone's worth of doubt what the time is."""
_BREAKS = b"\r\n"


class Trait(StrEnum):
    """What some destination is known to change in a message that has it."""

    NONE = ""
    HEADER = "8-bit characters in the header"
    LINE_ENDS = "line ends other than CR LF"
    LAST_LINE = "no last line end"
    OLD = "a date before 1980"
    TO_COME = "a date to come"


class Samples:
    """The first message of each trait that a run has stored; of dates the farthest ones."""

    def __init__(self) -> None:
        self._found: dict[Trait, Sample] = {}
        self._looked_at = 0
        self._oldest, self._newest = _LONG_AGO, time.time() + _A_DAY

    def take(self, folder: bytes, messages: Sequence[Message], uids: Sequence[int], *, dated: bool) -> None:
        """Look at what has been stored, under these UIDs. `dated`: with its dates."""
        for message, uid in zip(messages, uids, strict=True):
            if message.content.length > _LARGEST:
                continue
            self._looked_at += 1
            octets = message.content.octets or b"".join(message.content.chunks())
            instant = message.instant if dated and message.date else None
            closely = self._looked_at <= _LOOKED_AT_CLOSELY
            if closely or not self._found or not (octets.isascii() and octets.endswith(_BREAKS)):  # else it has none
                for trait in _traits(message, octets, self._found.keys(), closely=closely):
                    self._found[trait] = Sample(folder, uid, octets, instant, message.listed.flags)
            if instant is not None and instant < self._oldest:
                self._oldest, trait = instant, Trait.OLD
            elif instant is not None and instant > self._newest:
                self._newest, trait = instant, Trait.TO_COME
            else:
                continue
            self._found[trait] = Sample(folder, uid, octets, instant, message.listed.flags)

    def folders(self) -> Set[bytes]:
        """The folders in which samples lie, as on the wire."""
        return {sample.folder for sample in self._found.values()}

    def compare(self, destination: MailDestination) -> list[str]:
        """What the server has changed, in words, each once; nothing of messages that are gone. Raises MailError."""
        there: dict[bytes, dict[int, tuple[Listed, bytes]]] = {}
        for folder in self.folders():
            uids = {sample.uid for sample in self._found.values() if sample.folder == folder}
            there[folder] = destination.as_they_lie(folder, sorted(uids))
        found = {trait: sample.compare(there[sample.folder].get(sample.uid)) for trait, sample in self._found.items()}
        everywhere = found.get(Trait.NONE, [])
        words = dict.fromkeys(everywhere)
        for trait, changes in found.items():
            words |= dict.fromkeys(
                f"date, of mail that has {trait}" if word == "date" and word not in everywhere else word
                for word in changes
            )
        return [*words]


def _traits(message: Message, octets: bytes, known: Set[Trait], *, closely: bool) -> Iterator[Trait]:
    """The traits of a message that no sample has yet. `closely`: also those that cost a look at every octet to find
    out."""
    if Trait.NONE not in known:
        yield Trait.NONE
    if Trait.LAST_LINE not in known and not octets.endswith(_BREAKS):
        yield Trait.LAST_LINE
    if Trait.HEADER not in known and not message.content.head().isascii():
        yield Trait.HEADER
    if (
        closely
        and Trait.LINE_ENDS not in known
        and not octets.count(b"\n") == octets.count(b"\r") == octets.count(_BREAKS)
    ):
        yield Trait.LINE_ENDS


@dataclass(frozen=True, slots=True)
class Sample:
    """A message as it was sent."""

    folder: bytes
    """Of the destination, as on the wire."""
    uid: int
    """That it has there."""
    octets: bytes
    instant: int | None
    """None where it was sent without a date."""
    flags: frozenset[str]

    def compare(self, there: tuple[Listed, bytes] | None) -> list[str]:
        """What the server has changed, in words, of a message as it lies there; nothing where it is gone."""
        return [] if there is None else [*self._changes(*there)]

    def _changes(self, listed: Listed, octets: bytes) -> Iterator[str]:
        sent, found = _fields(header_block(self.octets)), _fields(header_block(octets))
        more, fewer = Counter(found) - Counter(sent), Counter(sent) - Counter(found)
        added, dropped = {name for name, _ in more}, {name for name, _ in fewer}
        for what, names in (
            ("added", added - dropped),
            ("dropped", dropped - added),
            ("changed", added & dropped),
        ):
            if names:
                yield f"{HEADERS} {what}: {', '.join(sorted(names)[:_MOST_NAMED])}"
        if sent != found and not more and not fewer:
            yield f"{HEADERS} in another order"
        if sent == found and octets != self.octets:
            yield _in_text(self.octets, octets)
        if self.instant is not None and listed.instant not in (None, self.instant):
            yield "date"
        if not (self.flags & _SYSTEM) <= listed.flags:
            yield "flags"


def _in_text(sent: bytes, found: bytes) -> str:
    if found.rstrip(_BREAKS) == sent.rstrip(_BREAKS):
        return "last line end"
    return "line ends" if found.translate(None, _BREAKS) == sent.translate(None, _BREAKS) else "text"


def _fields(header: bytes) -> list[tuple[str, bytes]]:
    return [(name.decode("latin-1").title(), value.translate(None, _BLANKS)) for name, value in _FIELD.findall(header)]
