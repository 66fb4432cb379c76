"""Source folders to destination folders. Pure: the same trees give the same plan.

INBOX goes to INBOX, a folder with a role to the destination's folder of that role whatever its name, a subfolder below
wherever its parent goes, everything else to its own name in the destination's spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import category

from tui_migrate.engine.choosing.folder_rules import FolderRules, Path
from tui_migrate.mail.imap.names import encode, path_of
from tui_migrate.mail.protocols import ListedFolder, Role, Tree
from tui_migrate.model import FolderRule, Learned, Lesson

MATCHED = (Role.SENT, Role.DRAFTS, Role.TRASH, Role.JUNK, Role.ARCHIVE)
"""Roles that a real folder has. The others are views, and mail is never put into a view."""
_VIEWS = (Role.FLAGGED, Role.IMPORTANT)
_NUMBER = rb" \(\d+\)"
"""What a name gets whose place is another folder's."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a destination has been seen to do to names."""

    refused: str = ""
    """Characters that its names cannot have."""
    taken: frozenset[bytes] = frozenset()
    """Names, as on the wire, that it takes for those of other folders."""
    instead: Mapping[bytes, bytes] = field(default_factory=dict)
    """By source name: what it has made of the name that it was given."""

    @classmethod
    def learned(cls, lessons: Iterable[Learned]) -> Spelling:
        """What other mailboxes on the destination's server have taught."""
        return cls(next((each.words for each in lessons if each.lesson is Lesson.NAMES), ""))


AS_IT_IS = Spelling()
"""Of a destination of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a folder is called at the destination."""

    name: bytes
    """As on the wire."""
    path: Path
    """The same, decoded, below the personal namespace."""
    collides: bool = False
    """True when another folder has the name that it would have got."""
    respelled: bool = False
    """True when the destination cannot have its name, or has it for another folder: neither its role nor a rule has
    given it another one."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One folder to be copied, and where to."""

    source: ListedFolder
    target: Target
    create: bool
    subscribe: bool
    role: Role | None = None
    """To be given to a folder that is created."""

    @property
    def name(self) -> bytes:
        """The folder's name at the destination, as on the wire."""
        return self.target.name

    @property
    def display(self) -> str:
        """The folder's name at the destination, for the admin."""
        return "/".join(self.target.path)


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
    spelling: Spelling = AS_IT_IS,
) -> FolderPlan:
    """Map the folders of `source`. `kept` holds destination names of earlier runs by source name: those stay, unless
    one of the admin's `rules` says otherwise, of which the last one for a folder holds, or the destination cannot have
    them after all (`spelling`).

    A rule moves its folder and what lies in it, and no other: where its place is another folder's, it gets a number.
    """
    words = FolderRules(rules, excluded)
    wanted, left_out = _select(source, words)
    targets = role_holders(destination.folders)
    holders = role_holders(wanted, targets)
    fixed = [(folder, b"INBOX") for folder in wanted if folder.name.upper() == b"INBOX"]
    fixed += [(holders[role], targets[role].name) for role in MATCHED if role in holders and role in targets]
    stays = {key: name for key, name in (kept or {}).items() if _stays(name, destination, spelling)}
    names = _Names(source, destination, words, wanted, {**stays, **spelling.instead}, spelling)
    names.settle(fixed)
    there = {folder.name: folder for folder in destination.folders}
    mapped: dict[bytes, Mapped] = {}
    for folder in names.in_order():
        name, collides = names.give(folder)
        present = there.get(name)
        is_holder = folder.role in MATCHED and holders[folder.role] is folder
        mapped[folder.name] = Mapped(
            source=folder,
            target=Target(
                name,
                path=path_of(name, destination.delimiter, destination.prefix),
                collides=collides,
                respelled=not is_holder
                and words.anchor(folder.path) is None
                and _is_renamed(folder, name, destination),
            ),
            create=name != b"INBOX" and (present is None or not present.selectable),
            subscribe=folder.subscribed and not (present is not None and present.subscribed),
            role=folder.role if is_holder and folder.role not in targets else None,
        )
    order = sorted(wanted, key=lambda f: (f.path != ("INBOX",), f.role is None))
    return FolderPlan(tuple(mapped[folder.name] for folder in order), tuple(left_out))


def _select(source: Tree, words: FolderRules) -> tuple[list[ListedFolder], list[ListedFolder]]:
    wanted: list[ListedFolder] = []
    left_out: list[ListedFolder] = []
    for folder in source.folders:
        if not folder.selectable:
            continue  # a \Noselect parent holds no mail; its children bring it along where they need it
        is_view = folder.role in _VIEWS and not folder.role_by_name and words.target(folder.path) is None
        (left_out if is_view or words.excludes(folder.path) else wanted).append(folder)
    return wanted, left_out


