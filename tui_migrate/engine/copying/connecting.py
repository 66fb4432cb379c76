"""The connections of an account's lanes: one to the source and one to the destination each."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.gates import destination_gate, source_gate
from tui_migrate.engine.copying.remembering import Remembered
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.errors import Disconnected, MailError, MigrateError
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.protocols import MailDestination, MailSource, NewFolder, Opened, Since, Tree
from tui_migrate.model import Server, Side
from tui_migrate.model.journal import FolderRecord
from tui_migrate.store import pairs

A = TypeVar("A")
B = TypeVar("B")


class Connector:
    """Opens both ends. What waits for a throttle's leave gives up when `stop` is set."""

    def __init__(self, work: Work, tools: Tools, stop: threading.Event) -> None:
        self._work = work
        self._tools = tools
        self._stop = stop

    def connect(self) -> tuple[tuple[MailSource, Tree], tuple[MailDestination, Tree]]:
        """Open both ends for the first lane. Raises MailError."""
        opened = self._open_both(lambda source: source.tree(), lambda destination: destination.tree())
        self._work.attempts.connected()
        return opened

    def connect_lane(self, runs: Sequence[FolderRun]) -> tuple[MailSource, MailDestination]:
        """Open both ends for one more lane, which appends to these folders. Raises MailError."""
        folders = [
            NewFolder(run.pair.mapped.name, run.pair.mapped.display, create=False, subscribe=False) for run in runs
        ]
        (source, _), (destination, opened) = self._open_both(lambda _: None, lambda there: there.prepare(folders))
        for run in runs:
            now = opened[run.pair.mapped.name]
            if not isinstance(now, Opened) or now.uidvalidity != run.pair.opened.uidvalidity:
                close_both(source, destination)
                raise Disconnected(f"The destination folder {run.pair.mapped.display} was replaced meanwhile.")
        return source, destination

    def _open_both(
        self, first_of_source: Callable[[MailSource], A], first_of_destination: Callable[[MailDestination], B]
    ) -> tuple[tuple[MailSource, A], tuple[MailDestination, B]]:
        """Open both ends at the same time, each with what is done there first: it costs several round trips."""
        migration, spool, timing = self._work.migration, self._tools.files.spool_dir, self._tools.timing
        at_source = replace(timing, stalled_before=self._work.culprits.source_stalls)
        experience, tracer = self._tools.servers.experience, self._work.assignment.tracer
        source_login, destination_login = self._work.assignment.logins

        def to_source() -> tuple[MailSource, A]:
            with _naming(migration.source):
                server, login = migration.source, source_login
                lessons = experience.of(server)
                self._work.result.pace.lines[Side.SOURCE] = lessons.line
                kept = Remembered(self._tools, self._work.account.id)
                ways = at_source, lessons, tracer, kept, self._settled
                opened = open_source(server, login, spool, kept.give, *ways)
                opened.through(source_gate(self._work, self._tools, self._stop))
                return opened, _or_close(opened, lambda: first_of_source(opened))

        def to_destination() -> tuple[MailDestination, B]:
            with _naming(migration.destination):
                server, login = migration.destination, destination_login
                lessons = experience.of(server)
                self._work.result.pace.lines[Side.DESTINATION] = lessons.line
                opened = open_destination(server, login, spool, timing, lessons, tracer)
                opened.through(destination_gate(self._work, self._tools, self._stop))
                return opened, _or_close(opened, lambda: first_of_destination(opened))

        with ThreadPoolExecutor(1, thread_name_prefix=f"{threading.current_thread().name} connect") as helper:
            other = helper.submit(to_destination)
            try:
                source = to_source()
            except MigrateError:
                if other.exception() is None:
                    other.result()[0].close()
                raise
            if (error := other.exception()) is not None:
                source[0].close()
                raise error
        return source, other.result()

    def _settled(self) -> Mapping[bytes, Since]:
        """Where the walks have ended over the source folders of which nothing is left to do. What one has several
        destinations for is settled when all are, and then with the same numbers."""
        with self._tools.database.read() as connection:
            records = pairs.listing(connection, self._work.account.id)
        ended: dict[bytes, set[Since | None]] = defaultdict(set)
        for each in records:
            ended[each.source_name].add(_ended(each))
        return {name: since for name, (since, *others) in ended.items() if since is not None and not others}


def close_both(source: MailSource, destination: MailDestination) -> None:
    """Close both ends at the same time: each waits until its server has closed too."""
    other = threading.Thread(target=destination.close, name=f"{threading.current_thread().name} close")
    other.start()
    source.close()
    other.join()


def _ended(record: FolderRecord) -> Since | None:
    """Where the last walk over it ended; None where something is left to do, or nobody has told when it changes."""
    uidvalidity, messages = record.source_uidvalidity, record.source_messages
    if not record.complete or not record.source_token or uidvalidity is None or messages is None:
        return None
    return Since(uidvalidity, record.source_uidnext, record.source_token, messages)


@contextlib.contextmanager
def _naming(server: Server) -> Iterator[None]:
    """Have errors say which server they came from."""
    try:
        yield
    except MailError as error:
        error.server = server.key
        raise


def _or_close(opened: MailSource | MailDestination, action: Callable[[], A]) -> A:
    try:
        return action()
    except BaseException:
        opened.close()
        raise
