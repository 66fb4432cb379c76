"""How fast an account goes, where its time goes, and what no program could save of it. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ROUND_TRIPS = 10
"""Of a pass, whatever it finds: connecting, TLS, the greeting, the login, the folders, opening them, the first listing,
the first messages, the last answer."""
_NEAR = 1.25
"""Who takes no longer than so many times the least is as fast as it gets."""


class Wait(StrEnum):
    """What an account waits for while it does not move mail."""

    SOURCE = "source"
    DESTINATION = "destination"
    HERE = "this machine"
    """Its processor, its disk."""
    THROTTLED = "throttled"
    PAUSED = "paused"
    BLACKOUT = "blackout"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Ten seconds of an account's way."""

    at: float
    """Its end, epoch seconds."""
    messages: float
    """Per second."""
    octets: float
    """Per second."""


@dataclass(frozen=True, slots=True)
class Way:
    """What was seen of the way to one server, in the direction in which the mail goes."""

    octets: int = 0
    """That have moved in this pass."""
    spared: int = 0
    """That would have moved besides, were it not compressed."""
    round_trip: float | None = None
    """Seconds, the least that was seen; None: no answer was timed."""
    rate: float | None = None
    """Octets a second of one connection while the line was waited for; None: it never was for long."""

    @property
    def share(self) -> float:
        """What has moved, of what would have without compressing."""
        return self.octets / (self.octets + self.spared) if self.octets + self.spared > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Where an account's time went in its last pass, and how fast it was lately."""

    spent: Mapping[Wait, float]
    """Seconds by what was waited for."""
    history: tuple[Stretch, ...]
    """The last quarter of an hour at most, oldest first."""
    source: Way = Way()
    destination: Way = Way()
    lanes: int = 1
    """The most that it had at once."""
    turns: int = 0
    """Messages for each of which a connection waited until the destination had agreed to it."""
    answer: float = 0.0
    """Seconds that the destination took to answer for what it had been sent in full, the way included, on average."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a pass could have taken with these servers and lines, in seconds."""

    round_trips: float
    """Those that cannot be had at the same time as others."""
    octets: float
    """All octets on the slower line, at the rate that was seen."""
    answers: float
    """The destination's own time for what has to be waited for."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.round_trips + self.octets + self.answers


def floor(pace: Pace) -> Floor:
    """The least that this pass could have taken, with the lanes that it had."""
    trips = [way.round_trip or 0.0 for way in (pace.source, pace.destination)]
    turns = pace.turns / pace.lanes
    return Floor(
        ROUND_TRIPS * max(trips) + turns * trips[1],
        max(_line_seconds(pace, way) for way in (pace.source, pace.destination)),
        max(1.0, turns) * max(0.0, pace.answer - trips[1]),
    )


def _line_seconds(pace: Pace, way: Way) -> float:
    return way.octets / (way.rate * pace.lanes) if way.rate else 0.0


class Limit(StrEnum):
    """What a pass could not go faster than."""

    NOTHING = "nothing"
    """It took hardly longer than it had to."""
    REST = "rest"
    THROTTLE = "throttle"
    HERE = "this machine"
    SOURCE = "source"
    SOURCE_LINE = "line from the source"
    DESTINATION = "destination"
    DESTINATION_LINE = "line to the destination"
    TURNS = "turns"
    """The destination takes one message at a time on a connection."""
    PREPARING = "preparing"
    """Connecting, listing, opening, comparing."""


_LIMITS = {
    Wait.PAUSED: Limit.REST,
    Wait.BLACKOUT: Limit.REST,
    Wait.THROTTLED: Limit.THROTTLE,
    Wait.HERE: Limit.HERE,
    Wait.SOURCE: Limit.SOURCE,
    Wait.DESTINATION: Limit.DESTINATION,
}


def limit(pace: Pace, seconds: float) -> Limit:
    """What most of a pass of so many seconds was waited for."""
    shares = dict.fromkeys(Limit, 0.0)
    for wait, spent in pace.spent.items():
        shares[_LIMITS[wait]] += spent
    shares[Limit.PREPARING] = max(0.0, seconds - sum(shares.values()))
    largest = max(shares, key=lambda each: shares[each])
    if largest in (Limit.REST, Limit.THROTTLE):
        return largest
    least = floor(pace)
    at_work = seconds - shares[Limit.REST] - shares[Limit.THROTTLE]
    half = shares[largest] / 2
    if largest is Limit.SOURCE and _line_seconds(pace, pace.source) >= half:
        return Limit.SOURCE_LINE
    if largest is Limit.DESTINATION and pace.turns / pace.lanes * (pace.destination.round_trip or 0.0) >= half:
        return Limit.TURNS
    if largest is Limit.DESTINATION and _line_seconds(pace, pace.destination) >= half:
        return Limit.DESTINATION_LINE
    return Limit.NOTHING if at_work <= _NEAR * least.total else largest
