"""What will become of an account's folders, before a run: the plan that the engine would make, as an admin reads it.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui_migrate.engine.choosing.folder_rules import FolderRules, Path
from tui_migrate.engine.choosing.mapping import AS_IT_IS, Spelling, make_plan, role_holders
from tui_migrate.mail.protocols import ListedFolder, Tree
from tui_migrate.model import FolderRule


@dataclass(frozen=True, slots=True)
class Decided:
    """By what it is decided where a folder goes."""

    rule: FolderRule | None
    """What the admin has said of it, or of the nearest folder that it lies in."""
    follows: bool
    """True when the rule is of a folder that it lies in."""
    role: str
    """Special use (`Sent`) that decides about it; empty where none does."""
    stays: bool
    """True when it is not to be copied."""

    @property
    def own_rule(self) -> FolderRule | None:
        """What the admin has said of this very folder."""
        return None if self.follows else self.rule


@dataclass(frozen=True, slots=True)
class Goes:
    """Where a folder goes, as paths for the admin."""

    target: str
    """Empty when it stays behind."""
    otherwise: str
    """Where it goes; of one that stays behind, where it would go."""
    created: bool = False
    """True when the destination does not have it yet."""
    renamed: bool = False
    """True when it gets another name than its own: a special-use match, a character that cannot be, a collision."""
    collision: bool = False
    """True when another folder has the name that it would have got."""
    copied_to: str = ""
    """Where mail of it lies already, from earlier runs; empty: nothing was copied."""


@dataclass(frozen=True, slots=True)
class FolderMapping:
    """One source folder and what will become of it, before a run."""

    source: str
    messages: int
    decided: Decided
    goes: Goes
    container: bool = False
    """True when it holds no mail, only folders."""


@dataclass(frozen=True, slots=True)
class FolderPreview:
    """All folders of an account as they will be."""

    folders: tuple[FolderMapping, ...]
    """Of the source: INBOX first, every folder before what lies in it."""
    there: tuple[str, ...]
    """What the destination has already."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The folders of an account at both servers, as they were when the servers were asked."""

    source: Tree
    destination: Tree


def preview(
    trees: Trees,
    excluded: Sequence[str],
    kept: Mapping[bytes, bytes],
    rules: Sequence[FolderRule],
    copied: Mapping[bytes, str],
    spelling: Spelling = AS_IT_IS,
) -> FolderPreview:
    """What a run would do with these folders. `kept` is as for `make_plan`; `copied` says by source name where mail of
    a folder lies already, and `spelling` what is known of the destination's names."""
    words = FolderRules(rules, excluded)
    plan = make_plan(trees.source, trees.destination, excluded, kept, rules, spelling)
    # Without what keeps folders back.
    everything = make_plan(trees.source, trees.destination, (), kept, [rule for rule in rules if rule.target], spelling)
    places = {mapped.source.name: mapped.display for mapped in everything.folders}
    holders = {role: folder.name for role, folder in role_holders(trees.destination.folders).items()}
    found: dict[Path, FolderMapping] = {}
    for folder in plan.excluded:
        goes = Goes("", places.get(folder.name, folder.display), copied_to=copied.get(folder.name, ""))
        found[folder.path] = _described(folder, words, goes)
    for mapped in plan.folders:
        meets = holders.get(mapped.source.role) == mapped.name
        goes = Goes(
            mapped.display,
            mapped.display,
            created=mapped.create,
            renamed=mapped.display != mapped.source.display,
            collision=mapped.target.collides,
            copied_to=copied.get(mapped.source.name, ""),
        )
        found[mapped.source.path] = _described(mapped.source, words, goes, by_role=meets or mapped.role is not None)
    for parent in {path[:depth] for path in found for depth in range(1, len(path))} - found.keys():
        folder = ListedFolder(b"", parent)
        found[parent] = replace(_described(folder, words, Goes("", folder.display)), container=True)
    there = [folder.display for folder in trees.destination.folders if folder.selectable]
    return FolderPreview(tuple(found[path] for path in sorted(found, key=_place)), tuple(there))


def _described(folder: ListedFolder, words: FolderRules, goes: Goes, *, by_role: bool = True) -> FolderMapping:
    """`by_role`: its special use, where it has one, decides about it."""
    anchor = words.anchor(folder.path)
    decided = Decided(
        rule=words.rule(anchor) if anchor else None,
        follows=anchor is not None and anchor != folder.path,
        role=folder.role.value if folder.role and by_role else "",
        stays=words.excludes(folder.path) if folder.name == b"" else not goes.target,
    )
    return FolderMapping(folder.display, folder.status.messages if folder.status else 0, decided, goes)


def _place(path: Path) -> tuple[bool, list[tuple[str, str]]]:
    """The place of a folder in a list: INBOX comes first, and a folder before what lies in it."""
    return path[0] != "INBOX", [(part.casefold(), part) for part in path]
