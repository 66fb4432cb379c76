"""Which mbox files lie below a path, in folders and in packed files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tui_migrate.errors import FileDamaged, FilesMissing
from tui_migrate.mail.mbox.files import MboxFile, Start
from tui_migrate.mail.mbox.mork import folder_name
from tui_migrate.mail.mbox.octets import OpenFile
from tui_migrate.mail.mbox.packed import MOST_ENTRIES, NAMED, entries, is_packed

_DEEPEST = 64
_HASHED = re.compile(r"[0-9a-f]{8}$")
"""Thunderbird ends a name so that it cannot have on the disk."""
_SEARCHES = "smart mailboxes"
"""Where Thunderbird keeps searches over all accounts."""
_UNREADABLE = Start(is_empty=False, is_mbox=True, by_google=False)


@dataclass(frozen=True, slots=True)
class Found:
    """An mbox file, and where it lies below the path: the names of the folders that it is in, and its own."""

    parts: tuple[str, ...]
    file: MboxFile
    start: Start


@dataclass(slots=True)
class Tree:
    """All that was found."""

    root: Path
    files: list[Found] = field(default_factory=list)
    by_mozilla: bool = False
    """A mail program of Mozilla's has made it: it has files `.msf`."""
    by_dovecot: bool = False
    """A mail server has made it: it has folders `.imap`, and names in modified UTF-7 (RFC 3501 section 5.1.3)."""
    true_names: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Of files and folders that Mozilla gave other names on the disk."""
    links: int = 0
    """Left alone: they may lead to the mail of others."""
    subscribed: frozenset[str] | None = None
    """As Dovecot lists them; None: nobody does."""


def find(root: Path) -> Tree:
    """Look at what lies there. Raises FilesMissing, FileDamaged, FileChanged, PathRefused."""
    tree = Tree(root)
    try:
        is_folder = stat.S_ISDIR(root.stat().st_mode)
    except (OSError, ValueError) as error:
        words = str(getattr(error, "strerror", error))
        raise FilesMissing(f"{root} cannot be opened.", server_words=words) from None
    if not is_folder:
        tree.files += _packed(root, (), linked=True) if is_packed(root.name) else [_single(root)]
    else:
        _walk(tree, root, ())
    if not tree.files:
        raise FilesMissing(f"There is no mbox file in {root}.")
    return tree


def _single(root: Path) -> Found:
    file = MboxFile(root, linked=True)
    return Found((root.name,), file, file.start())


def _packed(path: Path, parts: tuple[str, ...], *, linked: bool = False) -> Iterator[Found]:
    for entry in entries(path, linked=linked):
        file = MboxFile(path, entry.parts, entry.open, linked)
        start = file.start()
        if start.is_mbox or (start.is_empty and entry.parts[-1].lower().endswith(NAMED)):
            yield Found((*parts, *entry.parts), file, start)


def _walk(tree: Tree, folder: Path, parts: tuple[str, ...]) -> None:
    if len(parts) > _DEEPEST or len(tree.files) > MOST_ENTRIES:
        raise FileDamaged(f"{tree.root} has more folders in folders, or files, than a mailbox has.")
    try:
        with os.scandir(folder) as listed:
            found = sorted(listed, key=lambda each: each.name)
    except OSError as error:
        raise FilesMissing(f"{folder} cannot be listed.", server_words=str(error.strerror)) from None
    names = {each.name for each in found}
    tree.by_mozilla = tree.by_mozilla or any(each.endswith(".msf") for each in names)
    tree.by_dovecot = tree.by_dovecot or ".imap" in names
    if not parts and ".subscriptions" in names:
        tree.subscribed = _subscribed(folder / ".subscriptions")
    for each in found:
        if each.name.startswith(".") or each.name == _SEARCHES:
            continue
        if each.is_symlink():
            tree.links += 1
        elif each.is_dir(follow_symlinks=False):
            _name_truly(tree, folder, parts, each.name.removesuffix(".sbd"), names)
            _walk(tree, Path(each.path), (*parts, each.name))
        elif each.is_file(follow_symlinks=False):
            if is_packed(each.name):
                tree.files += _packed(Path(each.path), parts)
                continue
            file = MboxFile(Path(each.path))
            try:
                start = file.start()
            except FilesMissing:  # it may be mail: who lists it is told why it cannot be opened
                start = _UNREADABLE
            named = each.name.lower().endswith(NAMED) or f"{each.name}.msf" in names
            if start.is_mbox or (start.is_empty and named):
                _name_truly(tree, folder, parts, each.name, names)
                tree.files.append(Found((*parts, each.name), file, start))


def _name_truly(tree: Tree, folder: Path, parts: tuple[str, ...], name: str, names: set[str]) -> None:
    if _HASHED.search(name) and f"{name}.msf" in names:
        with suppress(FilesMissing), closing(OpenFile(folder / f"{name}.msf")) as file:
            if told := folder_name(file):
                tree.true_names[*parts, name] = told


def _subscribed(path: Path) -> frozenset[str]:
    with closing(OpenFile(path)) as file:
        return frozenset(file.read(0, 1 << 20).decode("utf-8", "replace").splitlines())
