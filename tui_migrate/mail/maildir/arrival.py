"""When messages have arrived: the time of their files, unless a copy of the Maildir has lost that.

Servers set a file's time to INTERNALDATE. A copy that does not keep times gives all files that of the copy. Then what
a message's own header tells is nearer to the truth. What is decided of a message must stay decided when more mail
comes, so it goes by what came first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_A_DAY = 86_400
_TOGETHER = 60
"""Seconds between two files of which one was written right behind the other."""
_MANY = 20
"""Messages do not come into a new folder in such numbers, one right behind the other, unless something puts them
there."""


def instants(times: Sequence[tuple[int, int | None]]) -> list[int | None]:
    """When each message has arrived, by its file's time and the one that the file's name begins with; None: only its
    header can tell.

    Nothing makes a file younger than its name but a copy: a server that is told an older date gives the file that."""
    end = _end_of_the_first_lot(sorted(time for time, made in times if not _was_set(time, made)))
    return [None if _is_lost(time, made, end) else time for time, made in times]


def _is_lost(time: int, made: int | None, end: float) -> bool:
    if made is not None and time >= made + _A_DAY:
        return True
    return time <= end and not _was_set(time, made)


def _was_set(time: int, made: int | None) -> bool:
    """True when somebody has told the file when its message arrived."""
    return made is not None and time < made - _TOGETHER


def _end_of_the_first_lot(times: Sequence[int]) -> float:
    """The time of the last one of those with which a folder was filled at once; before all times if it was not."""
    gaps = (number for number, (one, other) in enumerate(pairwise(times), 1) if other - one > _TOGETHER)
    many = next(gaps, len(times))
    return times[many - 1] if many >= _MANY else float("-inf")
