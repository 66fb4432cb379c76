"""What the service asks of live mail servers for one account: its folders as they will be, one message as it is.

Blocking, for a thread of the caller's. Each call opens its own connections and closes them.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.engine.choosing.preview import Trees
from tui_migrate.errors import MailError, MessageRefused, MigrateError, StoreUnusable, Unpipelined
from tui_migrate.mail.connect import WAYS, begun_anew, open_destination, open_source
from tui_migrate.mail.lessons import Experience, Lessons
from tui_migrate.mail.message import Content, describe
from tui_migrate.mail.protocols import FolderRefused, Listed, Listing, Ordinals, Read, Unreadable
from tui_migrate.model import Login, Migration


def folder_trees(migration: Migration, logins: tuple[Login, Login], experience: Experience) -> Trees:
    """The account's folders at both servers. Raises MailError."""
    (mine, theirs), (source, destination) = logins, (migration.source, migration.destination)

    def asked() -> Trees:
        with closing(open_source(source, mine, lessons=experience.of(source))) as opened:
            tree = opened.tree()
        with closing(open_destination(destination, theirs, lessons=experience.of(destination))) as there:
            return Trees(tree, there.tree())

    return begun_anew(asked)


@dataclass(frozen=True, slots=True)
class Sought:
    """A message of the source, by the name that `key` gives it."""

    key: int
    folder: bytes
    """As on the wire."""
    uidvalidity: int
    """Under which the UID was read; 0: not known."""
    uid: int


def save_messages(
    migration: Migration, login: Login, ordinals: Ordinals, lessons: Lessons, files: Mapping[Sought, Path]
) -> Iterator[tuple[Sought, MigrateError | None]]:
    """Write messages of one account as new .eml files that their owner alone may read; tells of each as it is written
    or could not be."""
    with closing(_contents(migration, login, ordinals, lessons, list(files))) as found:
        for sought, content in found:
            yield sought, content if isinstance(content, MailError) else _written(content, files[sought])


def message_headers(migration: Migration, login: Login, ordinals: Ordinals, lessons: Lessons, sought: Sought) -> str:
    """The header block of one message. Raises MailError."""
    with closing(_contents(migration, login, ordinals, lessons, [sought])) as found:
        ((_, content),) = found
    if isinstance(content, MailError):
        raise content
    with closing(content):
        return content.head().decode("utf-8", "backslashreplace").replace("\r\n", "\n").rstrip("\r\n")


def subjects(
    migration: Migration, login: Login, ordinals: Ordinals, lessons: Lessons, messages: Sequence[Sought]
) -> dict[int, str]:
    """Subjects of messages of one account by `key`; what is not handed out is left out. Raises the MailError when
    nothing is."""
    found: dict[int, str] = {}
    errors = []
    for sought, content in _contents(migration, login, ordinals, lessons, messages):
        if isinstance(content, MailError):
            errors.append(content)
        else:
            with closing(content):
                found[sought.key] = describe(content.head())[1]
    if errors and not found:
        raise errors[0]
    return found


def _written(content: Content, path: Path) -> MigrateError | None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file, closing(content):
            try:
                file.writelines(content.chunks())
                file.flush()
            except OSError:
                path.unlink()  # half a message looks like a whole one
                raise
    except OSError as error:
        return StoreUnusable(f"The message cannot be written to {path}: {error.strerror}.")
    return None


def _contents(
    migration: Migration, login: Login, ordinals: Ordinals, lessons: Lessons, messages: Sequence[Sought]
) -> Generator[tuple[Sought, Content | MailError]]:
    """Each of these messages once, as it comes, or why it does not. Whoever asks closes the contents."""
    open_ones = {(sought.folder, sought.uid): sought for sought in messages}
    validity = {sought.folder: sought.uidvalidity for sought in messages}
    refusals: dict[bytes, MailError] = {}

    def choose(listing: Listing) -> list[Listed]:
        known = validity[listing.folder]
        if known and listing.uidvalidity not in (0, known):
            refusals[listing.folder] = MessageRefused("The source folder was replaced: UIDs mean other messages now.")
            return []
        return [listed for listed in listing.messages if (listing.folder, listed.uid) in open_ones]

    for _ in range(WAYS):
        refusals.clear()
        try:
            with closing(open_source(migration.source, login, ordinals=ordinals, lessons=lessons)) as source:
                folders = [each for each in source.tree().folders if each.name in validity]
                for step in source.read(folders, choose):
                    if isinstance(step, Read):
                        yield open_ones.pop((step.folder, step.message.listed.uid)), step.message.content
                    elif isinstance(step, Unreadable):
                        yield open_ones.pop((step.folder, step.listed.uid)), step.error
                    elif isinstance(step, FolderRefused):
                        refusals[step.folder] = step.error
                    if not open_ones:
                        break
        except MailError as error:
            refusals = dict.fromkeys(validity, error)
        if not any(isinstance(error, Unpipelined) for error in refusals.values()):
            break
    gone = MessageRefused("The message is gone from the source.")
    for sought in open_ones.values():
        yield sought, refusals.get(sought.folder, gone)
