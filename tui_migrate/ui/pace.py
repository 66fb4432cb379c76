"""How fast an account goes and where its time goes, as lines of text. Pure: values in, values out; no clock."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import Account, Pace, Stretch, Wait
from tui_migrate.model.pace import ROUND_TRIPS, Limit, floor, limit
from tui_migrate.ui.format import RATE_WINDOW, Cell, Tone, rate, size, spell_time, took, took_unit, when

STRETCH_SECONDS = 10
"""What one bar stands for."""
_BARS = "▁▂▃▄▅▆▇█"

_WAITS = {
    Wait.DESTINATION: "destination",
    Wait.SOURCE: "source",
    Wait.HERE: "this machine",
    Wait.THROTTLED: "throttled",
    Wait.PAUSED: "paused",
    Wait.BLACKOUT: "blackout",
}


def bars(history: Sequence[Stretch], width: int) -> str:
    """The last `width` times ten seconds, the newest at the right; a blank where the account was not at work.

    The fastest stretch has a full bar. One in which something moved is never shown as nothing.
    """
    if not history:
        return ""
    last, top = history[-1].at, max(each.octets for each in history)
    cells = [" "] * width
    for each in history:
        place = width - 1 - round((last - each.at) / STRETCH_SECONDS)
        if place >= 0:
            height = 0 if each.octets <= 0 else max(1, round(each.octets / top * (len(_BARS) - 1)))
            cells[place] = _BARS[height]
    return "".join(cells)


def speed_line(account: Account, pace: Pace, width: int, now: float) -> list[Cell]:
    """Bars and what they stand for: the window and the fastest ten seconds in it, of which the last may be the ones
    whose rate is shown as that of now."""
    active = account.state.active
    if not any(each.octets for each in pace.history):
        return [Cell("No throughput measured yet." if active else "No throughput was measured.", Tone.QUIET)]
    minutes = width * STRETCH_SECONDS // 60
    last = pace.history[-1].at
    shown = [each for each in pace.history if last - each.at < width * STRETCH_SECONDS]
    peak = max(account.rate_bytes, *(each.octets for each in shown))
    until = "" if active else f" until {when(last, now)}"
    about = f" {minutes} min{until}, peak {rate(peak)} ({RATE_WINDOW})"
    return [Cell(bars(shown, width), Tone.BUSY if active else Tone.QUIET), Cell(about, Tone.QUIET)]


_ADVICE = {
    Limit.NOTHING: "No program could be much faster here.",
    Limit.REST: "It rested for the most part: it was paused, or a blackout held it.",
    Limit.THROTTLE: "Limits hold it up: those that are set for a server, or that the server sets.",
    Limit.HERE: "This machine is the limit: give it a faster processor or disk, or run fewer accounts at once.",
    Limit.SOURCE: "The source is slow to answer: more connections for an account may help, if it allows them.",
    Limit.SOURCE_LINE: "The line from the source is the limit",
    Limit.DESTINATION: "The destination is slow to store: more connections for an account may help, if it allows them.",
    Limit.DESTINATION_LINE: "The line to the destination is the limit",
    Limit.TURNS: "The destination takes one message a round trip: more connections for an account make up for it.",
    Limit.PREPARING: "Most of it was no copying: connecting, listing and opening folders, comparing.",
}
_PASS_SECONDS = 5.0
"""Of a shorter pass nothing is worth saying."""


def least_line(account: Account, pace: Pace, now: float, *, wide: bool) -> str:
    """What no program could have saved of the last pass, and what to do about the rest: a sentence each. Where it is
    `wide`, with what the least is made of. Empty where nothing is known yet."""
    seconds = max(0.0, (account.finished_at or now) - (account.started_at or now))
    least = floor(pace)
    if seconds < _PASS_SECONDS or not pace.spent:
        return ""
    trip = max(pace.source.round_trip or 0.0, pace.destination.round_trip or 0.0)
    octets = max(pace.source.octets, pace.destination.octets)
    told = [
        f"{ROUND_TRIPS + pace.turns:,} round trips of {trip * 1000:.0f} ms" if trip >= 0.001 else "",
        f"{size(octets)} on the line" if least.octets else "",
        "the destination's answers" if least.answers >= 1 else "",
    ]
    made_of = ", ".join(filter(None, told))
    begin = f"At least {took(least.total)}" if least.total >= 1 else "At least a second"
    begin += _compressed(pace)
    return f"{begin}{f': {made_of}' if wide and made_of else ''}. {_advice(limit(pace, seconds), pace)}"


def _advice(what: Limit, pace: Pace) -> str:
    lines = {Limit.SOURCE_LINE: pace.source, Limit.DESTINATION_LINE: pace.destination}
    if what not in lines:
        return _ADVICE[what]
    way = lines[what]
    compressing = "" if way.spared else "; compressing may help"
    return f"{_ADVICE[what]}, {rate(way.rate or 0.0)} on a connection{compressing}."


def _compressed(pace: Pace) -> str:
    """Which lines are compressed, and to which part; empty where none is."""
    ways = (("source", pace.source), ("destination", pace.destination))
    gains = [f"{side} compressed to {way.share:.0%}" for side, way in ways if way.spared]
    return "".join(f", {each}" for each in gains)


def time_line(account: Account, pace: Pace, now: float, *, wide: bool) -> list[Cell]:
    """Where the time of the last pass went: each wait in percent, and in time where it is `wide`; and what is left. The
    percents make up a hundred, the times the time that has passed, as they are written."""
    if account.started_at is None:
        return []
    total = max(0.0, (account.finished_at or now) - account.started_at)
    spent = [(word, seconds) for wait, word in _WAITS.items() if (seconds := pace.spent.get(wait, 0.0)) >= 1]
    waited = sum(seconds for _, seconds in spent)
    if spent and total >= 1:
        spent.append(("other", max(0.0, total - waited)))
    cells = [Cell(f"{took(total)} in this pass" if wide or not spent else took(total))]
    amounts = [each for _, each in spent]
    unit = took_unit(total)
    times, percents = parts(amounts, int(total) // unit), parts(amounts, 100)
    for (word, _), time, percent in zip(spent, times, percents, strict=True):
        share = f"{percent}%" if percent else "<1%"
        cells.append(Cell(f"{word} {spell_time(time, unit)} {share}" if wide else f"{word} {share}"))
    return cells


def parts(amounts: Sequence[float], whole: int) -> list[int]:
    """The amounts as shares of a `whole`, in whole numbers that make it up (largest remainders)."""
    total = sum(amounts)
    exact = [each * whole / total if total else 0.0 for each in amounts]
    shares = [int(each) for each in exact]
    by_rest = sorted(range(len(exact)), key=lambda at: shares[at] - exact[at])
    for at in by_rest[: round(sum(exact)) - sum(shares)]:
        shares[at] += 1
    return shares