def role_holders(
    folders: Sequence[ListedFolder], like: Mapping[Role | None, ListedFolder] | None = None
) -> dict[Role | None, ListedFolder]:
    """One folder for each role: the one that the server says, else one that is called as in `like`, else the first
    with such a name."""
    names = {role: folder.path[-1] for role, folder in (like or {}).items()}
    holders: dict[Role | None, ListedFolder] = {}
    for folder in sorted(folders, key=lambda f: (f.role_by_name, f.role_by_name and f.path[-1] != names.get(f.role))):
        if folder.role and folder.selectable:
            holders.setdefault(folder.role, folder)
    return holders


class _Names:
    """Gives every folder a name at the destination that is no other's."""

    def __init__(
        self,
        source: Tree,
        destination: Tree,
        words: FolderRules,
        wanted: Sequence[ListedFolder],
        kept: Mapping[bytes, bytes],
        spelling: Spelling,
    ) -> None:
        self._destination = destination
        self._words = words
        self._wanted = wanted
        self._kept = kept
        self._kept_names = {*kept.values()}
        self._settled: dict[bytes, bytes] = {}
        self._spelling = spelling
        self._there = {folder.name for folder in destination.folders}
        self._taken = {kept[name] for name in kept.keys() - {folder.name for folder in wanted}}
        self._paths = self._paths_of_parents(_below_inbox(source))

    # Names that do not depend on spelling

    def settle(self, fixed: Sequence[tuple[ListedFolder, bytes]]) -> None:
        """Give out all names: first those of earlier runs, then those that are `fixed`, then those of folders that
        their rule has moved before."""
        for folder in self._wanted:
            if folder.name in self._kept and self._stays(folder):
                self._settle(folder, self._kept[folder.name])
        for folder, name in fixed:
            if self._words.target(folder.path) is None:
                self._settle(folder, name)
        moved = [
            (folder, self._kept[folder.name], self._place(target))
            for folder in self._wanted
            if folder.name in self._kept and (target := self._words.target(folder.path))
        ]
        for folder, name, path in sorted(moved, key=lambda each: each[1] != self._name(each[2])):
            # With a number only while its place is another's. INBOX (2) is spelled as any folder is.
            place, numbered = self._name(path), re.escape(self._spell(path)) + _NUMBER
            if name == place or (place in self._taken and re.fullmatch(numbered, name)):
                self._settle(folder, name)

    def _settle(self, folder: ListedFolder, name: bytes) -> None:
        if folder.name not in self._settled and name not in self._taken:
            self._settled[folder.name] = name
            self._taken.add(name)

    def _stays(self, folder: ListedFolder) -> bool:
        """True when no rule moves the folder, nor one that it lies in, away from where it was."""
        anchor = self._words.anchor(folder.path)
        if anchor is None or (target := self._words.target(anchor)) is None:
            return True
        place, joint = (re.escape(each) for each in (self._name(self._place(target)), self._joint.encode()))
        return anchor != folder.path and bool(re.match(place + b"(" + _NUMBER + b")?" + joint, self._kept[folder.name]))

    # Names in the destination's spelling

    def in_order(self) -> list[ListedFolder]:
        """The order in which folders are given names: whom no rule concerns before whom one does, so that rules
        displace nobody; parents before what lies in them; and `a_b` before an `a.b` that would have to be called so."""
        return sorted(
            self._wanted,
            key=lambda f: (self._words.anchor(f.path) is not None, len(f.path), self._is_respelled(f.path)),
        )

    def give(self, folder: ListedFolder) -> tuple[bytes, bool]:
        """The folder's name, and whether another has the one that it would have got. To be called in the order of
        `in_order`."""
        target = self._words.target(folder.path)
        wish = _below_parent(folder.path, self._paths) if target is None else self._place(target)
        wished = self._spell(wish) if target is None else self._name(wish)
        name = self._settled.get(folder.name)
        collides = name is not None and target is not None and name != wished
        if name is None:
            name = self._free_name(wish, wished, ruled=self._words.anchor(folder.path) is not None)
            collides = name != wished
        self._taken.add(name)
        path = path_of(name, self._destination.delimiter, self._destination.prefix)
        self._paths.setdefault(folder.path, path if target is None else self._inside(path))
        return name, collides

    def _free_name(self, path: Path, name: bytes, *, ruled: bool) -> bytes:
        """`name`, with a number where it is another folder's: never two in one without a word."""
        number = 1
        while self._is_occupied(name, ruled=ruled):
            number += 1
            name = self._spell((*path[:-1], f"{path[-1]} ({number})"))
        return name

    def _is_occupied(self, name: bytes, *, ruled: bool) -> bool:
        """True when a folder has this name. Only rules give away INBOX, and what a rule moves a folder away from."""
        if name in self._spelling.taken:
            return True
        if name in self._taken or (name in self._kept_names and not ruled):
            return True
        is_inbox = path_of(name, self._destination.delimiter, self._destination.prefix) == ("INBOX",)
        return is_inbox and not (ruled and name == b"INBOX")

    def _paths_of_parents(self, source_below_inbox: bool) -> dict[Path, Path]:
        """Where that goes which lies in folders that are not copied themselves."""
        paths: dict[Path, Path] = {}
        parents = {folder.path[:depth] for folder in self._wanted for depth in range(1, len(folder.path))}
        for parent in parents - {folder.path for folder in self._wanted}:
            if target := self._words.target(parent):
                paths[parent] = self._inside(self._place(target))
        # Where all folders lie below INBOX, a child of INBOX is a folder like the others.
        if _below_inbox(self._destination) and not source_below_inbox and self._words.target(("INBOX",)) is None:
            paths["INBOX",] = ()
        return paths

    def _place(self, target: Path) -> Path:
        """A path that the admin has typed; INBOX is the same in any case (RFC 3501 section 5.1)."""
        if target[0].upper() != "INBOX":
            return target
        return target[1:] if len(target) > 1 and _below_inbox(self._destination) else ("INBOX", *target[1:])

    def _inside(self, path: Path) -> Path:
        """What the paths of folders begin with that lie in this one."""
        return () if path == ("INBOX",) and _below_inbox(self._destination) else path

    def _name(self, path: Path) -> bytes:
        return b"INBOX" if path == ("INBOX",) else self._spell(path)

    @property
    def _joint(self) -> str:
        """What stands between the name of a folder and of one in it; without hierarchy they become one name."""
        return self._destination.delimiter or "_"

    def _clean(self, part: str) -> str:
        return _clean(part, self._destination.delimiter + self._spelling.refused)

    def _is_respelled(self, path: Path) -> bool:
        return any(self._clean(part) != part for part in path)

    def _spell(self, path: Path) -> bytes:
        """A path as the destination writes it. What its names cannot hold becomes `_`."""
        usual = self._written(_clean(part, self._destination.delimiter) for part in path)
        return usual if usual in self._there else self._written(self._clean(part) for part in path)

    def _written(self, parts: Iterable[str]) -> bytes:
        name = self._joint.join(parts)
        name = "_" + name[1:] if name.startswith("~") else name  # Dovecot takes no home directories
        return encode(self._destination.prefix + name)


