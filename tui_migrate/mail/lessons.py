"""What was learned of servers is kept: the next connection begins with the way that works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from tui_migrate.mail.line import Line
from tui_migrate.model import Learned, Lesson, Server

__all__ = ["Experience", "Learned", "Lesson", "Lessons"]

Keep = Callable[[tuple[Learned, ...]], None]
"""Is given all that is known of a server, whenever that has changed, in that order: it must not wait, nor ask back."""

_LONGEST_WORDS = 500


class Lessons:
    """What one server has taught, shared by all connections to it. Safe from any thread."""

    def __init__(self, known: Iterable[Learned] = (), keep: Keep = lambda learned: None) -> None:
        self._known = {each.lesson: each for each in known}
        self._keep = keep
        self._announced = ""
        self.line = Line()
        """What has been seen of the way to it, which is not kept."""
        self._lock = threading.Lock()

    def meet(self, announced: Iterable[str]) -> None:
        """Compare what the server announces before a login with what it announced before. What one taught us that
        announced other things is forgotten: it has been changed since. A greeting is no such sign, it often has the
        time in it."""
        with self._lock:
            self._announced = " ".join(sorted(announced))
            old = [each.lesson for each in self._known.values() if each.announced != self._announced]
            for lesson in old:
                del self._known[lesson]
            if old:
                self._keep(tuple(self._known.values()))

    def knows(self, lesson: Lesson) -> bool:
        """True when the server has taught us this."""
        with self._lock:
            return lesson in self._known

    def learn(self, lesson: Lesson, words: str = "") -> None:
        """Keep a lesson, with what taught it."""
        with self._lock:
            learned = Learned(lesson, words[:_LONGEST_WORDS], self._announced)
            if self._known.get(lesson) == learned:
                return
            self._known[lesson] = learned
            self._keep(tuple(self._known.values()))

    @property
    def learned(self) -> tuple[Learned, ...]:
        """All lessons of the server."""
        with self._lock:
            return tuple(self._known.values())


class Experience:
    """What all servers have taught. Safe from any thread."""

    def __init__(
        self,
        known: Mapping[str, Iterable[Learned]] | None = None,
        keep: Callable[[str, tuple[Learned, ...]], None] = lambda server, learned: None,
    ) -> None:
        """`known`: lessons by keys of servers. `keep` is called with all lessons of a server when one is new."""
        self._keep = keep
        self._servers = {key: self._lessons(key, learned) for key, learned in (known or {}).items()}
        self._lock = threading.Lock()

    def of(self, server: Server) -> Lessons:
        """What all connections to this server share."""
        with self._lock:
            return self._servers.setdefault(server.key, self._lessons(server.key))

    def _lessons(self, key: str, known: Iterable[Learned] = ()) -> Lessons:
        return Lessons(known, lambda learned: self._keep(key, learned))
