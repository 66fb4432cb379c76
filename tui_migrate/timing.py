"""How long is waited, how much is asked ahead, and how often something is tried: one value that is handed in.

Outside of tests it is `USUAL`. Tests hand in short waits and small numbers, and wait for nothing by the clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass


def uptime() -> float:
    """Seconds since the machine started, those in which it was suspended included; no setting of the clock moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits in seconds, the rest in what its name says."""

    # Connections
    connect: float = 15.0
    login: float = 25.0
    """Dovecot keeps a wrong password waiting for 17 s when there were others before it."""
    stall: float = 120.0
    """No octet for so long means that the connection is dead."""
    stall_again: float = 20.0
    """The same while a message is awaited, of a server that has stalled at one."""
    stalled_before: bool = False
    """True: it has."""
    idle: float = 120.0
    """A connection that has nothing to do says so after so long: servers close what is silent."""
    goodbye: float = 2.0
    neighbour: float = 2.0
    """For another port of a host: a firewall may keep us waiting for one that nobody asked for."""

    # What is asked ahead of a source
    listed_ahead: int = 20_000
    """Messages whose listing may be held in memory before they are read."""
    portion_messages: int = 500
    """Of a large folder about so many are taken by a lane at once: few enough that lanes end together, and enough to
    cost no round trips."""
    ahead_at_first: int = 2000
    """Messages that the first lane of an account takes on before its speed is known."""

    # What is in doubt
    settle: float = 2.0
    """The destination must have been quiet for so long before it is believed: a server goes on with the complete
    commands in its buffers after their sender has died, and what it stores then must not be missed."""
    settle_times: float = 3.0
    """It must have been quiet for so many times as long as its slowest OK has been seen to take, too."""
    longest_settle: float = 180.0
    """Whatever has been seen."""
    late: float = 45.0
    """What is in doubt is sent again so long after its sender was last heard of, and all else before it: servers, and
    what stands in front of them, have stored mail half a minute after its connection had ended."""
    long_ago: float = 60.0
    """What was sent so long ago has arrived or never will, however busy the folder is."""

    # The engine
    tick: float = 0.5
    """Between two looks at what the admin wants."""
    save: float = 1.0
    """Between two notes of how far everything is."""
    poll: float = 0.5
    """Between two looks of a waiting thread at whether it is to end."""
    stop: float = 20.0
    """How long a destination may take to answer for what is in flight when a lane is told to stop."""
    lane_trial: float = 2.0
    """For so long each number of an account's lanes is watched, before there are more; 0: nobody watches."""
    lesson: float = 600.0
    """A "too many connections" is heeded for so long: what stood in the way may have been other clients."""

    # Patience
    give_up: float = 30 * 60
    """An account that copies nothing for so long, however often it is tried, has failed."""
    tries_before_success: int = 4
    """Runs of an account that has never worked, before it has failed."""
    longest_wait: float = 60.0
    longest_throttle: float = 15 * 60.0
    throttle_first: float = 5.0
    """Twice as long each time."""
    distrusted_after: int = 3
    """Misunderstandings of a destination, before every message goes with a synchronising literal."""
    alone_after: int = 2
    """Connections that have ended at a message, before it is sent or read alone."""
    give_up_after: int = 4
    """Connections that have ended at a message that was sent, before it is given up."""
    unread_after: int = 3
    """Source connections that have ended at a message, before it is given up: it was alone for all but the first."""
    unopened_after: int = 6
    """The same for a folder, with pauses: a server that starts anew ends connections too."""
    isolated_at_once: int = 30
    """Connections that have ended at a message each, with nothing copied between them, before pauses grow."""
    unreadable_ends: int = 4
    """Runs that end with the same unreadable reply and copy nothing, before the account has failed."""
    same_ends: int = 10
    """Runs that get as far as both mailboxes, end alike and copy nothing, before the account has failed."""
    outage_after: int = 3
    """Refusals in a row that name no fault of the messages, before the server is taken to be ill."""
    refused_for_now: int = 3
    """Refusals "for now" one after the other that are not about a message."""

    @property
    def message_stall(self) -> float:
        """No octet for so long while a message is awaited means that the connection is dead."""
        return min(self.stall, self.stall_again) if self.stalled_before else self.stall


USUAL = Timing()
"""For everybody but tests."""
