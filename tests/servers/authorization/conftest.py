"""An authorization server for a test, and a client's HTTP session that trusts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.servers.authorization.clients import Client
from tests.servers.authorization.providers import Provider
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.authorization.support import ANNA, Opened
from tests.servers.certificates import Certificates


@pytest.fixture
def http(certificates: Certificates) -> Iterator[requests.Session]:
    """Asks over verified TLS."""
    with requests.Session() as session:
        session.trust_env = False  # the environment's CA would win over ours
        session.verify = str(certificates.ca_file)
        yield session


@pytest.fixture
def serve(certificates: Certificates) -> Iterator[Opened]:
    servers: list[AuthorizationServer] = []

    def start(provider: Provider, *clients: Client) -> AuthorizationServer:
        server = AuthorizationServer(provider, clients, {ANNA}, tls=certificates.good.context())
        servers.append(server)
        return server.__enter__()

    yield start
    for server in servers:
        server.__exit__()
