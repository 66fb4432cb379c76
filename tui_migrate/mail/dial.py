"""A connection on which nothing has been said yet, and how long servers may take."""

from __future__ import annotations

import socket
import struct

from tui_migrate.errors import CannotConnect, Disconnected, MailError
from tui_migrate.model import Security, Server

CONNECT_SECONDS = 15.0
LOGIN_SECONDS = 25.0
"""Dovecot keeps a wrong password waiting for 17 s when there were others before it."""
STALL_SECONDS = 120.0
"""No octet for so long means that the connection is dead."""
IDLE_SECONDS = 120.0
"""A connection that has nothing to do says so after so long: servers close what is silent."""
GOODBYE_SECONDS = 2.0


def open_socket(server: Server, seconds: float | None = None) -> socket.socket:
    """A connection, made within these seconds; None: the usual time. Raises CannotConnect."""
    patience = CONNECT_SECONDS if seconds is None else seconds
    try:
        sock = socket.create_connection((server.host, server.port), patience)
    except (OSError, UnicodeError) as error:  # the latter for a name that cannot be one, such as imap..example
        raise unreachable(server, error) from error
    # Without it the last small segment of a burst waits for the peer's delayed ACK: a round trip lost per command.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Else the system goes on sending for a process that was killed, on a slow line for many seconds: that mail would
    # arrive after the next engine has looked for it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return sock


def no_greeting(server: Server, error: Disconnected) -> CannotConnect:
    """Why a connection is of no use: not a word came, or the end."""
    sentence = f"{server.host} port {server.port} does not greet: {error.sentence}"
    if server.security is not Security.TLS:
        sentence += " A server that expects TLS from the start is as silent: try that."
    return CannotConnect(sentence)


def unreachable(server: Server, error: OSError | UnicodeError) -> MailError:
    """Why there is no connection."""
    where = f"{server.host} port {server.port}"
    if isinstance(error, UnicodeError):
        return CannotConnect(f"{server.host} is no host name.")
    if isinstance(error, socket.gaierror):
        return CannotConnect(f"The host {server.host} is not known: {error.strerror}.")
    if isinstance(error, TimeoutError):
        return CannotConnect(f"{where} did not answer within {CONNECT_SECONDS:.0f} s.")
    return CannotConnect(f"{where} cannot be reached: {error.strerror or error}.")
