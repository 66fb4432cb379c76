"""Source folders to destination folders. Pure: the same trees give the same plan.

INBOX goes to INBOX, a folder with a role to the destination's folder of that role whatever its name, a subfolder below
wherever its parent goes, everything else to its own name in the destination's spelling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from unicodedata import category, normalize

from tui_migrate.mail.imap.names import encode, path_of
from tui_migrate.mail.protocols import ListedFolder, Role, Tree
from tui_migrate.model import FolderRule

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
    collides: bool = False
    """True when another folder has the name that it would have got."""


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """All folders of an account."""

    folders: tuple[Mapped, ...]
    """INBOX first, then those with a role, then the rest in the source's order."""
    excluded: tuple[ListedFolder, ...]


def make_plan(
    source: Tree,
    destination: Tree,
    excluded: Sequence[str],
    kept: Mapping[bytes, bytes] | None = None,
    rules: Sequence[FolderRule] = (),
) -> FolderPlan:
    """Map the folders of `source`. `kept` holds destination names of earlier runs by source name: those stay, unless
    one of the admin's `rules` says otherwise, of which the last one for a folder holds."""
    ruled = {rule.source: rule.target for rule in rules}
    wanted, left_out = _select(source, excluded, ruled)
    holders = _role_holders(wanted)
    settled = _settled(wanted, holders, destination, kept or {}, ruled)
    taken = {*settled.values(), *(kept or {}).values()}
    there = {folder.name: folder for folder in destination.folders}
    # Where all folders lie below INBOX, a child of INBOX is a folder like the others.
    paths: dict[Path, Path] = {("INBOX",): ()} if _below_inbox(destination) and not _below_inbox(source) else {}
    mapped: dict[bytes, Mapped] = {}
    # Parents before what lies in them, and `a_b` before an `a.b` that would have to be called so.
    for folder in sorted(wanted, key=lambda f: (len(f.path), _is_respelled(f.path, destination.delimiter))):
        name = settled.get(folder.name)
        collides = False
        if name is None:
            wish = _wish(folder, ruled, paths)
            name = _free_name(wish, destination, taken)
            collides = name != _spell(wish, destination)
            taken.add(name)
        path = path_of(name, destination.delimiter, destination.prefix)
        paths.setdefault(folder.path, path)
        present = there.get(name)
        mapped[folder.name] = Mapped(
            source=folder,
            name=name,
            display=_display(path),
            create=name != b"INBOX" and (present is None or not present.selectable),
            subscribe=folder.subscribed and not (present is not None and present.subscribed),
            role=folder.role if folder.role in MATCHED and holders[folder.role] is folder else None,
            collides=collides,
        )
    order = sorted(wanted, key=lambda f: (f.path != ("INBOX",), f.role is None))
    return FolderPlan(tuple(mapped[folder.name] for folder in order), tuple(left_out))


def is_excluded(path: Path, patterns: Sequence[str]) -> bool:
    """True when a pattern (`Junk`, `Trash/*`, any case) names the folder or one that it lies in.

    `*` and `?` are wildcards; brackets are not, because folders are called `[Gmail]`.
    """
    names = [_folded("/".join(path[:depth])) for depth in range(1, len(path) + 1)]
    globs = [_folded(pattern).replace("[", "[[]") for pattern in patterns]
    return any(fnmatchcase(name, glob) for glob in globs for name in names)


def _folded(name: str) -> str:
    """Equal for names that an admin takes for equal: macOS writes `é` as two characters, keyboards as one."""
    return normalize("NFC", name).casefold()


def _wish(folder: ListedFolder, ruled: Mapping[str, str | None], paths: Mapping[Path, Path]) -> Path:
    target = ruled.get(folder.display)
    return tuple(target.split("/")) if target else _below_parent(folder.path, paths)


def _is_ruled_out(path: Path, ruled: Mapping[str, str | None]) -> bool:
    """True when the nearest rule for the folder, or for one that it lies in, says that it stays behind."""
    for depth in range(len(path), 0, -1):
        place = "/".join(path[:depth])
        if place in ruled:
            return ruled[place] is None
    return False


