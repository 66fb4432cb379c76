"""Telling a message from what a server says in its place, by the sizes that LIST has told.

Some servers, and virus scanners in front of them, answer RETR with a notice of their own. Nothing marks it as one, but
LIST has told the message's size. That may be reckoned with other line ends than those that are sent, and some servers
list estimates: what a wrong size means is told by how many others are true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tui_migrate.errors import MessageRefused
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.message import Content, describe
from tui_migrate.mail.protocols import Read, Step, Unreadable

_TRUE_ENOUGH = 4
"""True sizes that outweigh what was learned of the server before: one of an estimate may be true by chance."""
_ONE_IN = 10
"""True sizes among all, at the least, of a server that lists no estimates: most of a mailbox may be replaced."""
_ALWAYS = 3
"""Wrong sizes, and no true one, that may be estimates."""
_SURELY = 16
"""The same of a server that lists estimates for certain. So many messages are held back, until it is known."""
_FACTOR = 2
"""By which an estimate is wrong at the most."""
_HELD = 16 << 20
"""Octets in memory that are held back at the most."""


class _Size(Enum):
    TRUE = "true"
    LINE_ENDS = "but for line ends"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class _Odd:
    """A message that came with another size than it is listed with."""

    read: Read
    listed: int
    """Octets."""
    command: str
    words: str

    @property
    def came(self) -> int:
        return self.read.message.content.length

    @property
    def text(self) -> bytes:
        return self.read.message.fingerprint.body

    def unreadable(self) -> Unreadable:
        """The failure of the message, which names both sizes."""
        content = self.read.message.content
        subject = describe(content.head())[1]
        content.close()
        sentence = f"The source lists {self.listed} octets for the message and returned {self.came}: another text, "
        sentence += f"“{subject}”." if subject else "without a subject."
        error = MessageRefused(sentence, server_words=self.words, command=self.command)
        return Unreadable(self.read.folder, self.read.message.listed, error)


class SizeCheck:
    """Compares the sizes of one session. Whoever uses it gives it each message as it comes, and takes what it gives
    back; an odd one may be held back until more has come, or nothing more comes."""

    def __init__(self, lessons: Lessons) -> None:
        self._lessons = lessons
        self._true = 0
        self._wrong = 0
        self._far = False
        """True when one was wrong by more than an estimate is."""
        self._held: list[_Odd] = []
        self._texts: dict[bytes, set[int]] = {}
        """Of odd messages: the sizes that each text was listed with, by the text's fingerprint."""

    def passed(self, read: Read, listed: int, command: str, words: str) -> Iterator[Step]:
        """What can be said now that a message has come in answer to `command`, with `words` as its status; `listed` is
        its size by LIST, 0 where that is not told."""
        size = _compare(listed, read.message.content) if listed else _Size.LINE_ENDS
        self._true += size is _Size.TRUE
        if size is not _Size.WRONG:
            yield read
            return
        odd = _Odd(read, listed, command, words)
        self._wrong += 1
        self._far = self._far or not listed / _FACTOR <= odd.came <= listed * _FACTOR
        self._held.append(odd)
        if self._wrong >= _SURELY and not self._is_exact and not self._estimates:
            text = f"{odd.words} ({odd.command}: {odd.listed} octets listed, {odd.came} came)"
            self._lessons.learn(Lesson.SIZES, text)
        weight = sum(each.read.message.content.weight for each in self._held)
        if self._is_exact or self._estimates or weight > _HELD:
            yield from self.settled()

    def settled(self) -> Iterator[Step]:
        """What was held back, once nothing more comes."""
        few = bool(self._true) or self._wrong < _ALWAYS or self._far
        replaced = self._is_exact or (few and not self._estimates)
        for odd in self._held:
            self._texts.setdefault(odd.text, set()).add(odd.listed)
        while self._held:
            odd = self._held.pop(0)
            # One text in the place of several messages is none of them, whatever the sizes are.
            yield odd.unreadable() if replaced or len(self._texts[odd.text]) > 1 else odd.read

    def close(self) -> None:
        """Throw away what is held back: it will be read again."""
        while self._held:
            self._held.pop().read.message.content.close()

    @property
    def _is_exact(self) -> bool:
        return self._true >= _TRUE_ENOUGH and self._true * _ONE_IN >= self._true + self._wrong

    @property
    def _estimates(self) -> bool:
        return self._lessons.knows(Lesson.SIZES)


def _compare(listed: int, content: Content) -> _Size:
    """Whether a message has the size that is listed, which may be reckoned with bare line feeds, or without the line
    end that POP adds."""
    length = content.length
    if listed in (length, length - 2, length + 2):
        return _Size.TRUE
    lines = sum(chunk.count(b"\n") for chunk in content.chunks())
    if listed in (length - lines, length - lines - 1):
        return _Size.TRUE
    return _Size.LINE_ENDS if abs(length - listed) <= lines + 2 else _Size.WRONG
