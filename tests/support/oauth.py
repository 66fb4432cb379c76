"""A simple token endpoint, and what apps are given to ask it with."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tests.servers.certificates import Certificates
from tests.servers.web import Asked, Page, WebServer
from tests.store import samples
from tui_migrate.mail.oauth import google
from tui_migrate.model.clouds import CLOUDS, Cloud
from tui_migrate.store import migrations
from tui_migrate.store.database import Database
from tui_migrate.store.grants import StoredGrants
from tui_migrate.store.vault import Vault

TOKEN = "ya29.the-token"


class Authority(WebServer):
    """A token endpoint, and what says where it is."""

    def __init__(self, certificates: Certificates) -> None:
        super().__init__(self.handle, tls=certificates.good.context())
        self.answer: Callable[[dict[str, str]], Page] = lambda form: given({"access_token": TOKEN, "expires_in": 3599})

    def handle(self, asked: Asked) -> Page:
        if asked.target.endswith("/.well-known/openid-configuration"):
            base = self.url(asked.target.removesuffix("/v2.0/.well-known/openid-configuration"))
            ends = ("authorization", "token", "device_authorization")
            return given({"issuer": base, **{f"{end}_endpoint": f"{base}/oauth2/v2.0/{end}" for end in ends}})
        return self.answer(form_of(asked))

    @property
    def forms(self) -> list[dict[str, str]]:
        """What was posted."""
        return [form_of(each) for each in self.asked if each.method == "POST"]


def form_of(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode()))


def given(fields: object, status: int = 200, **headers: str) -> Page:
    return Page(json.dumps(fields).encode(), status, headers)


def claims(jwt: str) -> tuple[dict[str, str], dict[str, object]]:
    """Header and claims of a signed token."""
    header, body, _ = (base64.urlsafe_b64decode(part + "==") for part in jwt.split("."))
    return json.loads(header), json.loads(body)


def service_account(key: str = "a key", url: str = "https://oauth2.example/token") -> str:
    """The JSON key of a service account."""
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "mover@project.example",
            "private_key_id": "key-7",
            "private_key": key,
            "token_uri": url,
        }
    )


@contextmanager
def authority_here(certificates: Certificates, patch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """One that stands for Microsoft's cloud "here", for Google, and for any other provider."""
    with Authority(certificates) as server:
        here = Cloud("here", f"{server.host}:{server.port}", "https://mail.here", "https://own.here")
        patch.setitem(CLOUDS, "here", here)
        patch.setattr(google, "TOKEN_URL", server.url("/token"))
        patch.setattr(google, "AUTHORIZATION_URL", server.url("/auth"))
        yield server


@contextmanager
def grants_in(folder: Path) -> Iterator[StoredGrants]:
    """Where nobody has signed in yet: a store with a migration."""
    with closing(Database(folder / "store.db")) as database:
        vault = Vault(folder / "vault.key")
        with database.write() as connection:
            number = migrations.save(connection, samples.migration(), vault)
        yield StoredGrants(database, vault, number, "source", ("b",))
