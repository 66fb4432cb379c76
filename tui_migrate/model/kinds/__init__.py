"""The kinds of mailbox. All that is to know of one without opening it is in its module here; what opens one is in a
module of its own under `mail`, which is imported when one is opened.

A new kind is these two modules, and its line in `KINDS`."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model.declared import Declaration, in_order, settings
from tui_migrate.model.kinds import eml, ews, graph, imap, maildir, mbox, pop, pst
from tui_migrate.model.kinds.kind import Kind, Side, Traits

__all__ = ["KINDS", "Kind", "Side", "Traits", "kinds_of", "server_settings"]

_ALL = (imap.KIND, pop.KIND, maildir.KIND, mbox.KIND, eml.KIND, pst.KIND, ews.KIND, graph.KIND)
KINDS: dict[str, Kind] = {each.name: each for each in _ALL}


def kinds_of(side: Side) -> Iterator[Kind]:
    """The kinds of mailbox that may stand on this side."""
    return (each for each in KINDS.values() if side in each.sides)


def server_settings(side: Side) -> tuple[Declaration, ...]:
    """The settings of all kinds that may stand on this side, each key once, in the order of a form."""
    found: dict[str, Declaration] = {}
    for kind in kinds_of(side):
        for each in settings(kind.server):
            found.setdefault(each.key, each)  # in the words of the first that has it
    return in_order(found.values())
