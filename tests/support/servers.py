"""What tests want to know of a server that stands in a plan or a store."""

from __future__ import annotations

from tui_migrate.model import NetworkServer, Server


def network(server: Server) -> NetworkServer:
    """It is across a network."""
    assert isinstance(server, NetworkServer)
    return server
