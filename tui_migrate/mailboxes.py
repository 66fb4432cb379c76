"""What the service asks of live mail servers for one account: its folders as they will be, one message as it is.

Blocking, for a thread of the caller's. Each call opens its own connections and closes them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tui_migrate.engine.mapping import FolderPlan, make_plan
from tui_migrate.errors import MailError, MessageRefused, StoreUnusable
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import Listed, Listing, MailSource, Read, Unreadable
from tui_migrate.model import FolderMapping, FolderRule, Login, Migration


def folder_mappings(
    migration: Migration,
    logins: tuple[Login, Login],
    excluded: Sequence[str],
    kept: Mapping[bytes, bytes],
    rules: Sequence[FolderRule],
) -> list[FolderMapping]:
    """The source's folders and what will become of them: first those to be copied, then those left.

    Raises MailError.
    """
    source_login, destination_login = logins
    with closing(open_source(migration.source, source_login)) as source:
        tree = source.tree()
    with closing(open_destination(migration.destination, destination_login)) as destination:
        there = destination.tree()
    return _described(make_plan(tree, there, excluded, kept, rules), {rule.source for rule in rules})


def save_message(migration: Migration, login: Login, folder: bytes, uid: int, path: Path) -> None:
    """Write one message of the source as a new .eml file, readable by its owner alone.

    Raises MailError when it cannot be read, StoreUnusable when it cannot be written.
    """
    with closing(open_source(migration.source, login)) as source:
        content = _message(source, folder, uid)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
        except OSError as error:
            raise StoreUnusable(f"The message cannot be written to {path}: {error.strerror}.") from error
        finally:
            content.close()


def message_headers(migration: Migration, login: Login, folder: bytes, uid: int) -> str:
    """The header block of one message of the source. Raises MailError."""
    with closing(open_source(migration.source, login)) as source:
        content = _message(source, folder, uid)
        try:
            return content.head().decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        finally:
            content.close()


def _message(source: MailSource, folder: bytes, uid: int) -> Content:
    listed_folder = next((each for each in source.tree().folders if each.name == folder), None)
    if listed_folder is None:
        raise MessageRefused("The source folder is gone.")

    def choose(listing: Listing) -> list[Listed]:
        return [listed for listed in listing.messages if listed.uid == uid]

    refusal: MailError = MessageRefused("The message is gone from the source.")
    for step in source.read([listed_folder], choose):
        if isinstance(step, Read):
            return step.message.content
        if isinstance(step, Unreadable):
            refusal = step.error
    raise refusal


def _described(plan: FolderPlan, ruled: set[str]) -> list[FolderMapping]:
    copied = [
        FolderMapping(
            source=each.source.display,
            target=each.display,
            messages=each.source.status.messages if each.source.status else 0,
            role=each.source.role.value if each.source.role else "",
            created=each.create,
            renamed=each.display != each.source.display,
            collision=each.collides,
            rule=each.source.display in ruled,
        )
        for each in plan.folders
    ]
    left = [
        FolderMapping(
            source=each.display,
            target="",
            messages=each.status.messages if each.status else 0,
            role=each.role.value if each.role else "",
            created=False,
            renamed=False,
            collision=False,
            rule=each.display in ruled,
        )
        for each in plan.excluded
    ]
    return copied + left
