"""How many connections the limit of open files (RLIMIT_NOFILE) allows."""

from __future__ import annotations

import contextlib
import resource

_OURS = 32
"""Descriptors that the engine needs whatever it does: streams, lock, store with its writer, event loop, libraries."""
_A_LANE = 24
"""From Maildir to Maildir, which takes the most: directories of folders, and files that are put on the disk at once.
Two connections, what wakes their thread, the store as that reads it and mail in the spool take a third of that."""


def raise_limit() -> None:
    """Raise the limit of open files as far as this process may. A system that refuses leaves what there is."""
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit() -> int:
    """The limit of open files, now."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def connections() -> int:
    """How many connections to all servers together the limit allows; always enough for one account."""
    return 2 * max(1, (limit() - _OURS) // _A_LANE)


def shortage() -> str:
    """The sentence for a limit that allows fewer connections than the servers do."""
    return (
        f"The engine may open {limit()} files (ulimit -n), enough for {connections()} connections in all: fewer "
        "accounts are copied at once than the servers allow."
    )
