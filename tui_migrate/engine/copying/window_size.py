"""How much goes in one window: it grows with what the destination takes."""

from __future__ import annotations

import time
from collections.abc import Callable

MESSAGES, MOST_MESSAGES = 50, 1000
OCTETS, MOST_OCTETS = 2 << 20, 4 << 20
_SECONDS = 0.1
"""For so long a window may last: what is in doubt when a connection ends is little, and nobody waits for it to fill."""
_MEASURED_SECONDS = 0.25


class WindowSize:
    """Of one lane. Its writer notes what arrives, its reader asks.

    Each window and each command costs us and the server something, and a large folder can cost a server much for each:
    into one of 30,000 messages in a Maildir Dovecot stored 3,241 messages a second in groups of 50, 10,119 in groups
    of 200. So whoever is fast is given more at once, which makes it faster still; whoever is slow, little."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.messages, self.octets = MESSAGES, OCTETS
        """With which a window is full."""
        self._since, self._messages, self._octets = clock(), 0, 0

    def arrived(self, messages: int, octets: int) -> None:
        """Note messages that were answered for together. Those that are answered for one by one say nothing: then each
        is a command of its own, however many are in a window."""
        self._messages += messages
        self._octets += octets
        seconds = self._clock() - self._since
        if seconds >= _MEASURED_SECONDS:
            share = _SECONDS / seconds
            self.messages = min(max(MESSAGES, int(self._messages * share)), MOST_MESSAGES)
            self.octets = min(max(OCTETS, int(self._octets * share)), MOST_OCTETS)
            self._since, self._messages, self._octets = self._clock(), 0, 0

    def refused(self) -> None:
        """Note that the destination has not taken something: what comes next goes in small windows."""
        self.messages, self.octets = MESSAGES, OCTETS
        self._since, self._messages, self._octets = self._clock(), 0, 0
