"""Whether more lanes make an account faster. Pure: the time is given.

A second connection into one growing folder makes Dovecot slower: both wait for the folder's lock, and each commit looks
at all that the other has stored. Where a server takes its time for each message, it is the only thing that helps. What
a server is like is seen by trying.
"""

from __future__ import annotations

import sys

GAIN = 1.1
"""More lanes are kept where they make the account so many times as fast, in messages or in octets."""
FIRST_PAUSE_SECONDS = 60.0
"""After lanes that did not help, until they are tried again; twice as long each time."""


class LaneTrial:
    """Watches one account. `seconds`: for how long each number of lanes is watched; 0: any number is fine."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lanes = 0
        self._began, self._at = 0.0, (0, 0)
        self._rates: tuple[float, float] | None = None
        """Messages and octets a second with these lanes; None until they were watched for long enough."""
        self._fewer: tuple[int, tuple[float, float]] | None = None
        """The lanes that there were before, and their rates, while more are on trial."""
        self._useless: tuple[int, float] | None = None
        """More lanes than these have not helped; until when that is heeded."""
        self._pause = FIRST_PAUSE_SECONDS

    def look(self, lanes: int, moved: tuple[int, int], now: float) -> None:
        """See how far it is. `lanes`: 0 while there is nothing for another lane to take, which is no time to judge.
        `moved`: messages and octets that have arrived."""
        if lanes != self._lanes:
            self._fewer = (self._lanes, self._rates) if lanes > self._lanes and self._rates else None
            self._lanes, self._rates = lanes, None
            self._began, self._at = now, moved
        elif lanes and now - self._began >= self._seconds > 0:
            seconds = now - self._began
            self._rates = (moved[0] - self._at[0]) / seconds, (moved[1] - self._at[1]) / seconds
            self._began, self._at = now, moved
            self._judge(self._rates, now)

    def most(self, now: float) -> int:
        """How many lanes the account should have at most: as many as it has, until these have been watched; then any
        number, until that was seen to be of no use."""
        if self._useless and now < self._useless[1]:
            return self._useless[0]
        watched = self._rates is not None or not self._lanes or not self._seconds
        return sys.maxsize if watched else self._lanes

    def _judge(self, rates: tuple[float, float], now: float) -> None:
        if self._fewer is None:
            return
        lanes, before = self._fewer
        if not any(rate > GAIN * old for rate, old in zip(rates, before, strict=True)):
            self._useless = lanes, now + self._pause
            self._pause *= 2
        self._fewer = None
