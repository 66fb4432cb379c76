"""How fast an account goes, and where its time goes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from tui_migrate.mail.line import Line
from tui_migrate.model import Pace, Side, Stretch, Wait, Way

RATE_SECONDS = 10.0
STRETCH_SECONDS = 10.0
KEPT_STRETCHES = 90
"""A quarter of an hour."""


class PaceMeter:
    """Counts what moves and what is waited for. The lanes add, the supervisor reads."""

    def __init__(self, before: Pace | None = None) -> None:
        self.moved = (0, 0)
        """Messages and octets that have arrived, in all passes of this run."""
        self._samples: deque[tuple[float, int, int]] = deque()
        self._spent = {what: before.spent.get(what, 0.0) if before else 0.0 for what in Wait}
        self._history: deque[Stretch] = deque(before.history if before else (), maxlen=KEPT_STRETCHES)
        self._stretch_began = (time.monotonic(), 0, 0)
        self._held = 0.0
        self._lock = threading.Lock()
        self.lanes = 1
        """Each of so many waits by itself."""
        self.lines: dict[Side, Line] = {}
        """Of the servers, where they are across a network."""
        ways = {Side.SOURCE: before.source, Side.DESTINATION: before.destination} if before else {}
        self._ways = {side: ways.get(side, Way()) for side in Side}
        self._most_lanes = before.lanes if before else 1
        self._turns = before.turns if before else 0
        self._answers = (before.answer, 1) if before and before.answer else (0.0, 0)
        """Seconds in all, and how many."""

    def reset(self) -> None:
        """Begin a new pass."""
        for what in self._spent:  # its size never changes: the other thread may be looking
            self._spent[what] = 0.0
        self._history.clear()
        self._ways = {side: Way() for side in Side}
        self._most_lanes, self._turns, self._answers = 1, 0, (0.0, 0)

    def move(self, messages: int, octets: int) -> None:
        """Note what has arrived at the destination."""
        with self._lock:
            self.moved = (self.moved[0] + messages, self.moved[1] + octets)

    def wait(self, what: Wait, seconds: float) -> None:
        """Note for how long nothing could be done but wait for this, or for what has held up the other side
        meanwhile."""
        with self._lock:
            held, self._held = min(self._held, seconds), 0.0
            self._spent[Wait.THROTTLED] += held / self.lanes
            self._spent[what] += (seconds - held) / self.lanes

    def here(self, seconds: float) -> None:
        """Note for how long this machine was at work, and nobody else waited for."""
        with self._lock:
            self._spent[Wait.HERE] += seconds / self.lanes

    def passed(self, side: Side, octets: int, spared: int) -> None:
        """Note octets of one side that have moved, and those that compressing has spared."""
        with self._lock:
            way = self._ways[side]
            self._ways[side] = replace(way, octets=way.octets + octets, spared=way.spared + spared)

    def answered(self, seconds: float, turns: int) -> None:
        """Note how long the destination took to answer for what it had been sent in full, and for how many messages it
        had to agree first."""
        with self._lock:
            self._answers = (self._answers[0] + seconds, self._answers[1] + 1)
            self._turns += turns

    def held(self, seconds: float) -> None:
        """Note for how long limits have held up a thread: one that adds will find that it waited for that."""
        with self._lock:
            self._held += seconds

    def rates(self) -> tuple[float, float]:
        """Messages and bytes per second over the last ten seconds. To be asked about once a second."""
        now = time.monotonic()
        if not self._samples or now - self._samples[-1][0] > RATE_SECONDS:  # nobody asked: it was not at work
            self._stretch_began = (now, *self.moved)
        self._samples.append((now, *self.moved))
        while self._samples[0][0] < now - RATE_SECONDS:
            self._samples.popleft()
        first, last = self._samples[0], self._samples[-1]
        seconds = last[0] - first[0]
        self._close_stretch(now)
        return ((last[1] - first[1]) / seconds, (last[2] - first[2]) / seconds) if seconds else (0.0, 0.0)

    def pace(self) -> Pace:
        """Where the time of the pass goes and how fast it is, as the admin sees it."""
        spent: Mapping[Wait, float] = {what: round(seconds, 1) for what, seconds in self._spent.items() if seconds}
        self._most_lanes = max(self._most_lanes, self.lanes)
        seconds, answers = self._answers
        source, destination = self.lines.get(Side.SOURCE), self.lines.get(Side.DESTINATION)
        return Pace(
            spent,
            tuple(self._history),
            _way(self._ways[Side.SOURCE], source, source.inward if source else None),
            _way(self._ways[Side.DESTINATION], destination, destination.outward if destination else None),
            self._most_lanes,
            self._turns,
            seconds / answers if answers else 0.0,
        )

    def _close_stretch(self, now: float) -> None:
        began, messages, octets = self._stretch_began
        if now - began >= STRETCH_SECONDS:
            seconds = now - began
            done = Stretch(time.time(), (self.moved[0] - messages) / seconds, (self.moved[1] - octets) / seconds)
            self._history.append(done)
            self._stretch_began = (now, *self.moved)


def _way(way: Way, line: Line | None, rate: float | None) -> Way:
    return Way(way.octets, way.spared, line.round_trip if line else way.round_trip, rate if line else way.rate)