def _select(
    source: Tree, excluded: Sequence[str], ruled: Mapping[str, str | None]
) -> tuple[list[ListedFolder], list[ListedFolder]]:
    wanted: list[ListedFolder] = []
    left_out: list[ListedFolder] = []
    for folder in source.folders:
        if not folder.selectable:
            continue  # a \Noselect parent holds no mail; its children bring it along where they need it
        view = folder.role in _VIEWS and not folder.role_by_name
        out = _is_ruled_out(folder.path, ruled) or view or is_excluded(folder.path, excluded)
        (left_out if out and not ruled.get(folder.display) else wanted).append(folder)
    return wanted, left_out


def _role_holders(folders: Sequence[ListedFolder]) -> dict[Role | None, ListedFolder]:
    """One folder for each role: the one that the server says, else the first with such a name."""
    holders: dict[Role | None, ListedFolder] = {}
    for folder in sorted(folders, key=lambda f: f.role_by_name):
        if folder.role and folder.selectable:
            holders.setdefault(folder.role, folder)
    return holders


def _settled(
    wanted: Sequence[ListedFolder],
    holders: Mapping[Role | None, ListedFolder],
    destination: Tree,
    kept: Mapping[bytes, bytes],
    ruled: Mapping[str, str | None],
) -> dict[bytes, bytes]:
    """Destination names that do not depend on spelling, and that no other folder may take: as in earlier runs, as the
    admin says, INBOX, and the destination's own folders with a role."""
    free = [folder for folder in wanted if not ruled.get(folder.display)]
    settled = {folder.name: kept[folder.name] for folder in free if folder.name in kept}
    targets = _role_holders(destination.folders)
    fixed = [(folder, _ruled_name(target, destination)) for folder in wanted if (target := ruled.get(folder.display))]
    fixed += [(folder, b"INBOX") for folder in free if folder.name.upper() == b"INBOX"]
    fixed += [(holders[role], targets[role].name) for role in MATCHED if role in holders and role in targets]
    freed = {folder.name for folder in wanted} - {folder.name for folder in free}
    taken = {name for source, name in kept.items() if source not in freed}
    for folder, name in fixed:
        if folder.name not in settled and name not in taken:
            settled[folder.name] = name
            taken.add(name)
    return settled


def _ruled_name(target: str, destination: Tree) -> bytes:
    return b"INBOX" if target.upper() == "INBOX" else _spell(tuple(target.split("/")), destination)


def _below_inbox(tree: Tree) -> bool:
    return tree.prefix.upper().startswith("INBOX")


def _free_name(path: Path, destination: Tree, taken: Set[bytes]) -> bytes:
    """The path in the destination's spelling, with a number where that is another folder's: never two in one without
    a word."""
    name = _spell(path, destination)
    number = 1
    while name in taken or path_of(name, destination.delimiter, destination.prefix) == ("INBOX",):
        number += 1
        name = _spell((*path[:-1], f"{path[-1]} ({number})"), destination)
    return name


def _below_parent(path: Path, paths: Mapping[Path, Path]) -> Path:
    """The path below wherever the nearest mapped ancestor goes."""
    for depth in range(len(path) - 1, 0, -1):
        parent = paths.get(path[:depth])
        if parent is not None:
            return (*parent, *path[depth:])
    return path


def _spell(path: Path, destination: Tree) -> bytes:
    """A path as the destination writes it. What its names cannot hold becomes `_`."""
    cleaned = [_clean(part, destination.delimiter) for part in path]
    name = destination.prefix + (destination.delimiter or "_").join(cleaned)
    return encode("_" + name[1:] if name.startswith("~") else name)  # Dovecot takes no home directories


def _is_respelled(path: Path, delimiter: str) -> bool:
    return any(_clean(part, delimiter) != part for part in path)


def _clean(part: str, delimiter: str) -> str:
    """A name without the delimiter, the wildcards of LIST, and what Dovecot refuses: control characters, line breaks,
    characters that Unicode does not know, and the file system's `.` and `..`."""
    if delimiter:
        part = part.replace(delimiter, "_")
    if not part.strip("."):
        return "_" * max(1, len(part))
    return "".join("_" if c in "*%\ufeff" or category(c) in ("Cc", "Cn", "Cs", "Zl", "Zp") else c for c in part)


def _display(path: Path) -> str:
    return "/".join(path)
