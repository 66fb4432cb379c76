"""A mailbox of files as a source, which a process of its own reads (see `Readers`)."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tui_migrate.errors import Disconnected, MailError, ReaderEnded, StoreUnusable
from tui_migrate.mail.behaviour import Settled
from tui_migrate.mail.census import ALL, Carries, Evidence, Headcount, MessageRow, Sighted
from tui_migrate.mail.files.pipe import PLACE, Ended, Pipe
from tui_migrate.mail.files.plain import Plain, length_of, to_listing, to_message
from tui_migrate.mail.files.readers import READERS
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Head
from tui_migrate.mail.protocols import (
    Changes,
    Choose,
    ListedFolder,
    Ordinals,
    Read,
    Since,
    Step,
    Tree,
)
from tui_migrate.mail.stream import Valve
from tui_migrate.model import Fingerprint
from tui_migrate.model.kinds.files import FileServer

_LAST = ("done", "failed", "fault")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Which one, and where what is large may be kept for a while."""

    module: str
    """Of its kind."""
    server: FileServer
    path: Path
    spool_folder: Path | None


class ApartSource:
    """Its reader is begun anew where it was left in the midst of something. Raises ReaderEnded when it has died."""

    def __init__(self, mailbox: Mailbox, ordinals: Ordinals | None, settled: Settled | None = None) -> None:
        """Raises MailError."""
        self._mailbox = mailbox
        self._ordinals = ordinals
        self._settled = settled
        self._valve: Valve | None = None
        self._pipe: Pipe | None = None
        self._place = _place(mailbox.spool_folder)
        self._folder = b""
        """That is being read."""
        self._aborted = False
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def tree(self) -> Tree:
        """The folders, each with its numbers. One whose messages cannot be listed has none. Raises MailError."""
        tree: Tree = self.ask("tree", self._settled() if self._settled is not None else {})
        return tree

    def through(self, valve: Valve) -> None:
        """All octets of messages that are handed out pass through this valve from now on."""
        self._valve = valve

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Walk over folders, message by message. Raises MailError."""
        for folder in folders:
            self._folder = folder.name
            yield from self._read(folder, choose, newest_first)

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """A folder that has changed is listed as a whole: that costs no more."""
        return {}

    def remarks(self) -> Iterable[tuple[str, str]]:
        """As the kind says. Raises MailError."""
        remarks: Iterable[tuple[str, str]] = self.ask("remarks")
        return remarks

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Nobody has them summed up: a listing costs no more, and tells what is no mail."""
        return {}

    def look(self) -> ApartLook:
        """For recognising what is there. Not while a `read` is under way."""
        return ApartLook(self)

    census = look

    def died_at(self) -> tuple[bytes, int] | None:
        """Folder and UID of the message at which the reader was when it died."""
        (uid,) = PLACE.unpack(os.pread(self._place.fileno(), PLACE.size, 0).ljust(PLACE.size, b"\0"))
        return self._folder, uid

    def all_arrived(self) -> None:
        """Nothing depends on it."""

    def abort(self) -> None:
        """Nothing is read any more; from another thread."""
        self._aborted = True
        if (pipe := self._pipe) is not None:
            pipe.cut()

    def close(self) -> None:
        """End the reader."""
        self._leave()
        self._place.close()

    def ask(self, name: str, *arguments: object) -> Any:
        """What the reader says to this. Raises MailError."""
        *_, (_, answer, _) = self._talk(name, arguments)
        return answer

    def _read(self, folder: ListedFolder, choose: Choose, newest_first: bool) -> Iterator[Step]:
        wanted = {each.uid: each for each in folder.chosen or ()}

        def chosen(listing: Plain) -> list[int]:
            wanted.clear()
            wanted.update((each.uid, each) for each in choose(to_listing(listing)))
            return [*wanted]

        for _, said, descriptor in self._talk("read", (folder, newest_first), chosen):
            slow = self._pass(sum(length_of(step) for step in said or () if type(step) is tuple))
            for step in said or ():
                if type(step) is not tuple:
                    yield step
                    continue
                if slow is not None:
                    slow.passed(length_of(step))
                yield Read(folder.name, to_message(step, wanted[step[0]], descriptor))

    def _pass(self, octets: int) -> Valve | None:
        """Take the octets of several messages through the valve; None: that is done. Where it lets through less, they
        are left to whoever hands them out: to pay for each is a third of what a message costs."""
        if self._valve is None or self._valve.piece(octets) < octets:
            return self._valve
        self._valve.passed(octets)
        return None

    def _talk(
        self, name: str, arguments: Sequence[object], chosen: Callable[[Plain], list[int]] | None = None
    ) -> Iterator[tuple[str, Any, int | None]]:
        """What the reader says until it is done, which comes last: what it is, a value, and the descriptor of a file.
        Raises MailError."""
        if self._pipe is None:
            self._begin()
        assert self._pipe is not None
        pipe, over = self._pipe, False
        try:
            pipe.send((name, arguments))
            while not over:
                (kind, said), descriptor = pipe.receive()
                over = kind in _LAST
                match kind:
                    case "failed":
                        raise said
                    case "fault":
                        raise RuntimeError(said)
                    case "ordinals":
                        assert self._ordinals is not None
                        pipe.send(self._ordinals(*said))
                    case "choose":
                        assert chosen is not None
                        pipe.send(chosen(said))
                    case _:
                        yield kind, said, descriptor
        except Ended:
            if self._aborted:
                raise Disconnected("Reading was stopped.") from None
            raise ReaderEnded("The process that read the files has ended.") from None
        finally:
            if not over:
                self._leave()

    def _begin(self) -> None:
        """Begin with a new reader."""
        here = self._mailbox
        self._pipe = Pipe(READERS.begin(here.module, self._place.fileno()), wary=True)
        if self._aborted:
            self._pipe.cut()
        has_ordinals = self._ordinals is not None
        self.carries: Carries = self.ask("open", here.module, here.path, here.server, here.spool_folder, has_ordinals)

    def _leave(self) -> None:
        """Leave the reader, which ends then."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _place(folder: Path | None) -> IO[bytes]:
    """A file into which a reader says where it is: by its memory, so that no octet of it may be missing on the disk."""
    try:
        with contextlib.ExitStack() as failed:
            file = failed.enter_context(tempfile.TemporaryFile(dir=folder, prefix="place-", buffering=0))
            file.write(PLACE.pack(0))
            failed.pop_all()
            return file
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise StoreUnusable(f"No file can be made in {where}: {error.strerror}.") from error


class ApartLook:
    """See `FileLook`: the reader has it."""

    def __init__(self, source: ApartSource) -> None:
        self._source = source

    @property
    def carries(self) -> Carries:
        """As the kind says."""
        return self._source.carries

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """Of now."""
        found: dict[bytes, FolderStatus] = self._source.ask("look", "numbers", folders)
        return found

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """The messages with a UID of at least `low_uid`, ascending."""
        found: list[Present] = self._source.ask("look", "listing", folder, low_uid)
        return found

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID."""
        found: dict[int, bytes] = self._source.ask("look", "headers", folder, uids)
        return found

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        """All that headers are recognised by, by UID."""
        found: dict[int, Head] = self._source.ask("look", "heads", folder, uids)
        return found

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        """Of whole messages."""
        found: dict[int, Fingerprint] = self._source.ask("look", "fingerprints", folder, uids)
        return found

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """Folders that are none of the `known` ones."""
        found: list[Sighted] = self._source.ask("look", "unknown_folders", {*known})
        return found

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """Messages that can be listed, in each folder."""
        found: dict[bytes, Headcount | MailError] = self._source.ask("look", "count", folders)
        return found

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """Messages with UIDs in these spans, ascending."""
        found: list[MessageRow] = self._source.ask("look", "rows", folder, spans)
        return found

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        """Of whole messages, by UID."""
        found: dict[int, Evidence] = self._source.ask("look", "evidence", folder, uids, rebuilt)
        return found
