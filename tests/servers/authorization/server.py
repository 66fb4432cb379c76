"""The authorization server itself: pages over TLS, what a test has it play, and whom mail servers let in."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.servers.authorization.books import Books
from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import instances
from tests.servers.authorization.office import Office
from tests.servers.authorization.providers import Provider, as_page
from tests.servers.dovecot import Introspection
from tests.servers.loopback_server import Chunk, Stall
from tests.servers.web import Asked, Page, WebServer, octets


@dataclass
class _Play:
    page: str
    answer: Callable[[Callable[[], Page]], Page | list[Chunk]]
    times: int | None


class AuthorizationServer(WebServer):
    """Gives tokens to its clients while the block lasts. What it remembers is in `books`, and may be changed."""

    def __init__(
        self, provider: Provider, clients: Iterable[Client] = (), users: Iterable[str] = (), *, tls: ssl.SSLContext
    ) -> None:
        super().__init__(self._answer, tls=tls)
        self.provider = provider
        self.books = Books(clients={client.client_id: client for client in clients}, users=set(users))
        self.in_browser: str | None = None
        """Who is signed in at the browser that comes to `authorize`, and says yes. None: he says no."""
        self.may_open: dict[str, set[str]] = {}
        """Mailboxes that a user has full access to, beside his own."""
        self.office = Office(self.books, provider)
        self._plays: list[_Play] = []
        self._lock = threading.Lock()

    # What a test has it do

    def play(self, answer: Page | list[Chunk], *, at: str = "token", times: int | None = 1) -> None:
        """Answer this in place of what is so: at `token`, `authorize`, `device`, `configuration`, `instance` or
        `introspection`, so many times; None: from now on."""
        self._plays.append(_Play(at, lambda really: answer, times))

    def hold(self, until: threading.Event, *, body: int | None = None, at: str = "token") -> None:
        """Say nothing of the next answer until this is set, or no more than so many octets of its body."""

        def held(really: Callable[[], Page]) -> list[Chunk]:
            page = really()
            said = octets(page)
            before = 0 if body is None else len(said) - len(page.body) + body
            return [said[:before], Stall(until), said[before:]]

        self._plays.append(_Play(at, held, 1))

    def behave(self) -> None:
        """Play nothing any more."""
        self._plays.clear()

    def browse(self, url: str, user: str | None) -> str:
        """Go to an address of `authorize` as this user, who says yes; None: he says no. Returns where the browser is
        sent. Raises ValueError with the page that it shows in place of that."""
        parts = urlsplit(url)
        page = self._at("authorize", Asked("GET", f"{parts.path}?{parts.query}", {"host": parts.netloc}), user)
        if "Location" not in page.headers:
            raise ValueError(page.body.decode())
        return page.headers["Location"]

    def enter(self, user_code: str, user: str, *, approved: bool = True) -> None:
        """A user enters a device's code, and says yes or no. Raises StopIteration where there is none."""
        device = next(each for each in self.books.devices.values() if each.user_code == user_code)
        device.user, device.approved = user, approved

    def revoke(self, user: str) -> None:
        """An admin ends all that this user has granted; the tokens are worthless at once."""
        for issued in self.books.issued:
            if issued.grant.user == user:
                issued.grant.ended = True

    # What is so

    def opens(self, user: str, token: str, scope: str = "") -> bool:
        """True when this token opens the mailbox now. `scope`: what it must allow."""
        with self._lock:
            issued = self.books.by_access(token)
            if issued is None or issued.is_expired() or issued.is_revoked():
                return False
            grant = issued.grant
            if scope and scope not in grant.scope.split():
                return False
            if not grant.user:
                return grant.client.mailboxes is None or user in grant.client.mailboxes
            return user == grant.user or user in self.may_open.get(grant.user, ())

    def introspection(self, ca_file: Path) -> Introspection:
        """For a Dovecot that asks here about tokens."""
        client = self.books.clients.setdefault("imap", Client("imap", secret="imap-word", introspects=True))
        return Introspection(self.url("/introspect").replace("//", f"//{client.client_id}:{client.secret}@"), ca_file)

    def forms(self, at: str = "token") -> list[dict[str, str]]:
        """What has been sent to a page, in order."""
        asked = [each for each in self.asked if self.provider.page(urlsplit(each.target).path) == at]
        return [dict(parse_qsl(urlsplit(each.target).query)) | dict(parse_qsl(each.body.decode())) for each in asked]

    def _answer(self, asked: Asked) -> Page | list[Chunk]:
        answer = self._answered(asked)
        if isinstance(answer, Page):  # RFC 9110 section 6.6.1
            answer = replace(answer, headers={"Date": formatdate(self.books.now(), usegmt=True), **answer.headers})
        return answer

    def _answered(self, asked: Asked) -> Page | list[Chunk]:
        at = self.provider.page(urlsplit(asked.target).path)
        if not isinstance(at, str):
            return at or Page(b"", 404)
        for play in self._plays:
            if play.page == at and play.times != 0:
                play.times = None if play.times is None else play.times - 1
                return play.answer(lambda: self._at(at, asked, self.in_browser))
        return self._at(at, asked, self.in_browser)

    def _at(self, at: str, asked: Asked, user: str | None) -> Page:
        office = self.office
        with self._lock:
            office.base = f"https://{asked.headers['host']}"
            match at:
                case "configuration":
                    return as_page(self.provider.configuration(office.base, asked.target))
                case "instance":
                    return as_page(instances(office.base))
                case "authorize":
                    return office.authorize(asked, user)
                case "token":
                    page: Page = office.create_token_response(asked)
                case "device":
                    page = office.create_endpoint_response("device_authorization", asked)
                case _:
                    page = office.create_endpoint_response("introspection", asked)
            return page


def busy(seconds: int | str = 30) -> Page:
    """429, with Retry-After: seconds, or an HTTP date (RFC 9110 section 10.2.3)."""
    return as_page({"error": "temporarily_unavailable"}, 429, {"Retry-After": str(seconds)})


def unavailable() -> Page:
    """503, from a machine that stands before the server."""
    return Page(b"<html>Service Unavailable</html>", 503, {"Content-Type": "text/html"})
