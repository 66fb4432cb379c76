"""What a lane has taken to read and has not finished, and how much more it may take on."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui_migrate.engine.copying.portions import Portions, weight
from tui_migrate.mail.protocols import Listed, ListedFolder, Listing

AHEAD_SECONDS = 2.0
"""A lane takes on what it will have done in so long: of more the others would be robbed at the end."""
_AHEAD_AT_LEAST = 100


@dataclass(slots=True, eq=False)
class Claim:
    """A portion that this lane reads."""

    portion: ListedFolder
    begun: bool = False
    """Something of it has been listed."""
    listed: bool = False
    """All of it has been listed."""
    waiting: dict[int, Listed] = field(default_factory=dict)
    """What has been chosen of it and has not come yet, by UID."""


class PortionClaims:
    """What one lane has taken to read. Its reader takes and reads, its writer settles."""

    def __init__(self, queue: Portions, first: bool, slow: bool, at_first: int) -> None:
        """`first`: the lane that is there from the beginning. `slow`: what it writes to takes one message at a time.
        `at_first`: messages that
        the first lane takes on before its speed is known."""
        self._queue = queue
        self._first = first
        self._at_first = at_first if first and not slow else _AHEAD_AT_LEAST
        self._claims: list[Claim] = []
        self._unsettled = 0
        """Messages taken on, of which no end is known; guessed until they are listed."""
        self._settled = 0
        self._began = time.monotonic()
        self._changed = threading.Condition()

    def take(self) -> ListedFolder | None:
        """The next portion. None: for now there is enough to do, or nothing left."""
        with self._changed:
            portion = self._queue.take(largest=not self._first) if self._has_room() else None
            if portion is not None:
                claim = Claim(portion)
                if portion.chosen is not None:
                    claim.begun = claim.listed = True
                    claim.waiting = {each.uid: each for each in portion.chosen}
                self._claims.append(claim)
                self._unsettled += weight(portion)
            return portion

    def await_room(self, seconds: float) -> None:
        """Wait until another portion may be taken, at most so long."""
        with self._changed:
            self._changed.wait_for(self._has_room, seconds)

    def listed(self, listing: Listing, wanted: Sequence[Listed]) -> None:
        """Note that a stretch of a folder has been listed. Listings come in the order of taking."""
        mine = (each for each in self._claims if each.portion.name == listing.folder and not each.listed)
        if (claim := next(mine, None)) is None:  # the folder was refused meanwhile
            return
        with self._changed:
            if not claim.begun:
                self._unsettled -= weight(claim.portion)
            self._unsettled += len(wanted)
            self._changed.notify_all()
        claim.begun, claim.listed = True, listing.last
        claim.waiting.update((each.uid, each) for each in wanted)

    def came(self, folder: bytes, uid: int) -> None:
        """Note that a message has come, or will not."""
        for claim in self._claims:
            if claim.portion.name == folder and claim.waiting.pop(uid, None) is not None:
                return

    def settled(self, number: int) -> None:
        """Note that so many messages have come to an end, whichever."""
        with self._changed:
            self._settled += number
            self._unsettled -= number
            self._changed.notify_all()

    def ended(self, folder: bytes) -> None:
        """Note that a portion of this folder has been read. Portions end in the order of taking."""
        claim = next((each for each in self._claims if each.portion.name == folder), None)
        if claim is None:  # the folder was refused before
            return
        self._claims.remove(claim)
        if not claim.begun:  # another lane was refused the folder, and it was not listed: what was guessed is no work
            self.settled(weight(claim.portion))

    def refused(self, folder: bytes) -> None:
        """Note that nothing more of this folder can be read, neither here nor by another lane."""
        self._queue.drop(folder)
        mine = [each for each in self._claims if each.portion.name == folder]
        self._claims = [each for each in self._claims if each not in mine]
        self.settled(sum(len(each.waiting) if each.begun else weight(each.portion) for each in mine))

    def give_up(self) -> list[Claim]:
        """What has not been read in full, in the order of taking. The lane takes nothing any more."""
        claims, self._claims = self._claims, []
        return claims

    def _has_room(self) -> bool:
        if not self._settled:
            return self._unsettled < self._at_first
        rate = self._settled / max(time.monotonic() - self._began, 0.001)
        return self._unsettled < max(_AHEAD_AT_LEAST, rate * AHEAD_SECONDS)
