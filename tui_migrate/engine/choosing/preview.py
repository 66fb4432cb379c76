"""What will become of an account's folders, before a run: the plan that the engine would make, as an admin reads it.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui_migrate.engine.choosing.folder_rules import Path, Rules
from tui_migrate.engine.choosing.mapping import AS_IT_IS, Spelling, make_plan, role_holders
from tui_migrate.mail.protocols import ListedFolder, Tree
from tui_migrate.model import FolderRule


@dataclass(frozen=True, slots=True)
class FolderMapping:
    """One source folder and what will become of it, before a run."""

    source: str
    target: str
    """Empty when it stays behind."""
    messages: int
    role: str
    """Special use (`Sent`) that decides about it; empty where none does."""
    rule: FolderRule | None
    """What the admin has said of it, or of the nearest folder that it lies in."""
    follows: bool
    """True when the rule is of a folder that it lies in."""
    stays: bool
    """True when it is not to be copied."""
    would_go: str
    """Where it goes; of one that stays behind, where it would go otherwise."""
    created: bool = False
    """True when the destination does not have it yet."""
    renamed: bool = False
    """True when it gets another name than its own: a special-use match, a character that cannot be, a collision."""
    collision: bool = False
    """True when another folder has the name that it would have got."""
    copied_to: str = ""
    """Where mail of it lies already, from earlier runs; empty: nothing was copied."""
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
    words = Rules(rules, excluded)
    plan = make_plan(trees.source, trees.destination, excluded, kept, rules, spelling)
    # Without what keeps folders back.
    everything = make_plan(trees.source, trees.destination, (), kept, [rule for rule in rules if rule.target], spelling)
    places = {mapped.source.name: mapped.display for mapped in everything.folders}
    holders = {role: folder.name for role, folder in role_holders(trees.destination.folders).items()}
    found: dict[Path, FolderMapping] = {}
    for folder in plan.excluded:
        left = _described(folder, words, "")
        found[folder.path] = replace(
            left, would_go=places.get(folder.name, folder.display), copied_to=copied.get(folder.name, "")
        )
    for mapped in plan.folders:
        described = _described(mapped.source, words, mapped.display)
        meets = holders.get(mapped.source.role) == mapped.name
        found[mapped.source.path] = replace(
            described,
            role=described.role if meets or mapped.role else "",
            created=mapped.create,
            renamed=mapped.display != mapped.source.display,
            collision=mapped.target.collides,
            would_go=mapped.display,
            copied_to=copied.get(mapped.source.name, ""),
        )
    for parent in {path[:depth] for path in found for depth in range(1, len(path))} - found.keys():
        found[parent] = replace(_described(ListedFolder(b"", parent), words, ""), container=True)
    there = [folder.display for folder in trees.destination.folders if folder.selectable]
    return FolderPreview(tuple(found[path] for path in sorted(found, key=_place)), tuple(there))


def _described(folder: ListedFolder, words: Rules, target: str) -> FolderMapping:
    anchor = words.anchor(folder.path)
    return FolderMapping(
        source=folder.display,
        target=target,
        messages=folder.status.messages if folder.status else 0,
        role=folder.role.value if folder.role else "",
        rule=words.rule(anchor) if anchor else None,
        follows=anchor is not None and anchor != folder.path,
        stays=words.excludes(folder.path) if folder.name == b"" else not target,
        would_go=folder.display,
    )


def _place(path: Path) -> tuple[bool, list[tuple[str, str]]]:
    """INBOX first; a folder before what lies in it."""
    return path[0] != "INBOX", [(part.casefold(), part) for part in path]
