"""Keys that are typed faster than screens open: they wait for the screen that they are meant for.

A key goes to the widget that has the focus, and comes back where that does not want it. Of `n` and a title behind it,
which a stalled line delivers in one piece, the title would reach the list that `n` is about to leave, where its letters
are commands; and a form that is still being made would lose it.
"""

from __future__ import annotations

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.events import Event, Key
from textual.screen import Screen


class TypeAhead(App[object]):
    """An application that loses no key."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Key] = deque()
        self._typed_on: WeakKeyDictionary[Key, Screen[Any]] = WeakKeyDictionary()
        """The screen to which a key has gone."""

    async def on_event(self, event: Event) -> None:
        """Hold a key back where its screen is not ready, or it comes back from one that has been left meanwhile."""
        if isinstance(event, Key) and self.screen_stack:
            if event.is_forwarded:
                if self._typed_on.pop(event, self.screen) is not self.screen:
                    self._wait(Key(event.key, event.character))
                    return
            elif self._waiting or not self.screen.is_mounted:
                self._wait(event)
                return
            else:
                self._typed_on[event] = self.screen
        await super().on_event(event)

    def _wait(self, key: Key | None = None) -> None:
        if key is not None:
            self._waiting.append(key)
        self.screen.call_later(self.call_later, self._go_on)  # a screen takes no call before it is there

    async def _go_on(self) -> None:
        while self._waiting:
            if not self.screen.is_mounted:
                self._wait()
                return
            key = self._waiting.popleft()
            self._typed_on[key] = self.screen
            await super().on_event(key)
