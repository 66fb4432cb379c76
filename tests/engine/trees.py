"""Folder trees, and what mapping makes of them."""

from __future__ import annotations

from hypothesis import strategies as st

from tui_migrate.engine.choosing.mapping import FolderPlan
from tui_migrate.mail.imap.names import encode, path_of
from tui_migrate.mail.protocols import ListedFolder, Role, Tree


def folder(name: str, role: Role | None = None, *, delimiter: str = "/", prefix: str = "") -> ListedFolder:
    raw = encode(name)
    return ListedFolder(raw, path_of(raw, delimiter, prefix), role=role)


def guessed(name: str, role: Role) -> ListedFolder:
    return ListedFolder(encode(name), tuple(name.split("/")), role=role, role_by_name=True)


def tree(*folders: ListedFolder | str, delimiter: str = "/", prefix: str = "") -> Tree:
    made = (folder(each, delimiter=delimiter, prefix=prefix) if isinstance(each, str) else each for each in folders)
    return Tree(tuple(made), delimiter, prefix)


def names(plan: FolderPlan) -> dict[str, str]:
    """Source to destination, as on the wire."""
    return {mapped.source.name.decode(): mapped.name.decode() for mapped in plan.folders}


parts = st.text(st.sampled_from("aAé_./~*%&\x01 "), min_size=1, max_size=3).map(
    lambda part: part.replace("/", "") or "x"
)
paths = st.lists(st.lists(parts, min_size=1, max_size=3).map("/".join), unique=True, max_size=8)
places = st.sampled_from([("/", ""), (".", ""), (".", "INBOX."), ("", "")])
