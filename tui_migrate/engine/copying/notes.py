"""What a lane writes down while it works."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from tui_migrate.engine.copying.tools import Tools
from tui_migrate.model import NewFailure
from tui_migrate.store import events
from tui_migrate.store.database import Transaction


class Notes:
    """Writes into the store without waiting for it. The first error of the store is kept, and wakes the lane."""

    def __init__(self, tools: Tools, wake: Callable[[], None]) -> None:
        self._tools = tools
        self._wake = wake
        self.error: BaseException | None = None

    def submit(self, operation: Callable[[Transaction], Any]) -> None:
        """Have this done in the store."""
        self._tools.write(operation).add_done_callback(self._written)

    def failure(self, failure: NewFailure) -> None:
        """Put a failure on record."""
        self.submit(lambda connection: events.record_failure(connection, failure))

    def settled(self) -> None:
        """Wait until all that was submitted is in the store, and its callbacks have run. Raises StoreUnusable."""
        self._tools.write(lambda _: None).result()

    def _written(self, done: Future[Any]) -> None:
        if (error := done.exception()) is not None:
            self.error = self.error or error
            self._wake()
