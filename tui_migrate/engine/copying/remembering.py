"""What is remembered of source folders whose messages have names and no UIDs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui_migrate.engine.copying.tools import Tools
from tui_migrate.store import ordinals, states


class Remembered:
    """Of one account. What is new is put on record before anything is done with it: a window that names an ordinal must
    mean the same message for good."""

    def __init__(self, tools: Tools, account_id: int) -> None:
        self._tools = tools
        self._of = account_id

    def give(self, folder: bytes, names: Sequence[str]) -> tuple[int, Sequence[int]]:
        """See `Ordinals`."""
        return self._tools.write(lambda connection: ordinals.give(connection, self._of, folder, names)).result()

    def add(self, folder: bytes, names: Sequence[str]) -> Sequence[int]:
        """See `States`, as for all that follows."""
        return self._tools.write(lambda connection: ordinals.give_some(connection, self._of, folder, names)).result()[1]

    def known(self, folder: bytes, names: Sequence[str]) -> Mapping[str, int]:
        with self._tools.database.read() as connection:
            return ordinals.known(connection, self._of, folder, names)

    def names(self, folder: bytes, uids: Sequence[int]) -> Mapping[int, str]:
        with self._tools.database.read() as connection:
            return ordinals.names(connection, self._of, folder, uids)

    def series(self, folder: bytes) -> int:
        with self._tools.database.read() as connection:
            return ordinals.series_of(connection, self._of, folder)

    def kept(self, folder: bytes) -> tuple[str, bytes] | None:
        with self._tools.database.read() as connection:
            return states.kept(connection, self._of, folder)

    def keep(self, folder: bytes, state: bytes) -> str:
        return self._tools.write(lambda connection: states.keep(connection, self._of, folder, state)).result()