def _stays(name: bytes, destination: Tree, spelling: Spelling) -> bool:
    """False for a name of an earlier run that the destination cannot have."""
    if name in {folder.name for folder in destination.folders}:
        return True
    parts = path_of(name, destination.delimiter, destination.prefix)
    return name not in spelling.taken and not any(sign in part for part in parts for sign in spelling.refused)


def _is_renamed(folder: ListedFolder, name: bytes, destination: Tree) -> bool:
    """True when the last part of a folder's name is another one at the destination."""
    return path_of(name, destination.delimiter, destination.prefix)[-1] != folder.path[-1] and folder.path != ("INBOX",)


def _below_inbox(tree: Tree) -> bool:
    return tree.prefix.upper().startswith("INBOX")


def _below_parent(path: Path, paths: Mapping[Path, Path]) -> Path:
    """The path below wherever the nearest mapped ancestor goes."""
    for depth in range(len(path) - 1, 0, -1):
        parent = paths.get(path[:depth])
        if parent is not None:
            return (*parent, *path[depth:])
    return path


def _clean(part: str, refused: str) -> str:
    """A name without these characters, the wildcards of LIST, and what Dovecot refuses: control characters, line
    breaks, characters that Unicode does not know, and the file system's `.` and `..`."""
    part = "".join("_" if sign in refused else sign for sign in part)
    if not part.strip("."):
        return "_" * max(1, len(part))
    return "".join("_" if c in "*%\ufeff" or category(c) in ("Cc", "Cn", "Cs", "Zl", "Zp") else c for c in part)
