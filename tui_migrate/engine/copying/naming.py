"""Folders are planned, made and opened; a name that the destination cannot have is spelled otherwise, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from unicodedata import category

from tui_migrate.engine.choosing.mapping import FolderPlan, Mapped, Spelling
from tui_migrate.errors import MailError, NameRefused
from tui_migrate.mail.protocols import MailDestination, NewFolder, Opened

Outcomes = dict[bytes, Opened | MailError]
"""By name at the destination, as on the wire."""


_ROUNDS = 6
"""A name that is another folder's gets a number, and the server may change that name too. Two are usual."""


def plan_and_open(
    plan: Callable[[Spelling], FolderPlan], spelling: Spelling, destination: MailDestination
) -> tuple[FolderPlan, Outcomes, Spelling]:
    """The folders as they will be filled, what has come of each, and what was learned. `spelling`: what is known of the
    destination before. Raises MailError when the connection is of no more use."""
    outcomes: Outcomes = {}
    for number in range(_ROUNDS):
        found = plan(spelling)
        # What was opened before is asked for once more: what is new must be told from it.
        left = [each for each in found.folders if not isinstance(outcomes.get(each.name), MailError)]
        if any(each.name not in outcomes for each in left):
            asked = (replace(each, create=each.create and each.name not in outcomes) for each in left)
            outcomes |= destination.prepare(wishes(asked))
        refused = {each.name: error for each in found.folders if isinstance(error := outcomes[each.name], NameRefused)}
        learned = learn(found.folders, refused, spelling, first=not number)
        if learned == spelling:
            break
        spelling = learned
    return found, outcomes, spelling


def wishes(folders: Iterable[Mapped]) -> list[NewFolder]:
    """The folders that a destination is asked for."""
    return [NewFolder(m.name, m.display, m.create, m.subscribe, m.role) for m in folders]


def learn(
    folders: Sequence[Mapped], refused: Mapping[bytes, NameRefused], before: Spelling, *, first: bool = True
) -> Spelling:
    """What the refusals of names tell of the destination. Pure.

    A character is refused when it stands in a name that was, and in none that was taken. A name without such is one of
    the server's own, as `INBOX/INBOX` is for Cyrus: it gets a number, like one that another folder has, but only the
    `first` time, and only where other names were taken."""
    unspellable = [each for each in folders if each.name in refused and _is_unspellable(refused[each.name])]
    accepted = {sign for each in folders if each.name not in refused for sign in _signs(each)}
    signs = {sign for each in unspellable for sign in _signs(each)} - accepted
    taken = {name for name, error in refused.items() if error.taken}
    if first and any(each.create and each.name not in refused for each in folders):
        taken |= {each.name for each in unspellable if not _signs(each) & signs}
    instead = {
        each.source.name: name for each in folders if each.name in refused and (name := refused[each.name].instead)
    }
    return Spelling("".join(sorted({*before.refused, *signs})), before.taken | taken, {**before.instead, **instead})


def _is_unspellable(error: NameRefused) -> bool:
    return not error.taken and error.instead is None


def _signs(mapped: Mapped) -> set[str]:
    """What a server may dislike in a name: everything but letters of the basic plane, digits, blanks, `-` and `_`."""
    return {sign for part in mapped.target.path for sign in part if sign not in " -_" and not _is_plain(sign)}


def _is_plain(sign: str) -> bool:
    return ord(sign) <= 0xFFFF and category(sign)[0] in "LNM"
