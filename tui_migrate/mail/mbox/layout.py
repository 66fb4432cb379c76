"""What the folders of mbox files are called: each program that writes them has its own way to lay one into another."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tui_migrate.mail.files.archive import ArchiveFolder
from tui_migrate.mail.imap.names import decode
from tui_migrate.mail.mbox.files import MboxFile
from tui_migrate.mail.mbox.tree import Found, Tree
from tui_migrate.mail.roles import role_of_name

_ENDINGS = (".gz", ".mbox", ".mbx")
_LOCAL, _CACHED = "Mail", "ImapMail"
"""Folders of a profile of Thunderbird: what lies there alone, and what a server has too."""
_NO_ACCOUNT = "Local Folders"
INBOX = b"INBOX"


@dataclass(frozen=True, slots=True)
class Named:
    """A folder, and the file that it is."""

    folder: ArchiveFolder
    file: MboxFile


def layout(tree: Tree) -> list[Named]:
    """All folders that are files, in their order. No two have one name, or one path."""
    found = [each for each in tree.files if not each.start.by_google]
    paths = [_path(tree, each) for each in found]
    if tree.by_mozilla:
        paths = list(_by_account(tree, found, paths))
    elif len({each.file.path for each in found}) == 1 and len(found) > 1:
        paths = _without_common_start(paths)
    if len(tree.files) == 1 and found and found[0].parts == (tree.root.name,) and role_of_name(paths[0][-1]) is None:
        paths = [("INBOX",)]
    named: list[Named] = []
    taken: set[tuple[str, ...]] = set()
    for each, path in zip(found, paths, strict=True):
        if path[0].upper() == "INBOX" and (len(path) > 1 or ("INBOX",) not in taken):
            path = ("INBOX", *path[1:])
        number = 2
        while path in taken:
            path = (*path[:-1], f"{_readable(each.parts[-1])} {number}" if number > 2 else _readable(each.parts[-1]))
            number += 1
        taken.add(path)
        role = role_of_name(path[0]) if len(path) == 1 else None
        is_subscribed = tree.subscribed is None or "/".join(each.parts) in tree.subscribed or path == ("INBOX",)
        name = INBOX if path == ("INBOX",) else "/".join(each.parts).encode("utf-8", "surrogateescape")
        folder = ArchiveFolder(name, path, role, role_by_name=role is not None, subscribed=is_subscribed)
        named.append(Named(folder, each.file))
    return named


def is_cache(tree: Tree) -> bool:
    """True where mail lies that a mail program keeps of a server's: it need not be all of it."""
    return any(_is_cached(tree, each) for each in tree.files)


def _is_cached(tree: Tree, found: Found) -> bool:
    return tree.by_mozilla and _CACHED in (*tree.root.parts, *found.parts[:-1])


def _path(tree: Tree, found: Found) -> tuple[str, ...]:
    *folders, name = found.parts
    path = []
    for depth, each in enumerate(folders):
        plain = each.removesuffix(".sbd")
        path.append(tree.true_names.get((*folders[:depth], plain)) or _plain(plain))
    if name.lower() == "mbox" and folders and folders[-1].lower().endswith(".mbox"):
        pass  # Apple's export: a folder of this name with the file in it
    else:
        path.append(tree.true_names.get(found.parts) or _plain(name))
    if tree.by_dovecot or _is_cached(tree, found):
        path = [decode(each.encode("ascii")) if each.isascii() else each for each in path]  # as the server calls it
    return tuple(_readable(each) for each in path)


def _plain(name: str) -> str:
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return name


def _readable(name: str) -> str:
    """Names on a disk are octets; macOS takes letters apart from their accents."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return "".join(c if c.isprintable() else "_" for c in unicodedata.normalize("NFC", text)) or "_"


def _by_account(tree: Tree, found: list[Found], paths: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Without the folders of a profile above those of an account; where several hold mail, below their names."""
    above = [_above(tree, each) for each in found]
    there = [(path, depth) for path, depth, each in zip(paths, above, found, strict=True) if not each.start.is_empty]
    accounts = {path[depth - 1] for path, depth in there if depth}
    alone = accounts - {_NO_ACCOUNT} if len(accounts) > 1 else accounts
    for path, depth in zip(paths, above, strict=True):
        is_main = depth and len(alone) == 1 and path[depth - 1] in alone
        yield path[depth if is_main or not depth else depth - 1 :]


def _above(tree: Tree, found: Found) -> int:
    """How many of its parts are folders above those of its account."""
    folders = found.parts[:-1]
    if tree.root.name in (_LOCAL, _CACHED):
        depth = 1
    else:
        depth = next((at + 2 for at, each in enumerate(folders) if each in (_LOCAL, _CACHED)), 0)
    return depth if depth <= len(folders) and not any(each.endswith(".sbd") for each in folders[:depth]) else 0


def _without_common_start(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    shared = 0
    while all(len(path) > shared + 1 and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    return [path[shared:] for path in paths]
