"""Numbers of the messages in a folder that is filled: Maildir has none, and recovery goes by them.

They stand in a file of ours beside the messages, a line for each, of which the n-th names the message with UID n. It
only grows, so a number never means another message, and what comes later has a higher one. Why there: our own store
may be lost, or be one of two that fill the same folder, and neither must change what a number means; a number in the
file's own name would have to be put into the names of messages that a server has numbered by these. A message is in
its place first and numbered then: one that is killed in between leaves it to the next one who looks.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tui_migrate.mail.maildir.making import Owner

FILE = "tui-migrate-uids"
_HEAD = re.compile(rb"tui-migrate 1 ([0-9]{1,18})\n")
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW


class Numbers:
    """Of one folder. Others may number messages in it at the same time. All of it may raise OSError."""

    def __init__(self, folder: int, owner: Owner) -> None:
        """`folder`: the descriptor of its directory, which stays open as long as this is used."""
        self._folder = folder
        self._owner = owner
        self._file: int | None = None
        self._writable = False
        self._forget()

    def close(self) -> None:
        """Give back what is open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def uidnext(self) -> int:
        """No message that is numbered later has a lower one."""
        return self._lines + 1

    def of(self, keys: Sequence[str], *, write: bool) -> list[int]:
        """UIDs of all these messages. Who has none gets the next one, in their order; without `write` it gets none for
        good."""
        keys = [key.replace("\n", "/") for key in keys]  # no file has a slash in its name
        with self._locked(write) as file:
            if file is not None:
                self._read_on(file, write)
            new = [key for key in dict.fromkeys(keys) if key not in self._uids]
            given = {key: self._lines + number for number, key in enumerate(new, 1)}
            if file is not None and write and new:
                self._append(file, b"".join(_line(key) for key in new))
                self._lines += len(new)
                self._uids |= given
            return [self._uids[key] if key in self._uids else given[key] for key in keys]

    def _forget(self) -> None:
        self._uids: dict[str, int] = {}
        self._lines = 0
        self._read = 0
        """Octets of the file."""
        self.uidvalidity = 1
        """1: nobody has numbered anything yet."""

    @contextmanager
    def _locked(self, write: bool) -> Iterator[int | None]:
        file = self._opened(write)
        if file is None:
            yield None
            return
        fcntl.flock(file, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
        try:
            yield file
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _opened(self, write: bool) -> int | None:
        """The file that is there now."""
        try:
            there = os.stat(FILE, dir_fd=self._folder, follow_symlinks=False).st_ino
        except FileNotFoundError:
            there = 0
        if self._file is not None and (os.fstat(self._file).st_ino != there or write > self._writable):
            self.close()
            self._forget()
        if self._file is None and (there or write):
            flags = os.O_RDWR | os.O_CREAT if write else os.O_RDONLY
            self._file = os.open(FILE, flags | _FLAGS, 0o600, dir_fd=self._folder)
            self._writable = write
            if not there:
                self._owner.give(self._file)
                os.fsync(self._folder)
        return self._file

    def _read_on(self, file: int, write: bool) -> None:
        """What has been written since. The last line may be torn: who wrote it was killed, and has told nobody."""
        size = os.fstat(file).st_size
        octets = os.pread(file, size - self._read, self._read)
        if not self._read:
            head = _HEAD.match(octets)
            if head is None:
                self._begin(file, write)
                return
            self.uidvalidity = int(head[1])
            self._read, octets = head.end(), octets[head.end() :]
        if write and octets and not octets.endswith(b"\n"):
            self._append(file, b"\n")
            octets += b"\n"
            self._read -= 1  # it is counted with the rest
        octets = octets[: octets.rfind(b"\n") + 1]
        for number, line in enumerate(octets.split(b"\n")[:-1], self._lines + 1):
            self._uids[os.fsdecode(line)] = number
        self._lines += octets.count(b"\n")
        self._read += len(octets)

    def _begin(self, file: int, write: bool) -> None:
        """A new one, or one that we have not written."""
        self._forget()
        if write:
            self.uidvalidity = time.time_ns() // 1_000_000
            os.ftruncate(file, 0)
            self._append(file, b"tui-migrate 1 %d\n" % self.uidvalidity)

    def _append(self, file: int, octets: bytes) -> None:
        at = os.fstat(file).st_size
        written = 0
        while written < len(octets):
            written += os.pwrite(file, octets[written:], at + written)
        os.fsync(file)
        self._read += written


def _line(key: str) -> bytes:
    return os.fsencode(key) + b"\n"
