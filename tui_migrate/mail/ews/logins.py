"""Logging in to Exchange's web server: Basic (RFC 7617), Bearer (RFC 6750), NTLM and Negotiate (MS-NTHT, RFC 4559).

NTLM and Negotiate are of a connection: their legs, and all requests behind them, go over the same one. The token holds
the hash of the certificate (channel binding, RFC 5929 section 4): without it servers with Extended Protection take the
right password for a wrong one.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tui_migrate.errors import LoginRefused, MailError

if TYPE_CHECKING:
    from spnego import ContextProxy

WAYS = ("Negotiate", "NTLM", "Basic")
"""With a password; the strongest first."""
EXTRA = "pip install 'tui-migrate[exchange]'"


class Password(NamedTuple):
    """Who logs in."""

    name: str
    secret: str


def offered(asks_for: Sequence[str]) -> tuple[str, ...]:
    """The names of the schemes in WWW-Authenticate fields, as they are spelled here where they are known."""
    known = {each.lower(): each for each in (*WAYS, "Bearer", "Kerberos", "Digest")}
    names = (each.split(" ", 1)[0].rstrip(",") for field in asks_for for each in _challenges(field))
    return tuple(dict.fromkeys(known.get(each.lower(), each) for each in names if each))


def best(offers: Sequence[str]) -> str:
    """The strongest way for a password that is offered and that this installation can go. Raises LoginRefused."""
    can = WAYS if has_spnego() else ("Basic",)
    for way in can:
        if way in offers:
            return way
    if any(way in offers for way in WAYS):
        raise without_spnego(" and ".join(way for way in WAYS if way in offers))
    told = ", ".join(offers) or "nothing"
    raise LoginRefused("The server does not offer a login with a password.", server_words=told)


def has_spnego() -> bool:
    """True where the extra is installed."""
    from importlib.util import find_spec

    return find_spec("spnego") is not None


def without_spnego(ways: str) -> MailError:
    """The extra is missing."""
    error = LoginRefused(f"The server takes logins by {ways}, for which this installation lacks a library.")
    error.what_to_do = f"Install it: {EXTRA}. Then restart the engine (tui-migrate stop, tui-migrate start)."
    return error


def basic(login: Password) -> str:
    """The Authorization field."""
    return "Basic " + b64encode(f"{login.name}:{login.secret}".encode()).decode()


class Handshake:
    """NTLM or Negotiate on one connection. Raises LoginRefused where no token can be made."""

    def __init__(self, way: str, login: Password, host: str, certificate: bytes | None) -> None:
        if not has_spnego():
            raise without_spnego(way)
        import spnego
        from spnego.channel_bindings import GssChannelBindings

        bindings = None
        if certificate is not None:
            data = b"tls-server-end-point:" + _hash(certificate)
            bindings = GssChannelBindings(application_data=data)
        self.way = way
        self._host = host
        with_protocol = "negotiate" if way == "Negotiate" else "ntlm"
        try:
            self._context: ContextProxy = spnego.client(
                login.name,
                login.secret,
                hostname=host,
                service="HTTP",
                channel_bindings=bindings,
                protocol=with_protocol,
            )
        except Exception as error:  # noqa: BLE001 - of a library with errors of several systems
            raise self._failed(error) from None

    def step(self, asks_for: Sequence[str] = ()) -> str:
        """The next Authorization field, behind what the server has answered to the one before; empty when there is
        none."""
        challenge = next((each for each in asks_for if each.lower().startswith(f"{self.way.lower()} ")), "")
        try:
            token = self._context.step(b64decode(challenge.partition(" ")[2]) if challenge else None)
        except Exception as error:  # noqa: BLE001 - of a library with errors of several systems
            raise self._failed(error) from None
        return f"{self.way} {b64encode(token).decode()}" if token else ""

    def _failed(self, error: Exception) -> LoginRefused:
        said = type(error).__name__  # its text may hold what was given to it
        return LoginRefused(f"No token for {self.way} can be made for {self._host}: {said}.")


def _hash(certificate: bytes) -> bytes:
    """By the algorithm of its signature; SHA-256 where that is MD5, SHA-1, or has none (RFC 5929 section 4.1)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, x509.InvalidVersion):
        algorithm = None
    if algorithm is None or isinstance(algorithm, (hashes.MD5, hashes.SHA1)):
        algorithm = hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(certificate)
    return digest.finalize()


def _challenges(field: str) -> list[str]:
    """Several challenges may stand in one field: each begins with a name that is followed by no `=`."""
    parts: list[str] = []
    for piece in field.split(","):
        word = piece.strip()
        if not parts or "=" not in word.split(" ", 1)[0]:
            parts.append(word)
    return parts
