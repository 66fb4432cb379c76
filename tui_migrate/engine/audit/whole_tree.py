"""A mailbox's folders by every way of asking for them."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.mail.census import Census
from tui_migrate.mail.protocols import ListedFolder, Tree
from tui_migrate.mail.roles import role_of_name


def completed(tree: Tree, census: Census) -> tuple[Tree, dict[bytes, str]]:
    """The tree with the folders that its own listing does not show, and the commands that have shown each of these.
    What it shows as other people's is known, and listed as a remark."""
    sighted = census.unknown_folders({folder.name for folder in (*tree.folders, *tree.others) if folder.selectable})
    ways = {each.name: ", ".join(each.ways) for each in sighted}
    found = tuple(
        ListedFolder(
            each.name,
            each.path,
            role=role_of_name(each.path[0]) if len(each.path) == 1 else None,
            role_by_name=True,
        )
        for each in sighted
    )
    known = tuple(folder for folder in tree.folders if folder.name not in ways)
    return replace(tree, folders=(*known, *found)), ways
