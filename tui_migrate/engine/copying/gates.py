"""What holds up the octets and messages of one account on their way, and counts them."""

from __future__ import annotations

import threading

from tui_migrate.engine.copying.throttle import Flow, ThrottledValve
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.model import Side


def source_gate(work: Work, tools: Tools, stop: threading.Event) -> ThrottledValve:
    """The gate for a connection to the source, and for the messages that come from it."""
    source, destination = work.migration.source.key, work.migration.destination.key
    ways = (source, Flow.READ), (destination, Flow.AHEAD)

    def count(octets: int, spared: int) -> None:
        work.result.allowance.read(octets + spared)  # a day's limit is one of mail
        work.result.pace.passed(Side.SOURCE, octets, spared)

    return ThrottledValve(tools.servers.throttles, ways, stop, count, work.result.pace.held)


def destination_gate(work: Work, tools: Tools, stop: threading.Event) -> ThrottledValve:
    """The gate for a connection to the destination, and for the messages that go there."""
    ways = ((work.migration.destination.key, Flow.WRITTEN),)

    def count(octets: int, spared: int) -> None:
        work.result.allowance.written(octets + spared)
        work.result.pace.passed(Side.DESTINATION, octets, spared)

    return ThrottledValve(tools.servers.throttles, ways, stop, count, work.result.pace.held)
