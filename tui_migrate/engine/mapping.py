"""Source folders to destination folders. Pure: the same trees give the same plan.

INBOX goes to INBOX, a folder with a role to the destination's folder of that role whatever its name, a subfolder below
wherever its parent goes, everything else to its own name in the destination's spelling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tui_migrate.mail.imap.names import encode
from tui_migrate.mail.protocols import ListedFolder, Role, Tree

Path = tuple[str, ...]

MATCHED = (Role.SENT, Role.DRAFTS, Role.TRASH, Role.JUNK, Role.ARCHIVE)
"""Roles that a real folder has. The others are views, and mail is never put into a view."""
_VIEWS = (Role.FLAGGED, Role.IMPORTANT)


@dataclass(frozen=True, slots=True)
class Mapped:
    """One folder to be copied, and where to."""

    source: ListedFolder
    name: bytes
    """At the destination, as on the wire."""
    display: str
    create: bool
    subscribe: bool
    role: Role | None
    """To be given to a folder that is created."""


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """All folders of an account."""

    folders: tuple[Mapped, ...]
    """INBOX first, then those with a role, then the rest in the source's order."""
    excluded: tuple[ListedFolder, ...]


def make_plan(
    source: Tree, destination: Tree, excluded: Sequence[str], kept: Mapping[bytes, bytes] | None = None
) -> FolderPlan:
    """Map the folders of `source`. `kept` holds destination names of earlier runs by source name: those stay."""
    wanted, left_out = _select(source, excluded)
    roles = _role_holders(wanted)
    targets = _role_holders(destination.folders)
    there = {folder.name: folder for folder in destination.folders}
    paths: dict[Path, Path] = {}
    taken: dict[bytes, ListedFolder] = {}
    mapped: dict[bytes, Mapped] = {}
    for folder in sorted(wanted, key=lambda f: (len(f.path), roles.get(f.role) is not f if f.role else True)):
        role = folder.role if folder.role in MATCHED and roles.get(folder.role) is folder else None
        target = targets.get(role) if role else None
        path = target.path if target else _below_parent(folder.path, paths)
        name = target.name if target else _spell(path, destination)
        number = 1
        while name in taken:  # never two folders in one without a word
            number += 1
            path = (*path[:-1], f"{path[-1]} ({number})")
            name = _spell(path, destination)
        if kept and kept.get(folder.name, name) not in taken:
            name = kept.get(folder.name, name)
        taken[name] = folder
        paths[folder.path] = path
        present = there.get(name)
        mapped[folder.name] = Mapped(
            source=folder,
            name=name,
            display=_display(path),
            create=folder.path != ("INBOX",) and (present is None or not present.selectable),
            subscribe=folder.subscribed and not (present is not None and present.subscribed),
            role=role,
        )
    order = sorted(wanted, key=lambda f: (f.path != ("INBOX",), f.role is None))
    return FolderPlan(tuple(mapped[folder.name] for folder in order), tuple(left_out))


def is_excluded(path: Path, patterns: Sequence[str]) -> bool:
    """True when a pattern (`Junk`, `Trash/*`, any case) names the folder or one that it lies in."""
    names = ["/".join(path[:depth]).casefold() for depth in range(1, len(path) + 1)]
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns for name in names)


def _select(source: Tree, excluded: Sequence[str]) -> tuple[list[ListedFolder], list[ListedFolder]]:
    wanted: list[ListedFolder] = []
    left_out: list[ListedFolder] = []
    for folder in source.folders:
        if not folder.selectable:
            continue  # a \Noselect parent holds no mail; its children bring it along where they need it
        view = folder.role in _VIEWS and not folder.role_by_name
        (left_out if view or is_excluded(folder.path, excluded) else wanted).append(folder)
    return wanted, left_out


def _role_holders(folders: Sequence[ListedFolder]) -> dict[Role | None, ListedFolder]:
    """One folder for each role: the one that the server says, else the first with such a name."""
    holders: dict[Role | None, ListedFolder] = {}
    for folder in sorted(folders, key=lambda f: f.role_by_name):
        if folder.role and folder.selectable:
            holders.setdefault(folder.role, folder)
    return holders


def _below_parent(path: Path, paths: Mapping[Path, Path]) -> Path:
    """The path below wherever the nearest mapped ancestor goes."""
    for depth in range(len(path) - 1, 0, -1):
        parent = paths.get(path[:depth])
        if parent is not None:
            return (*parent, *path[depth:])
    return path


def _spell(path: Path, destination: Tree) -> bytes:
    """A path as the destination writes it. What its names cannot hold becomes `_`."""
    if path == ("INBOX",):
        return b"INBOX"
    if destination.prefix.upper().startswith("INBOX") and path[0] == "INBOX":
        path = path[1:]  # below INBOX is where all folders are on such a server
    cleaned = [_clean(part, destination.delimiter) for part in path]
    return encode(destination.prefix + (destination.delimiter or "_").join(cleaned))


def _clean(part: str, delimiter: str) -> str:
    if delimiter:
        part = part.replace(delimiter, "_")
    return "".join("_" if c in "*%" or not c.isprintable() else c for c in part) or "_"


def _display(path: Path) -> str:
    return "/".join(path)
