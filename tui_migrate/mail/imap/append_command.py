"""One APPEND, of one message or of several: what stands before its literals, and how it is tried once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

from tui_migrate.mail.imap.flags import SYSTEM_FLAGS, Keeping, appendable
from tui_migrate.mail.protocols import Batch, Message

_SEVERAL = 8
"""Keywords of a message that are left out one by one, to find the one that a server does not understand."""
_FIRST_INSTANT = 0
"""1970: some servers take no earlier date."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is left out of a message's line."""

    keywords: frozenset[str] = frozenset()
    dated: bool = True


WHOLE = Attempt()


@dataclass(slots=True, eq=False)
class AppendCommand:
    """An APPEND of the messages at some `positions` of a batch."""

    batch: Batch
    positions: tuple[int, ...]
    prefixes: tuple[bytes, ...]
    kept: tuple[frozenset[str], ...]
    """The flags in each prefix."""
    dropped: tuple[str, ...]
    synchronising: bool
    attempt: Attempt = WHOLE
    others: tuple[Attempt, ...] | None = None
    """What is tried when this is refused; None: that is decided then."""
    agreed: bool = False
    """True when the server has taken the line."""
    disturbed: bool = False
    """True when it was refused for a reason that need not be the line's: what is taken then without a keyword says
    nothing against the keyword."""
    tag: bytes = b""
    size: int = field(init=False)
    """Octets of the messages."""

    def __post_init__(self) -> None:
        self.size = sum([message.content.length for message in self.batch.at(self.positions)])

    @property
    def words(self) -> set[str | bytes]:
        """What a server might stumble over in this line: its keywords, and the folder's name where it is unusual."""
        words: set[str | bytes] = {flag for flags in {*self.kept} for flag in flags if flag not in SYSTEM_FLAGS}
        return words | ({self.batch.folder} if _is_unusual(self.batch.folder) else set())

    @property
    def undated(self) -> int:
        """Messages that go without the date that they have."""
        return 0 if self.attempt.dated else len(self.positions)

    def describe(self) -> str:
        """The command for the admin, as it stands in the server's log."""
        count = len(self.positions)
        many = f" ({count} messages)" if count > 1 else ""
        return f"APPEND {self.batch.folder.decode('latin-1')} {self.prefixes[0].decode('latin-1')}{many}"


@dataclass(slots=True)
class AppendCommands:
    """Makes the commands of a connection, by what its server has been seen to take."""

    keeping: dict[bytes, Keeping]
    taken: set[str | bytes] = field(default_factory=set)
    """Keywords and unusual names in lines that it has taken."""
    refused: frozenset[str] = frozenset()
    """Keywords without which it has taken a line, and with which not."""

    def command(
        self,
        batch: Batch,
        positions: Sequence[int],
        synchronising: bool,
        attempt: Attempt = WHOLE,
        made: Sequence[FlagList] = (),
    ) -> AppendCommand:
        """The command for the messages at these positions. `made`: their `prefixes`, where they are known."""
        made = made or self.prefixes(batch, positions, attempt)
        return AppendCommand(
            batch,
            tuple(positions),
            tuple(prefix for prefix, _, _ in made),
            tuple(kept for _, kept, _ in made),
            tuple(flag for _, _, dropped in made for flag in dropped),
            synchronising,
            attempt,
        )

    def prefixes(self, batch: Batch, positions: Sequence[int], attempt: Attempt = WHOLE) -> list[FlagList]:
        """Of the messages at these positions: flags and date in front of the literal, those flags, and the ones that
        do not get there."""
        keeping, without = self.keeping.get(batch.folder, Keeping()), attempt.keywords | self.refused
        known: dict[frozenset[str], FlagList] = {}  # messages are many, and sets of flags few
        made = []
        for message in batch.at(positions):
            flags = message.listed.flags
            if (line := known.get(flags)) is None:
                line = known[flags] = _flag_list(flags, keeping, without)
            dated = message.date and attempt.dated
            made.append((b"%b %b" % (line[0], message.date), line[1], line[2]) if dated else line)
        return made

    def carefully(self, command: AppendCommand) -> list[AppendCommand]:
        """The command, or in its place several, so that whatever the server has not taken before is in a line of its
        own that it must agree to: a server that does not understand a line reads the message behind it as commands."""
        if any(self.refused & flags for flags in {*command.kept}):
            return self.carefully(self.command(command.batch, command.positions, command.synchronising))
        if command.synchronising or command.words <= self.taken:
            return [command]
        if len(command.positions) == 1:
            return [replace(command, synchronising=True)]
        new = command.words - self.taken
        at = next(number for number, flags in enumerate(command.kept) if flags & new or command.batch.folder in new)
        pieces = command.positions[:at], command.positions[at : at + 1], command.positions[at + 1 :]
        return [self.command(command.batch, piece, piece == pieces[1]) for piece in pieces if piece]

    def note_taken(self, command: AppendCommand) -> None:
        """Note that the server has agreed to the line, or stored the message."""
        self.taken |= command.words
        few = len(command.attempt.keywords) <= _SEVERAL  # of more, the line may have been too long for the server
        if command.others is not None and not command.agreed and few and not command.disturbed:
            self.refused |= command.attempt.keywords - self.taken
        command.agreed = True

    def again(self, command: AppendCommand, *, own: bool = True) -> list[AppendCommand]:
        """What is sent after a refusal: the messages of a group one by one, which names the culprit; one message
        without what the server may dislike in its line. `own`: the refusal is about what was sent, and no outage."""
        if len(command.positions) > 1:
            return [self.command(command.batch, [at], command.synchronising) for at in command.positions]
        others = command.others if command.others is not None else tuple(self._attempts(command))
        if not others:
            return []
        made = self.command(command.batch, command.positions, command.synchronising, others[0])
        made.others = others[1:]
        made.disturbed = command.disturbed or not own
        return [made]

    def _attempts(self, command: AppendCommand) -> Iterator[Attempt]:
        """Other ways to send a message: without one of several keywords that are new to the server, without all of
        these, without any, undated."""
        keywords = {flag for flag in command.kept[0] if flag not in SYSTEM_FLAGS}
        new = sorted(keywords - self.taken) if not command.agreed else []
        if 1 < len(new) <= _SEVERAL:
            yield from (Attempt(frozenset({keyword})) for keyword in new)
        if new and {*new} != keywords:
            yield Attempt(frozenset(new))
        if keywords:
            yield Attempt(frozenset(keywords))
        if _is_unusual_date(command.batch.messages[command.positions[0]]):
            yield Attempt(frozenset(keywords), dated=False)


FlagList = tuple[bytes, frozenset[str], tuple[str, ...]]
"""As it stands in a line, the flags in it, and those that do not get there."""


@lru_cache(maxsize=4096)
def _flag_list(flags: frozenset[str], keeping: Keeping, without: frozenset[str]) -> FlagList:
    proper, dropped = appendable(flags, keeping)
    kept = [flag for flag in proper if flag not in without]
    text = b"(" + " ".join(kept).encode("ascii") + b")"
    return text, frozenset(kept), (*dropped, *(flag for flag in proper if flag in without))


def _is_unusual(folder: bytes) -> bool:
    return not all(char.isalnum() or char in "./_- " for char in folder.decode("latin-1")) or not folder.isascii()


def _is_unusual_date(message: Message) -> bool:
    return message.instant is not None and not _FIRST_INSTANT < message.instant < datetime.now(UTC).timestamp()
