"""How long accounts will take, by passes that were measured between the same two servers: a figure only where they say
enough for one, and always what it stands on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_migrate.model import Load, Server
from tui_migrate.model.figures import size

_MESSAGES, _OCTETS = 200, 50_000_000
"""That one pass must have copied, the one or the other: the time of a smaller one is that of logging in and looking
around."""
_ALIKE = 4
"""How many times larger or smaller messages may be on average than those that were measured: what costs time is octets
for large ones and round trips for small ones."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast single accounts were in their latest passes between the same two servers."""

    passes: int = 0
    """Those that copied enough to be a measure."""
    messages: int = 0
    octets: int = 0
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """What an estimate stands on."""
        noun = "pass" if self.passes == 1 else "passes"
        return f"{self.passes:,} {noun} with {self.messages:,} messages of {size(self.octets // self.messages)}"


def speed(passes: Iterable[tuple[int, int, float]]) -> Speed:
    """The speed that these messages, bytes and seconds of passes come to."""
    found = [each for each in passes if each[2] > 0 and (each[0] >= _MESSAGES or each[1] >= _OCTETS)]
    messages, octets = sum(each[0] for each in found), sum(each[1] for each in found)
    return Speed(len(found), messages, octets, sum(each[2] for each in found))


def seconds(load: Load, measured: Speed) -> tuple[float | None, str]:
    """Seconds that an account takes by itself, and what they are reckoned from; or None, and why they cannot be
    told."""
    messages, octets = load.missing_messages, load.missing_octets
    if not messages:
        return (0.0 if measured.passes else None), ""
    if not measured.passes or not measured.octets:
        return None, "no pass between these servers has copied enough yet"
    ratio = octets / messages * measured.messages / measured.octets
    if not 1 / _ALIKE <= ratio <= _ALIKE:
        return None, f"measured: {measured.words}; these are of {size(octets // messages)}"
    return measured.seconds * max(messages / measured.messages, octets / measured.octets), measured.words


def seconds_of_all(each: Sequence[tuple[Load, float]], source: Server, destination: Server) -> float:
    """Seconds that accounts take together, side by side within the limits of the servers."""
    if not each:
        return 0.0
    ends = (source, destination)
    at_once = max(1, min(s.max_connections // (1 + (source.key == destination.key)) for s in ends))
    octets = sum(load.missing_octets for load, _ in each)
    messages = sum(load.missing_messages for load, _ in each)
    limits = [octets / s.bytes_per_second for s in ends if s.bytes_per_second]
    limits += [messages / s.messages_per_second for s in ends if s.messages_per_second]
    return max(sum(time for _, time in each) / at_once, *(time for _, time in each), *limits)
