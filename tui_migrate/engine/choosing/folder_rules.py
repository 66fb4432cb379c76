"""The admin's word on folders, as the mapping asks for it. Pure.

A rule speaks of its folder and of all that lies in it, until a rule of a folder further down speaks. Where a rule says
that a folder is to be copied, the patterns that would have left that folder behind are silent for what lies in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from unicodedata import normalize

from tui_migrate.model import FolderRule

Path = tuple[str, ...]


class FolderRules:
    """All that the admin has said of an account's folders. Of several rules for one folder the last one holds."""

    def __init__(self, rules: Sequence[FolderRule], patterns: Sequence[str] = ()) -> None:
        self._rules = {_key(tuple(rule.source.split("/"))): rule for rule in rules}
        self._patterns = patterns

    def rule(self, path: Path) -> FolderRule | None:
        """The folder's own rule."""
        return self._rules.get(_key(path))

    def target(self, path: Path) -> Path | None:
        """Where the folder's own rule sends it; None when there is no such rule."""
        rule = self.rule(path)
        return tuple(rule.target.split("/")) if rule and rule.target else None

    def anchor(self, path: Path) -> Path | None:
        """The nearest folder with a rule: this one, or one that it lies in."""
        return next((path[:n] for n in range(len(path), 0, -1) if _key(path[:n]) in self._rules), None)

    def excludes(self, path: Path) -> bool:
        """True when the folder stays behind."""
        anchor = self.anchor(path)
        if anchor is None:
            return is_excluded(path, self._patterns)
        if self.target(anchor) is None:
            return True
        return is_excluded(path, [pattern for pattern in self._patterns if not is_excluded(anchor, [pattern])])


def is_excluded(path: Path, patterns: Sequence[str]) -> bool:
    """True when a pattern (`Junk`, `Trash/*`, any case) names the folder or one that it lies in.

    `*` and `?` are wildcards; brackets are not, because folders are called `[Gmail]`.
    """
    names = [_folded("/".join(path[:depth])) for depth in range(1, len(path) + 1)]
    globs = [_folded(pattern).replace("[", "[[]") for pattern in patterns]
    return any(fnmatchcase(name, glob) for glob in globs for name in names)


def _key(path: Path) -> str:
    """Equal for names that are one to an admin, but for their case, by which servers tell folders apart."""
    first = "INBOX" if path[0].upper() == "INBOX" else path[0]
    return normalize("NFC", "/".join((first, *path[1:])))


def _folded(name: str) -> str:
    """Equal for names that an admin takes for equal: macOS writes `é` as two characters, keyboards as one."""
    return normalize("NFC", name).casefold()
