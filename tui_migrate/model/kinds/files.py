"""What all kinds of mailbox have in common that lie in files."""

from __future__ import annotations

from tui_migrate.model.declared import Folder, Section, Text, declares, setting
from tui_migrate.model.kinds.kind import Traits
from tui_migrate.model.servers import Server

INSIDE = r"(?!/)(?!(?:.*/)?\.\.(?:/|$)).+"
"""A path that leads down alone."""
INSIDE_RULE = "must lead into the folder: without / at its start, and without .. in it"
ON_DISK = Traits(is_served=False)
ITS_USER = "{user}"
"""Stands in a pattern for a mailbox's name."""


@declares
class FileServer(Server):
    """A folder in which mailboxes lie."""

    folder: str = setting(
        Folder(),
        "Folder",
        "The folder in which all mailboxes lie.",
        section=Section.WHERE,
        default="",
        hint="such as /srv/archives",
        pinned=True,
        since="0.2",
    )
    """Absolute, but for a server of which nothing was said yet."""
    path: str = setting(
        Text(required=True, pattern=INSIDE, rule=INSIDE_RULE),
        "Path",
        "Where a mailbox lies in the folder; {user} stands for its name. A list may say another path for each account.",
        section=Section.WHERE,
        default=ITS_USER,
        hint="such as archives/{user}",
        pinned=True,
        since="0.2",
    )

    @property
    def own_paths(self) -> bool:
        """Inside of the folder."""
        return True

    @property
    def key(self) -> str:
        """The folder."""
        return self.folder

    def mailbox(self, user: str, path: str = "") -> str:
        """Its path."""
        return f"{self.folder}/{self.path_of(user, path)}"

    def path_of(self, user: str, path: str = "") -> str:
        """Of this user's mailbox, inside of the folder. `path`: where it lies by itself; empty: as the pattern says."""
        return path or self.path.replace(ITS_USER, user)

    @property
    def place(self) -> str:
        """Folder and pattern."""
        return f"{self.folder}/{self.path}"
