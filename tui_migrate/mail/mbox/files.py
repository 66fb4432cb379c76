"""An mbox file, wherever it lies, and what has been found in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import FileChanged, FilesMissing
from tui_migrate.mail.mbox.cache import SharedCache
from tui_migrate.mail.mbox.fields import stored_fields
from tui_migrate.mail.mbox.index import Index
from tui_migrate.mail.mbox.octets import Octets, OpenFile, State
from tui_migrate.mail.mbox.scan import scan
from tui_migrate.mail.mbox.separators import separates

_START = 1 << 12
_MOST_MESSAGES = 1_500_000
"""Of which it is kept where they lie: 70 MB."""
_FILE_WEIGHT = 50
"""In messages."""

_CACHE: SharedCache[Index] = SharedCache(lambda index: _FILE_WEIGHT + len(index), _MOST_MESSAGES)


@dataclass(frozen=True, slots=True)
class MboxFile:
    """An mbox file. `path` is the file that is opened, and `parts` what its own is there, where that is packed."""

    path: Path
    parts: tuple[str, ...] = ()
    inside: Callable[[Octets], Octets] | None = None
    linked: bool = False
    """A link may stand in its place: the admin named it."""

    def open(self) -> tuple[Octets, State]:
        """Its octets, and the state of the file that they lie in. Raises FilesMissing, FileDamaged, FileChanged."""
        file = OpenFile(self.path, linked=self.linked)
        try:
            return (file if self.inside is None else self.inside(file)), file.state
        except BaseException:
            file.close()
            raise

    def start(self) -> Start:
        """What it is, as its first octets tell. Raises as `open` does."""
        with closing(self.open()[0]) as octets:
            data = octets.read(0, _START).lstrip(b"\xef\xbb\xbf\r\n")
            first = next(iter(stored_fields(data.partition(b"\n")[2])), None)
            by_google = first is not None and first.start == 0 and first.name in (b"x-gm-thrid", b"x-gmail-labels")
            is_mbox = data.startswith(b"From ") and separates(data, 0, after_empty=True)
            return Start(octets.size == 0, is_mbox, by_google)

    def token(self) -> str:
        """Another one after every change; empty where one might go unseen. Raises as `open` does."""
        with closing(OpenFile(self.path, linked=self.linked)) as file:
            return file.token()

    def index(self) -> Indexed:
        """What lies in it now. Raises as `open` does."""
        token = self.token()  # before it is read: of what changes meanwhile there will be another one
        octets, state = self.open()
        with closing(octets):
            index = _CACHE.get((self.path, self.parts, state), lambda: scan(octets))
            octets.check()
            if index.headless == octets.size > 0:
                raise FilesMissing(f"{self.path} is no mbox file: no message begins in it.")
        return Indexed(self, index, state, token)


@dataclass(frozen=True, slots=True)
class Start:
    """How a file begins."""

    is_empty: bool
    is_mbox: bool
    by_google: bool
    """It was made by Google Takeout."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A file and what lies where in it, as it was."""

    file: MboxFile
    index: Index
    state: State
    token: str

    def open(self) -> Octets:
        """To read what was found. Raises FileChanged where it may lie elsewhere by now, and as `MboxFile.open` does."""
        try:
            octets, state = self.file.open()
        except FilesMissing as error:
            raise FileChanged(
                f"{self.file.path} is gone since it was listed.", server_words=error.server_words
            ) from None
        if state != self.state:
            octets.close()
            raise FileChanged(f"{self.file.path} has changed since it was listed.")
        return octets
