"""Messages become files: written where nobody looks, on the disk for certain, and only then in their place."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import count

from tui_migrate.mail.maildir.making import Owner
from tui_migrate.mail.maildir.names import AS_IT_IS, FileName
from tui_migrate.mail.maildir.small import names_in
from tui_migrate.mail.maildir.text import is_packed
from tui_migrate.mail.message import Content, with_crlf
from tui_migrate.mail.protocols import Message

_HOST = re.sub(r"[^A-Za-z0-9.-]", "_", os.uname().nodename)
_OURS = re.compile(rf"tui-migrate\.([0-9]{{1,10}})\..*\.{re.escape(_HOST)}")
"""In `tmp`, with the number of the process that writes it."""
_LATER = 61
"""Seconds. A file whose name is younger than its time by more than a minute was told its time (see `arrival`)."""
TOGETHER = 8
"""Files that the system is asked at once to put on the disk: it does several in about the time of one."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_serial = count(1)


@dataclass(frozen=True, slots=True)
class Written:
    """A message that lies in `tmp`."""

    file: str
    name: FileName
    letters: str
    dated: bool
    """False where the file system does not take its date."""


class Delivery:
    """Into one folder. All of it may raise OSError."""

    def __init__(self, tmp: int, cur: int, owner: Owner, helpers: Executor) -> None:
        """`helpers`: so many threads as files are put on the disk at once."""
        self._helpers = helpers
        self._tmp = tmp
        self._cur = cur
        self._owner = owner

    def write(self, message: Message, letters: str) -> Written:
        """A message, so far for nobody."""
        unique = _unique(message.instant)
        file = f"tui-migrate.{os.getpid()}.{unique}"
        opened = os.open(file, _FLAGS, 0o600, dir_fd=self._tmp)
        try:
            try:
                self._owner.give(opened)
                fields = _write(opened, message.content)
                dated = _date(opened, message.instant)
            finally:
                os.close(opened)
        except BaseException:
            os.unlink(file, dir_fd=self._tmp)
            raise
        return Written(file, FileName(unique, fields), letters, dated)

    def put(self, written: Sequence[Written]) -> None:
        """All of these into their place. What is put there is on the disk; when this returns, so are the names."""
        left = [*written]
        try:
            for _ in self._helpers.map(self._settle, [written[start::TOGETHER] for start in range(TOGETHER)]):
                pass
            while left:
                name = left[0].name.with_letters(left[0].letters)
                os.rename(left[0].file, name, src_dir_fd=self._tmp, dst_dir_fd=self._cur)
                del left[0]
            os.fsync(self._cur)
        finally:
            self.drop(left)

    def _settle(self, written: Sequence[Written]) -> None:
        for each in written:
            opened = os.open(each.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._tmp)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    def drop(self, written: Iterable[Written]) -> None:
        """These are not wanted any more."""
        for each in written:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(each.file, dir_fd=self._tmp)

    def clean_up(self) -> None:
        """Delete what processes of ours have left on this machine that were killed, and nothing else."""
        for name in names_in(self._tmp):
            found = _OURS.fullmatch(name)
            if found is not None and not _runs(int(found[1])):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=self._tmp)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _unique(instant: int | None) -> str:
    """Of no other file, anywhere, at any time. Servers sort by what it begins with."""
    now = time.time_ns() // 1000
    seconds = max(now // 1_000_000, (instant or 0) + _LATER)
    return f"{seconds}.M{now % 1_000_000:06}P{os.getpid()}Q{next(_serial):07}.{_HOST}"


def _date(file: int, instant: int | None) -> bool:
    if instant is None:
        return True
    try:
        os.utime(file, (instant, instant))
    except OverflowError:
        return False
    return os.fstat(file).st_mtime_ns == instant * 1_000_000_000


def _write(file: int, content: Content) -> str:
    """The octets with LF as line ends, where the message can be known again from that: else as they are. Returns what
    the file's name is to tell: sizes as they lie there and with CRLF, and whether they are as they are."""
    whole = content.octets
    if whole is not None and with_crlf(plain := whole.replace(b"\r", b"")) == whole and not is_packed(plain):
        _write_all(file, plain)
        return f",S={len(plain)},W={len(whole)}"
    bare = doubled = 0
    for piece in _pieces(content):
        bare += piece.count(b"\n") - piece.count(b"\r\n")
        doubled += piece.count(b"\r\r\n")
    first = next(_pieces(content), b"")
    exact = bool(bare) or is_packed(first)
    size = 0
    for piece in _pieces(content):
        octets = piece if exact or doubled else piece.replace(b"\r\n", b"\n")
        size += len(octets)
        _write_all(file, octets)
    return f",S={size},W={content.length + bare}{AS_IT_IS if exact else ''}"


def _write_all(file: int, octets: bytes) -> None:
    view = memoryview(octets)
    while view:
        view = view[os.write(file, view) :]


def _pieces(content: Content) -> Iterator[bytes]:
    """Octets, with no line end in two pieces."""
    held = b""
    for chunk in content.chunks():
        piece = held + chunk
        kept = piece.rstrip(b"\r")
        held = piece[len(kept) :]
        if kept:
            yield kept
    if held:
        yield held
