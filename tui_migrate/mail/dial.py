"""A connection on which nothing has been said yet."""

from __future__ import annotations

import socket
import struct

from tui_migrate.errors import CannotConnect, Disconnected
from tui_migrate.model import NetworkServer, Security
from tui_migrate.timing import USUAL

TRY_TLS = " A server that expects TLS from the start is silent as well: try security tls."
"""What is added about a silent server on which TLS does not come first."""


def open_socket(server: NetworkServer, seconds: float = USUAL.connect) -> socket.socket:
    """A connection to the server, by its proxy where it has one, made within these seconds. Raises CannotConnect, and
    PasswordLost where that of the proxy does not open."""
    if server.proxy:
        from tui_migrate.mail import proxied  # with its library: most servers are reached without

        return proxied.open_socket(server, seconds)
    try:
        return dial(server.host, server.port, seconds)
    except (OSError, UnicodeError) as error:
        raise unreachable(server, error, seconds) from error


def dial(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to this host. Raises OSError, and UnicodeError for a name that cannot be one, such as
    imap..example."""
    sock = socket.create_connection((host, port), seconds)
    # Without it the last small segment of a burst waits for the peer's delayed ACK: a round trip lost per command.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Else the system goes on sending for a process that was killed, on a slow line for many seconds: that mail would
    # arrive after the next engine has looked for it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return sock


def no_greeting(server: NetworkServer, error: Disconnected) -> CannotConnect:
    """Why a connection is of no use: not a word came, or the end."""
    sentence = f"{server.where} sent no greeting: {error.sentence}"
    if server.security is not Security.TLS:
        sentence += TRY_TLS
    return CannotConnect(sentence)


def unreachable(server: NetworkServer, error: OSError | UnicodeError, seconds: float) -> CannotConnect:
    """Why there is no connection, for which we would have waited so long."""
    return CannotConnect(why_not(server.host, server.where, error, seconds))


def why_not(host: str, called: str, error: OSError | UnicodeError, seconds: float) -> str:
    """Why there is no connection to what is `called` so, as a sentence."""
    if isinstance(error, UnicodeError):
        return f"{host} is not a host name."
    if isinstance(error, socket.gaierror):
        return f"The host {host} is not known: {error.strerror}."
    if isinstance(error, TimeoutError):
        return f"{called} did not answer within {seconds:.0f} s."
    return f"{called} cannot be reached: {error.strerror or error}."
