"""Free loopback ports for servers that cannot choose one by themselves."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"

_BELOW_EPHEMERAL = range(11_000, 32_000)
"""Outgoing connections take their ports from 32768 up: a port chosen there could be gone before the server binds it."""


def free_port() -> int:
    """A loopback port that nobody listens on now, drawn at random so that parallel tests seldom draw the same.

    Raises: OSError when a hundred draws were all taken.
    """
    draw = random.SystemRandom()
    for _ in range(100):
        port = draw.choice(_BELOW_EPHEMERAL)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError("no free loopback port found")
