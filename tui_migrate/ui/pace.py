"""How fast an account goes and where its time goes, as lines of text. Pure: values in, values out; no clock."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import Account, Pace, Stretch, Wait
from tui_migrate.ui.format import UNKNOWN, Cell, Tone, rate, took, when

STRETCH_SECONDS = 10
"""What one bar stands for."""
_BARS = "▁▂▃▄▅▆▇█"

_WAITS = {
    Wait.DESTINATION: "destination",
    Wait.SOURCE: "source",
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


def speed_line(pace: Pace, width: int, now: float, *, active: bool) -> list[Cell]:
    """Bars and what they stand for: the window and the fastest ten seconds in it."""
    if not pace.history:
        return [Cell("No throughput measured yet." if active else "No throughput was measured.", Tone.QUIET)]
    minutes = width * STRETCH_SECONDS // 60
    last = pace.history[-1].at
    shown = [each for each in pace.history if last - each.at < width * STRETCH_SECONDS]
    peak = max(each.octets for each in shown)
    until = "" if active else f" until {when(last, now)}"
    about = f" {minutes} min{until}, peak {rate(peak) if peak else UNKNOWN}"
    return [Cell(bars(shown, width), Tone.BUSY if active else Tone.QUIET), Cell(about, Tone.QUIET)]


def time_line(account: Account, pace: Pace, now: float, *, wide: bool) -> list[Cell]:
    """Where the time of the last pass went: each wait in percent, and in time where it is `wide`; and what is left."""
    if account.started_at is None:
        return []
    total = max(0.0, (account.finished_at or now) - account.started_at)
    spent = [(word, pace.spent.get(wait, 0.0)) for wait, word in _WAITS.items()]
    spent = [(word, seconds) for word, seconds in spent if seconds >= 1]
    waited = sum(seconds for _, seconds in spent)
    if spent and total >= 1:
        spent.append(("other", max(0.0, total - waited)))
    cells = [Cell(f"{took(total)} in this pass" if wide else took(total))]
    for word, seconds in spent:
        time = f"{took(seconds)} " if wide else ""
        cells.append(Cell(f"{word} {time}{_percent(seconds, max(total, waited))}"))
    return cells


def _percent(part: float, whole: float) -> str:
    share = 100 * part / whole if whole else 0.0
    return "<1%" if 0 < share < 1 else f"{share:.0f}%"
