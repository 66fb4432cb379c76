"""Windows' own logins over HTTP, NTLM and Negotiate, by the acceptor of pyspnego: they hold for a connection."""

from __future__ import annotations

import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from tempfile import NamedTemporaryFile

import spnego
from spnego.channel_bindings import GssChannelBindings

SCHEMES = ("ntlm", "negotiate")
_FILE = "NTLM_USER_FILE"
_environment = threading.Lock()
"""Held while the environment names our accounts: there is no other way to tell the acceptor of them."""


class Handshake:
    """The legs of one login."""

    def __init__(self, scheme: str, accounts: Iterable[tuple[str, str, str]], binding: bytes) -> None:
        self._scheme = scheme
        self._accounts = [":".join(account) for account in accounts]
        """Domain, name and password of each."""
        self._bound = GssChannelBindings(application_data=binding) if binding else None
        self._context: spnego.ContextProxy | None = None

    def step(self, token: str) -> tuple[str, str | None]:
        """A leg's token. Returns: the answer, and as whom the client is let in, `DOMAIN\\name` or `name@domain`, or
        None when it is not the end yet. Raises SpnegoError when he is refused, ValueError for what is no token."""
        octets = b64decode(token, validate=True)
        with _environment, NamedTemporaryFile("w", suffix=".accounts") as file:
            file.write("\n".join(self._accounts))
            file.flush()
            before = os.environ.get(_FILE)
            os.environ[_FILE] = file.name
            try:
                if self._context is None:
                    self._context = spnego.server(protocol=self._scheme, channel_bindings=self._bound)
                answer = self._context.step(octets)
            finally:
                if before is None:
                    del os.environ[_FILE]
                else:
                    os.environ[_FILE] = before
        told = b64encode(answer).decode() if answer else ""
        return told, self._context.client_principal if self._context.complete else None


def end_point(chain: Path) -> bytes:
    """The channel binding of a server's certificate, signed with SHA-256 (RFC 5929 section 4)."""
    end = "-----END CERTIFICATE-----"
    certificate = PEM_cert_to_DER_cert(chain.read_text().partition(end)[0] + end)
    return b"tls-server-end-point:" + sha256(certificate).digest()
