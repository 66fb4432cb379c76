"""Failures grouped by what caused them, so that four thousand refusals are one line. Pure: values in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui_migrate.model.failures import Failure
from tui_migrate.model.progress import Scope

_PARTICULARS = re.compile(
    r"""<[^<>\s]*>                      # a Message-ID
      | \([\d.+ ]+secs\)               # how long Dovecot took
      | [^\s<>()"']+@[^\s<>()"',;]+     # an address
      | \b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b # the id of a session
      | \d+""",
    re.IGNORECASE | re.VERBOSE,
)
"""What differs in a server's words from message to message, and says nothing about why."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures that have the same reason."""

    key: str
    """The same for the same cause, today and at the next look."""
    failures: tuple[Failure, ...]
    """The one that was tried last comes first."""

    @property
    def newest(self) -> Failure:
        """The failure that was tried last: its words stand for all of them."""
        return self.failures[0]

    @property
    def messages(self) -> list[Failure]:
        """The failures that are about a message: the others can be retried, not skipped or saved."""
        return [each for each in self.failures if each.scope is Scope.MESSAGE and each.uid is not None]

    @property
    def accounts(self) -> list[int]:
        """Ids of the accounts concerned."""
        return list(dict.fromkeys(each.account_id for each in self.failures))

    @property
    def words(self) -> str:
        """The server's words, or ours where it said nothing."""
        return self.newest.server_words or self.newest.sentence


def normalised(words: str, folder: str = "") -> str:
    """A server's words without what differs from message to message: numbers, addresses, ids, the folder's name."""
    if len(folder) > 1:
        words = re.sub(rf"(?<!\w){re.escape(folder)}(?!\w)", "…", words)
    return " ".join(_PARTICULARS.sub("#", words).casefold().split())


def causes(failures: Iterable[Failure]) -> list[Cause]:
    """Failures by what caused them: what keeps whole accounts back first, then what is most frequent."""
    groups: dict[str, list[Failure]] = {}
    for each in newest_first(failures):
        groups.setdefault(cause_of(each), []).append(each)
    found = [Cause(key, tuple(group)) for key, group in groups.items()]
    return sorted(
        found, key=lambda cause: (urgency(cause.newest), -len(cause.failures), -cause.newest.last_at, cause.key)
    )


def cause_of(failure: Failure) -> str:
    """A key that is the same for failures that have the same reason."""
    return f"{failure.kind}: {normalised(failure.server_words or failure.sentence, failure.folder)}"


def newest_first(failures: Iterable[Failure]) -> list[Failure]:
    """A key to sort failures by: the one that was tried last comes first."""
    return sorted(failures, key=lambda failure: (failure.last_at, failure.id), reverse=True)


def urgency(failure: Failure) -> int:
    """A number to sort by: the lower, the more a failure keeps back."""
    return (Scope.SERVER, Scope.ACCOUNT, Scope.FOLDER, Scope.MESSAGE).index(failure.scope)
