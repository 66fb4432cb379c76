"""A tenant of Microsoft 365 for a test: who gives tokens, what Graph shows, and a plan that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.authorization.books import Grant
from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.certificates import Certificates
from tests.servers.graph.mailbox import GraphMailbox
from tests.servers.graph.server import GraphDouble
from tui_migrate.model import GraphServer, Login, Secret, TokenLogin
from tui_migrate.model.clouds import CLOUD_WORDS, CLOUDS, Cloud
from tui_migrate.model.tokens import Provider, SignIn

GRAPH = "https://graph.here"
SCOPE = f"{GRAPH}/.default"


@dataclass
class Tenant:
    """Both servers."""

    office: AuthorizationServer
    double: GraphDouble
    ca_file: Path

    def keys(self, folder: Path, **keys: object) -> dict[str, object]:
        """The source of a plan."""
        secret = folder / "app.secret"
        secret.touch(0o600)
        secret.write_text("word")
        oauth = {"provider": "microsoft", "client_id": "app", "tenant": "contoso.example", "cloud": "here"}
        where = {"host": self.double.host, "port": self.double.port, "ca_file": str(self.ca_file)}
        return {"protocol": "graph", **where, "oauth": {**oauth, "secret_file": secret.name}, **keys}

    def keys_of_another_process(self, folder: Path) -> dict[str, object]:
        """The source of a plan that a process reads which knows no cloud "here": a command gives the token."""
        token = {"access_token": self.office.provider.new_access_token(), "expires_in": 3600}
        self.office.books.issue(Grant(self.office.books.clients["app"], "", SCOPE), token)
        (folder / "token").write_text(f"{token['access_token']}\n3600\n")
        where = {"host": self.double.host, "port": self.double.port, "ca_file": str(self.ca_file)}
        return {"protocol": "graph", **where, "oauth": {"token_command": f"cat {folder / 'token'}"}}

    @property
    def server(self) -> GraphServer:
        """Graph, with tokens for the app."""
        token = TokenLogin(
            provider=Provider.MICROSOFT,
            sign_in=SignIn.APP,
            client_id="app",
            tenant="contoso.example",
            cloud="here",
            secret=Secret("word"),
        )
        return GraphServer(self.double.host, port=self.double.port, ca_file=str(self.ca_file), token=token)

    def login(self, user: str) -> Login:
        """Of the app."""
        return self.server.login(user, Secret(""))


@contextmanager
def tenant(
    certificates: Certificates, patch: pytest.MonkeyPatch, *boxes: GraphMailbox, **more: Any
) -> Iterator[Tenant]:
    """A tenant with these mailboxes, while the block lasts."""
    tls = certificates.good.context()
    apps = Client("app", secret="word", scopes={SCOPE}), Client("public", scopes={f"{GRAPH}/Mail.Read"})
    with ExitStack() as stack:
        office = stack.enter_context(AuthorizationServer(Microsoft(), apps, {box.user for box in boxes}, tls=tls))
        double = stack.enter_context(GraphDouble(boxes, office, tls=tls, **more))
        here = Cloud("here", f"{office.host}:{office.port}", "https://mail.here", "https://own.here", GRAPH)
        patch.setitem(CLOUD_WORDS, "here", "here")
        patch.setitem(CLOUDS, "here", here)
        yield Tenant(office, double, certificates.ca_file)
