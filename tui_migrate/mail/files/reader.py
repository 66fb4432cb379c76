"""A process that reads mailboxes of files for an engine, and the one that it is forked from."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from mmap import mmap
from pathlib import Path
from typing import Any

from tui_migrate.errors import MigrateError
from tui_migrate.mail.files.archive import Archive
from tui_migrate.mail.files.pipe import PLACE, Ended, Pipe
from tui_migrate.mail.files.plain import of_listing, of_message
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.protocols import Listed, ListedFolder, Listing, Message, Read, Since
from tui_migrate.model.kinds.files import FileServer

TOGETHER = 1 << 18
"""Octets of mail that go at once."""
_HELD_SECONDS = 0.1
"""For which messages wait for others to go with."""


class Reader:
    """Opens one mailbox, and does what it is asked."""

    def __init__(self, pipe: Pipe, place: int) -> None:
        self._pipe = pipe
        self._place = mmap(place, PLACE.size)  # a system call for each message costs more than its line ends
        self._waiting: list[object] = []
        self._octets = 0
        self._sent = time.monotonic()

    def work(self) -> None:
        """Until the other end is gone."""
        try:
            while True:
                (name, arguments), _ = self._pipe.receive()
                try:
                    self._pipe.send(("done", getattr(self, name)(*arguments)))
                except Ended:
                    raise
                except MigrateError as error:
                    self._pipe.send(("failed", error))
                except Exception as error:  # noqa: BLE001 - outermost: the engine says that it was a fault
                    self._pipe.send(("fault", "".join(traceback.format_exception(error))))
        except Ended:
            return

    def open(self, kind: str, path: Path, server: FileServer, spool_folder: Path | None, has_ordinals: bool) -> object:
        """The mailbox. Returns what it can tell of a message."""
        archive: Archive[Any] = import_module(kind).open_archive(path, server, spool_folder)
        self._source = FileSource(archive, self._ordinals if has_ordinals else None, spool_folder, self._at)
        self._look = self._source.look()
        return archive.carries

    def tree(self, settled: Mapping[bytes, Since]) -> object:
        """See `FileSource`."""
        return self._source.tree(settled)

    def remarks(self) -> object:
        """See `MailSource`."""
        return [*self._source.remarks()]

    def look(self, name: str, *arguments: object) -> object:
        """See `FileLook`."""
        return getattr(self._look, name)(*arguments)

    def read(self, folder: ListedFolder, newest_first: bool) -> None:
        """Say what there is in a folder or a portion of it, step by step."""
        try:
            for step in self._source.read([folder], self._choose, newest_first):
                if isinstance(step, Read):
                    self._add(step.message)
                else:
                    self._waiting.append(step)
        finally:
            self._flush()

    def _add(self, message: Message) -> None:
        content = message.content
        file = content.descriptor()
        if file is not None:
            self._flush()
            self._pipe.send(("steps", [of_message(message)]), file)
        else:
            self._waiting.append(of_message(message))
            self._octets += content.length
        content.close()
        if self._octets >= TOGETHER or time.monotonic() - self._sent > _HELD_SECONDS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._pipe.send(("steps", self._waiting))
            self._waiting, self._octets = [], 0
        self._sent = time.monotonic()

    def _choose(self, listing: Listing) -> Sequence[Listed]:
        self._flush()
        by_uid = {each.uid: each for each in listing.messages}
        return [by_uid[uid] for uid in self._answer("choose", of_listing(listing))]

    def _ordinals(self, folder: bytes, names: Sequence[str]) -> tuple[int, Sequence[int]]:
        series, ordinals = self._answer("ordinals", (folder, names))
        return series, ordinals

    def _answer(self, name: str, question: object) -> Any:
        """What the engine says."""
        self._pipe.send((name, question))
        return self._pipe.receive()[0]

    def _at(self, uid: int) -> None:
        """Whatever ends this process, it is known where that was."""
        PLACE.pack_into(self._place, 0, uid)


def _end_with(other: socket.socket) -> None:
    """End when the other end is gone, also in the midst of a file that takes hours."""
    waiting = select.poll()
    waiting.register(other, 0)  # a hang-up is told unasked
    waiting.poll()
    os._exit(0)


def _fork(control: socket.socket, descriptors: Sequence[int]) -> None:
    try:
        if os.fork():
            return
    except OSError:  # the engine sees that its socket is closed
        return
    control.close()  # what is asked of a process that is gone must not go unanswered
    other = socket.socket(fileno=descriptors[0])
    threading.Thread(target=_end_with, args=[other], daemon=True).start()
    Reader(Pipe(other), descriptors[1]).work()
    os._exit(0)


def _bury(options: int) -> None:
    """Readers that have ended; with `options` of 0 all of them, when they have."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def main() -> None:
    """Fork a reader for each pair of descriptors that comes, until nobody is there any more who could want one."""
    control = socket.socket(fileno=sys.stdin.fileno())
    gc.set_threshold(50_000, 20, 10)  # as in the engine
    import_module(sys.argv[1])
    gc.freeze()
    while descriptors := socket.recv_fds(control, 1, 2)[1]:
        _fork(control, descriptors)
        for each in descriptors:
            os.close(each)
        _bury(os.WNOHANG)
    _bury(0)


if __name__ == "__main__":
    main()
