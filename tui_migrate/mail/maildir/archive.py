"""A Maildir, opened for reading. Servers and mail programs may use it meanwhile.

Messages are known by the unique parts of their files' names. Dovecot has UIDs for them, too, but not for a file that
it has not seen yet: by those a folder would be numbered now in this way and now in that, with each delivery. So its
list says in which order messages came, and no more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_migrate.errors import FilesMissing, FolderUnreadable, MessageDamaged, MessageUnreadable
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item
from tui_migrate.mail.maildir import keywords, order
from tui_migrate.mail.maildir.arrival import instants
from tui_migrate.mail.maildir.faults import words_of
from tui_migrate.mail.maildir.folder import MaildirFolder, MailFile
from tui_migrate.mail.maildir.items import MailItems
from tui_migrate.mail.maildir.layout import Place, is_nested, places
from tui_migrate.mail.maildir.names import flags_of
from tui_migrate.mail.maildir.small import open_directory
from tui_migrate.mail.maildir.subscriptions import subscribed
from tui_migrate.mail.maildir.text import Unreadable, content_of
from tui_migrate.mail.message import Content
from tui_migrate.mail.roles import role_of_name
from tui_migrate.printable import plural


class MaildirArchive:
    """An `Archive`. One folder is open at a time."""

    carries = Carries()

    def __init__(self, path: Path) -> None:
        """Raises FilesMissing."""
        try:
            self._root = open_directory(str(path))
        except OSError as error:
            raise FilesMissing(f"The Maildir {path} cannot be opened.", server_words=words_of(error)) from error
        self._places: dict[bytes, Place] = {}
        self._open: tuple[bytes, MaildirFolder] | None = None

    def folders(self) -> list[ArchiveFolder]:
        """All of them. Raises FilesMissing where there is none."""
        try:
            found = places(self._root)
            subscriptions = subscribed(self._root, "/" if is_nested(found) else ".")
        except OSError as error:
            raise FilesMissing("The Maildir's folders cannot be listed.", server_words=words_of(error)) from error
        if not found:
            raise FilesMissing("There is no Maildir in this place: neither it nor what lies in it has a folder cur.")
        self._places = {each.name: each for each in found}
        return [_folder(each, each.path in subscriptions) for each in found]

    def token(self, folder: bytes) -> str:
        """As the directories' times tell. Raises FolderUnreadable."""
        with self._reading(folder):
            return _token(self._opened(folder))

    def contents(self, folder: bytes) -> Contents[MailFile]:
        """What lies in a folder now. Raises FolderUnreadable."""
        with self._reading(folder):
            opened = self._opened(folder)
            token = _token(opened)
            letters, words = keywords.by_letter(opened.descriptor), keywords.by_name(opened.descriptor)
            given = order.numbers(opened.descriptor)
            files, links = opened.files()
        files.sort(key=lambda each: order.place_of(each.parsed, given))
        arrived = instants([(each.modified, each.parsed.time) for each in files])
        items = MailItems(
            files, arrived, lambda name: flags_of(name.letters, letters) | words.get(name.base, frozenset())
        )
        if not links:
            return Contents(items, token=token)
        sentence = f"In the folder {self._display(folder)} links stand in the place of messages. They are not followed."
        return Contents(items, missing=links, damage=FolderUnreadable(sentence), token=token)

    def read(self, folder: bytes, item: Item[MailFile], spool_folder: Path | None) -> Content | None:
        """The octets of a message; None: it is gone. Raises MessageDamaged."""
        try:
            opened = self._opened(folder)
        except (FileNotFoundError, KeyError):
            return None
        except OSError as error:
            sentence = f"The folder {self._display(folder)} cannot be read any more."
            raise MessageUnreadable(sentence, server_words=words_of(error)) from error
        return content_in(opened, item.place, spool_folder)

    def remarks(self) -> Iterator[tuple[str, str]]:
        """Whether a copy has lost when messages arrived. Raises MailError."""
        items = [item for folder in self.folders() for item in self.contents(folder.name).items]
        if lost := sum(item.instant is None for item in items):
            told = f"{lost:,} of {plural(len(items), 'message')}"
            yield "Dates", f"▲ files have the time of a copy: those of the headers are taken for {told}"

    def close(self) -> None:
        """Give back what is open."""
        if self._open is not None:
            self._open[1].close()
        os.close(self._root)

    def _opened(self, name: bytes) -> MaildirFolder:
        """Raises OSError."""
        if self._open is None or self._open[0] != name:
            if not self._places:
                self.folders()
            place = self._places[name]
            if place.is_link:
                raise OSError(0, "it is a link to another place, which is not followed")
            opened = MaildirFolder(open_directory(place.where or ".", self._root))
            if self._open is not None:
                self._open[1].close()
            self._open = name, opened
        return self._open[1]

    def _display(self, name: bytes) -> str:
        return "/".join(self._places[name].path) if name in self._places else name.decode("latin-1")

    @contextmanager
    def _reading(self, folder: bytes) -> Iterator[None]:
        try:
            yield
        except (OSError, KeyError) as error:
            words = words_of(error) if isinstance(error, OSError) else "no such folder"
            raise FolderUnreadable(f"The folder {self._display(folder)} cannot be read.", server_words=words) from error


def content_in(folder: MaildirFolder, file: MailFile, spool_folder: Path | None) -> Content | None:
    """The octets of a message; None: it is gone. Raises MessageDamaged."""
    try:
        descriptor = folder.open(file)
        if descriptor is None:
            return None
        try:
            content = content_of(descriptor, file.octets, spool_folder, as_it_is=file.parsed.as_it_is)
        finally:
            os.close(descriptor)
    except Unreadable as error:
        raise MessageDamaged(f"The message in {file.name} cannot be unpacked.", server_words=str(error)) from error
    except OSError as error:
        raise MessageUnreadable(f"The message in {file.name} cannot be read.", server_words=words_of(error)) from error
    if not content.length:
        raise MessageDamaged(f"The message's file {file.name} is empty.")
    return content


def _token(opened: MaildirFolder) -> str:
    return "" if keywords.in_lists(opened.descriptor) else opened.token()


def _folder(place: Place, is_subscribed: bool) -> ArchiveFolder:
    role = role_of_name(place.path[0]) if len(place.path) == 1 else None
    return ArchiveFolder(place.name, place.path, role, role is not None, is_subscribed)
