"""Asking a token endpoint (RFC 6749 section 3.2), and what its answers mean."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus, urlencode

from tui_migrate.errors import ProtocolViolation, TokenDelayed, TokenDenied
from tui_migrate.mail.http import Answer, request
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.oauth import refusals
from tui_migrate.mail.token import Granted, granted
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import NetworkServer, Secret

_SECRET = frozenset(
    {
        *("client_secret", "client_assertion", "assertion", "refresh_token"),
        *("code", "code_verifier", "device_code", "Authorization"),
    }
)
"""Fields of a request that are not to be said again."""
_CHECK_ADDRESS = "Check the address at which tokens are asked for, and the tenant where there is one."
_LONGEST_WAIT = 3600.0
"""Whatever Retry-After says (RFC 9110 section 10.2.3)."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
Fields = Mapping[str, Any]
"""Of an answer in JSON."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a token endpoint gives."""

    granted: Granted
    refresh_token: Secret | None
    """To be kept in the place of the one that was used; None: that one goes on."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in with a browser, of which nothing has come back yet."""

    url: str
    """What is to be opened."""
    state: str
    """What comes back must have it: it was asked for here."""
    finish: Callable[[Mapping[str, str]], Fresh]
    """Takes the fields that came back. Raises MailError."""


@dataclass(frozen=True, slots=True)
class Way:
    """How requests go: as to a mail server, for whose mailboxes the tokens are."""

    like: NetworkServer
    tracer: Tracer | None = None

    def ask(self, method: str, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
        """Ask once. Raises TokenDelayed when the other side is in trouble, and what `http.request` raises."""
        body = urlencode(fields).encode() if method == "POST" else None
        address = f"{url}?{urlencode(fields)}" if fields and body is None else url
        mask = Mask()
        for name, text in {**fields, **(headers or {})}.items():
            if name in _SECRET and text:
                mask.hide(text, blobs=[text, text.partition(" ")[2]])
        sent = {**(_FORM if body is not None else {}), **(headers or {})}
        answer = request(method, address, headers=sent, body=body, like=self.like, tracer=self.tracer)
        reply = Reply(url, answer, mask)
        reply.check()
        return reply

    def token(self, url: str, fields: Mapping[str, str], client: tuple[str, Secret | None]) -> Fresh:
        """A token for these fields, asked for by a client with its secret. Raises TokenDenied, SignInNeeded,
        TokenDelayed."""
        name, secret = client
        own = {"client_id": name} if name else {}
        signed_in = fields.get("grant_type") == "refresh_token"
        if secret is None:
            return self.ask("POST", url, {**own, **fields}).fresh(signed_in=signed_in)
        reply = self.ask("POST", url, {**own, "client_secret": secret.reveal(), **fields})
        if reply.fields.get("error") == "invalid_client":  # some take it in a header alone (RFC 6749 section 2.3.1)
            pair = f"{quote_plus(name)}:{quote_plus(secret.reveal())}"
            basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            reply = self.ask("POST", url, fields, basic)
        return reply.fresh(signed_in=signed_in)


class Reply:
    """One answer, without what it repeats of the request's secrets."""

    def __init__(self, url: str, answer: Answer, mask: Mask) -> None:
        self.url = url
        self.answer = answer
        self.mask = mask
        self.fields: Fields = {}
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(answer.body)
            self.fields = found if isinstance(found, dict) else {}

    def check(self) -> None:
        """Raises TokenDelayed, and TokenDenied or ProtocolViolation for what is no answer of such an endpoint."""
        status, error = self.answer.status, str(self.fields.get("error"))
        found = refusals.read(self.fields, self.url)
        if status == 429 or status >= 500 or error in refusals.LATER or (found is not None and found.passes):
            patience = self.answer.headers.get("retry-after", "")
            seconds = min(_LONGEST_WAIT, float(patience)) if patience.isascii() and patience.isdigit() else None
            sentence = f"{refusals.host(self.url)} gives no tokens now (HTTP status {status})."
            raise TokenDelayed(sentence, server_words=self.words, seconds=seconds)
        if not self.fields:
            sentence = f"{refusals.host(self.url)} does not answer as a token endpoint (HTTP status {status})."
            if 400 <= status < 500:
                raise TokenDenied(sentence, what_to_do=_CHECK_ADDRESS)
            raise ProtocolViolation(sentence)

    @property
    def words(self) -> str:
        """What it says of an error."""
        return self.mask.cover(refusals.words(self.fields))

    def fresh(self, *, signed_in: bool = False) -> Fresh:
        """The tokens in it. Raises TokenDenied and SignInNeeded."""
        return fresh(self.fields, self.url, self.words, signed_in=signed_in)


def fresh(fields: Fields, url: str, words: str, *, signed_in: bool = False) -> Fresh:
    """The tokens in an answer. Raises TokenDenied and, where somebody had `signed_in`, SignInNeeded."""
    if (token := fields.get("access_token")) is None:
        raise refusals.refusal(fields, url, words, signed_in=signed_in)
    found = granted(str(token), str(fields.get("expires_in") or ""))
    if found is None:
        raise ProtocolViolation(f"{refusals.host(url)} gives something that is no token.")
    found = replace(found, scope=str(fields.get("scope") or ""))
    refresh = fields.get("refresh_token")
    return Fresh(found, Secret(str(refresh)) if refresh else None)
