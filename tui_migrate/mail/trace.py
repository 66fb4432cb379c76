"""The protocol trace of an account: what its connections say and hear, without secrets and without mail.

All that a wire sends or receives comes through one gate, as lines and octets. What is known to hold neither is written
as it is; of anything else, its length: `{1234 octets}`. So what nobody has thought of is left out, and no login and no
message can come through by a new shape. A protocol says what it knows by its `WireRules`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from typing import Protocol
from weakref import WeakSet

from tui_migrate.mail.mask import Mask

_LONGEST = 1500
"""Characters of a line that are written: a search may answer with all UIDs of a folder."""

Write = Callable[[str], object]
"""Takes a line of the trace; from any thread."""


class WireRules(Protocol):
    """What of one connection may be written. It sees all of it, in order, since the trace began."""

    def sent(self, data: bytes) -> Iterable[str]:
        """Note what is sent: whole lines, and octets that lines have announced, in one piece or in several."""

    def heard(self, line: bytes) -> str | None:
        """Note a line that was received. None: nothing is to be written for it."""

    def octets(self, number: int) -> str:
        """Note so many octets that are no line: a literal, a message, a body."""


class Tracer:
    """The trace of one account; any thread may switch it."""

    def __init__(self) -> None:
        self._write: Write | None = None
        self._numbers = itertools.count(1)
        self._gates: WeakSet[Gate] = WeakSet()
        self._lock = threading.Lock()

    def gate(self, peer: str, rules: Callable[[], WireRules]) -> Gate:
        """The gate of one connection, which may begin long before the trace does."""
        with self._lock:
            gate = Gate(f"{peer} #{next(self._numbers)}", rules)
            self._gates.add(gate)
            gate.switch(self._write)
        return gate

    def switch(self, write: Write | None) -> None:
        """Have the lines of the trace written by `write` from now on. None: the trace is off."""
        with self._lock:
            self._write = write
            for gate in self._gates:
                gate.switch(write)


class Gate:
    """One connection's way into the trace. Belongs to the thread of its wire, but for `switch`."""

    def __init__(self, name: str, rules: Callable[[], WireRules]) -> None:
        self.mask = Mask()
        """Of what has logged in here."""
        self._name = name
        self._make_rules = rules
        self._rules = rules()
        self._write: Write | None = None
        self._told: Callable[[Gate | None], object] = lambda gate: None

    def bind(self, told: Callable[[Gate | None], object]) -> None:
        """`told` is called now and at each switch, with this gate while the trace is on: so that one that is off costs
        those who ask no more than a look at what they were told last."""
        self._told = told
        told(self if self._write else None)

    def switch(self, write: Write | None) -> None:
        """Switch the trace on or off."""
        self._rules = self._make_rules()  # what has passed before was not seen
        self._write = write
        self._told(self if write else None)

    def sent(self, data: bytes) -> None:
        """Note what is sent now."""
        for text in self._rules.sent(data):
            self._put("C:", text)

    def heard(self, line: bytes) -> None:
        """Note a line that was received."""
        if (text := self._rules.heard(line)) is not None:
            self._put("S:", text)

    def octets(self, number: int) -> None:
        """Note so many octets that were received."""
        self._put("S:", self._rules.octets(number))

    def note(self, what: str) -> None:
        """Note what happens to the connection itself."""
        self._put("--", what)

    def _put(self, who: str, text: str) -> None:
        if (write := self._write) is not None:
            covered = self.mask.cover(text)
            rest = f"… {{{len(covered)} characters}}" if len(covered) > _LONGEST else ""
            write(f"[{self._name}] {who} {covered[:_LONGEST]}{rest}")


def length(octets: bytes | int) -> str:
    """What stands for octets that are not written."""
    return f"{{{octets if isinstance(octets, int) else len(octets)} octets}}"


def shown(line: bytes) -> str:
    """A line, or a piece of one, as text."""
    return line.decode("utf-8", "backslashreplace").rstrip("\r\n")
