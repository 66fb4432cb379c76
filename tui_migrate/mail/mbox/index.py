"""What lies where in an mbox file. A file may hold a million messages: forty octets are kept of each."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum

from tui_migrate.errors import FileDamaged
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.mbox.fields import Marks

NAME = 16
"""Octets of what a message is known by."""
_UNTOLD = -(1 << 63)
_MOST = 10_000_000
"""Messages of a file."""
_MOST_TOLD = 1 << 26
"""Octets of all different marks."""


class Variant(Enum):
    """How a file keeps lines that begin with `From ` from being taken for separators."""

    UNKNOWN = "no line in it tells which, and none depends on it"
    UNQUOTED = "no quoting: lines of mail begin with `From `, and separators are told from them by what they say"
    MBOXO = "mboxo: lines that begin with `>From ` stay as they are, since nothing tells which were quoted"
    MBOXRD = "mboxrd: one `>` is taken from lines that begin with `>From `"
    MBOXCL = "mboxcl: Content-Length, and lines that begin with `>From ` stay as they are"
    MBOXCL2 = "mboxcl2: Content-Length, and no quoting"
    LENGTHS = "mboxcl or mboxcl2: Content-Length, and no line in it tells which"


@dataclass(eq=False)
class Index:
    """Of one file. Filled once, and never changed again."""

    starts: array[int] = field(default_factory=lambda: array("Q"))
    """Where a message begins, behind its separator."""
    ends: array[int] = field(default_factory=lambda: array("Q"))
    names: bytearray = field(default_factory=bytearray)
    instants: array[int] = field(default_factory=lambda: array("q"))
    kinds: array[int] = field(default_factory=lambda: array("I"))
    """Places in `marks`."""
    marks: list[Marks] = field(default_factory=list)
    repeats: dict[int, int] = field(default_factory=dict)
    """Of messages that have another one's name: which of them it is, from 2 on."""
    left_out: dict[str, list[int]] = field(default_factory=dict)
    """Reason: messages, octets."""
    headless: int = 0
    """Octets before the first separator."""
    variant: Variant = Variant.UNKNOWN
    _numbers: dict[Marks, int] = field(default_factory=dict)
    _told: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def add(self, start: int, end: int, name: bytes, instant: int | None, marks: Marks) -> None:
        """The next message. Raises FileDamaged when there are more, or more different ones, than fit into memory."""
        number = self._numbers.setdefault(marks, len(self.marks))
        if number == len(self.marks):
            self.marks.append(marks)
            self._told += len(marks.labels or b"") + sum(map(len, marks.flags))
        if len(self.starts) == _MOST or self._told > _MOST_TOLD:
            raise FileDamaged(f"An mbox file has more messages or labels than a mailbox has: {len(self)} were counted.")
        self.starts.append(start)
        self.ends.append(end)
        self.names += name
        self.instants.append(_UNTOLD if instant is None else instant)
        self.kinds.append(number)

    def leave_out(self, reason: str, octets: int) -> None:
        """A message that is not there for anybody."""
        found = self.left_out.setdefault(reason, [0, 0])
        found[0] += 1
        found[1] += octets

    def finish(self) -> None:
        """Tell messages apart that have one name. In heaps, so that a set of all names is never in memory."""
        heaps: list[array[int]] = [array("I") for _ in range(256)]
        for number in range(len(self)):
            heaps[self.names[(number + 1) * NAME - 1]].append(number)
        for heap in heaps:
            seen: dict[bytes, int] = {}
            for number in heap:
                name = self.raw_name(number)
                seen[name] = seen.get(name, 0) + 1
                if seen[name] > 1:
                    self.repeats[number] = seen[name]
        self._numbers.clear()

    def raw_name(self, number: int) -> bytes:
        """What it is known by, alone or with its equals."""
        return bytes(self.names[number * NAME : (number + 1) * NAME])

    def name(self, number: int) -> str:
        """What it alone is known by: a hash, or the number that Google gave it."""
        raw = self.raw_name(number)
        told = raw.hex() if any(raw[:8]) else str(int.from_bytes(raw, "big"))
        return f"{told} {self.repeats[number]}" if number in self.repeats else told

    def instant(self, number: int) -> int | None:
        """When a message arrived, in epoch seconds; None: its own header tells."""
        told = self.instants[number]
        return None if told == _UNTOLD else told

    def size(self, number: int) -> int:
        """Octets as they lie there."""
        return self.ends[number] - self.starts[number]

    def excluded(self) -> list[LeftOut]:
        """What was left out."""
        return [LeftOut(reason, *numbers) for reason, numbers in self.left_out.items()]
