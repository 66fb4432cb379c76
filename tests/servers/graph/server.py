"""Graph itself: who may ask, how often, what is answered, and what a test has go wrong."""

from __future__ import annotations

import json
import re
import secrets
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.servers.authorization.server import AuthorizationServer
from tests.servers.graph.mailbox import MARK, ROOT, Folder, GraphMailbox, Happened, Item
from tests.servers.graph.shown import attached_shown, folder_shown, item_shown
from tests.servers.loopback_server import Chunk, Cut, Peer
from tests.servers.web import Asked, Page, WebServer, octets

_PATH = re.compile(r"/v1\.0/(?:users/([^/]+)|(me))(/.*)?")
_IMMUTABLE = re.compile(r'IdType="ImmutableId"')
_PAGE = re.compile(r"odata\.maxpagesize=(\d+)")
AT_ONCE, WINDOW, IN_WINDOW = 4, 600.0, 10_000
_LARGEST_PAGE = 1000
Json = dict[str, Any]


class Refusal(Exception):
    """What is answered in place of what was asked for."""

    def __init__(self, status: int, code: str, text: str, **headers: str) -> None:
        super().__init__(code)
        body = {"error": {"code": code, "message": text, "innerError": {"request-id": secrets.token_hex(8)}}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.page = Page(json.dumps(body).encode(), status, named)


class Question(NamedTuple):
    """A request that has been let in."""

    mailbox: GraphMailbox
    path: str
    query: dict[str, str]
    immutable: bool
    page: int
    base: str


@dataclass
class Round:
    """Where a delta stands that is being paged through."""

    folder: str
    select: frozenset[str]
    expand: str
    until: int
    """A place in the mailbox's log: what the round shows is what was so then."""
    pending: list[Happened] = field(default_factory=list)


@dataclass
class Play:
    """What is answered in place of what is so."""

    answer: Callable[[Callable[[], Page]], Page | list[Chunk]]
    at: re.Pattern[str]
    times: int | None
    behind: int


class GraphDouble(WebServer):
    """Shows mailboxes while the block lasts, to whom `office` has given a token for them."""

    def __init__(
        self,
        mailboxes: Iterable[GraphMailbox],
        office: AuthorizationServer,
        *,
        tls: ssl.SSLContext,
        expands: str = "yes",
    ) -> None:
        """`expands`: whether delta gives extended properties; `no` leaves them out, `never` refuses to be asked."""
        super().__init__(self._answer, tls=tls, keeps=True)
        self.mailboxes = {each.user: each for each in mailboxes}
        self.office = office
        self.expands = expands
        self.resource = "https://graph.here"
        """That tokens must be for."""
        self.clock: Callable[[], float] = time.monotonic
        self.in_window = IN_WINDOW
        """Requests that a mailbox may be asked in ten minutes."""
        self.counted: Counter[str] = Counter()
        """Requests by what they asked for."""
        self.most_at_once = 0
        self._at_once: Counter[str] = Counter()
        self._times: dict[str, deque[float]] = {}
        self._rounds: dict[str, Round] = {}
        self._plays: list[Play] = []
        self._mine = threading.local()
        self._counting = threading.Lock()

    # What a test has it do

    def play(
        self,
        answer: Page | Refusal | Callable[[], Page],
        *,
        at: str = ".*",
        times: int | None = 1,
        behind: int = 0,
    ) -> None:
        """Answer this in place of what is so, so many times, to requests whose path this pattern finds; `behind` so
        many that are answered before."""

        def said(really: Callable[[], Page]) -> Page:
            if isinstance(answer, Refusal):
                return answer.page
            return answer if isinstance(answer, Page) else answer()

        self._plays.append(Play(said, re.compile(at), times, behind))

    def cut(self, *, at: str, octets_said: int, times: int = 1) -> None:
        """End the connection after so many octets of an answer."""

        def answer(really: Callable[[], Page]) -> list[Chunk]:
            return [octets(really(), keeps=True)[:octets_said], Cut()]

        self._plays.append(Play(answer, re.compile(at), times, 0))

    def behave(self) -> None:
        """Play nothing any more."""
        self._plays.clear()

    def forget(self) -> None:
        """Know no state of a delta any more."""
        self._rounds.clear()

    def use_up(self, user: str) -> None:
        """As if this mailbox had been asked as often as it may in ten minutes."""
        self._times[user] = deque([self.clock()] * self.in_window)

    def occupy(self, user: str, number: int) -> None:
        """As if so many requests for this mailbox were under way, for good."""
        self._at_once[user] = number

    # What is so

    def perform(self, peer: Peer, chunks: Iterable[Chunk]) -> None:
        """A request is under way until its answer has been said."""
        try:
            super().perform(peer, chunks)
        finally:
            if user := getattr(self._mine, "user", ""):
                with self._counting:
                    self._at_once[user] -= 1
                self._mine.user = ""

    def _answer(self, asked: Asked) -> Page | list[Chunk]:
        try:
            question = self._let_in(asked)
            for play in self._plays:
                if play.times != 0 and play.at.search(question.path):
                    if play.behind:
                        play.behind -= 1
                        continue
                    play.times = None if play.times is None else play.times - 1
                    return play.answer(lambda: self._asked(question))
            return self._asked(question)
        except Refusal as refusal:
            return refusal.page

    def _asked(self, question: Question) -> Page:
        with question.mailbox.lock:
            found = self._found(question)
        if isinstance(found, bytes):
            return Page(found, headers={"Content-Type": "text/plain"})
        return Page(json.dumps(found).encode())

    def _let_in(self, asked: Asked) -> Question:
        parts = urlsplit(asked.target)
        found = _PATH.fullmatch(parts.path)
        if found is None:
            raise Refusal(400, "BadRequest", "Resource not found for the segment.")
        way, _, token = asked.headers.get("authorization", "").partition(" ")
        issued = self.office.books.by_access(token) if way == "Bearer" else None
        if issued is None or issued.is_expired() or issued.is_revoked():
            text = "Lifetime validation failed, the token is expired." if issued else "Access token is empty."
            raise Refusal(401, "InvalidAuthenticationToken", text)
        if not any(scope.startswith(self.resource) for scope in issued.grant.scope.split()):
            raise Refusal(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
        user = issued.grant.user if found[2] else unquote(found[1])
        if user not in self.mailboxes:
            raise Refusal(404, "ErrorInvalidUser", f"The requested user '{user}' is invalid.")
        if not self.office.opens(user, token):
            raise Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        self._count(user)
        prefer = asked.headers.get("prefer", "")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        page = int(query.get("$top") or (_PAGE.search(prefer) or [0, 10])[1])
        return Question(
            self.mailboxes[user],
            unquote(found[3] or ""),
            query,
            bool(_IMMUTABLE.search(prefer)),
            min(page, _LARGEST_PAGE),
            f"https://{asked.headers['host']}/v1.0/users/{quote(user)}",
        )

    def _count(self, user: str) -> None:
        """Raises Refusal where there are too many requests at once, or in ten minutes."""
        with self._counting:
            self._at_once[user] += 1
            self._mine.user = user
            self.most_at_once = max(self.most_at_once, self._at_once[user])
            now, times = self.clock(), self._times.setdefault(user, deque())
            while times and times[0] <= now - WINDOW:
                times.popleft()
            if self._at_once[user] > AT_ONCE:
                text = "Application is over its MailboxConcurrency limit."
                raise Refusal(429, "ApplicationThrottled", text)
            if len(times) >= self.in_window:
                wait = int(times[0] + WINDOW - now) + 1
                raise Refusal(429, "ApplicationThrottled", "Too many requests.", Retry_After=str(wait))
            times.append(now)

    def _found(self, question: Question) -> Json | bytes:
        mailbox, steps = question.mailbox, question.path.strip("/").split("/")
        match steps:
            case ["mailFolders"]:
                self.counted["folders"] += 1
                return self._folders(question, ROOT)
            case ["mailFolders", "delta"]:
                self.counted["folders"] += 1
                shown = [folder_shown(mailbox, each) for each in mailbox.folders.values() if not each.hidden]
                return {"value": shown, "@odata.deltaLink": f"{question.base}/mailFolders/delta?$deltatoken=x"}
            case ["mailFolders", name]:
                self.counted["folders"] += 1
                return folder_shown(mailbox, self._folder(mailbox, name))
            case ["mailFolders", name, "childFolders"]:
                self.counted["folders"] += 1
                return self._folders(question, self._folder(mailbox, name).id)
            case ["mailFolders", name, "messages"]:
                self.counted["messages"] += 1
                return self._messages(question, self._folder(mailbox, name))
            case ["mailFolders", name, "messages", "delta"]:
                self.counted["delta"] += 1
                return self._delta(question, self._folder(mailbox, name))
            case ["messages", name]:
                self.counted["message"] += 1
                return item_shown(
                    self._item(mailbox, name), _selected(question), _expanded(question), immutable=question.immutable
                )
            case ["messages", name, "$value"]:
                self.counted["$value"] += 1
                item = self._item(mailbox, name)
                if item.unmakeable:
                    text = "The message can't be converted to MIME: StorageException, ConversionFailedException"
                    raise Refusal(500, "ErrorMimeContentConversionFailed", text)
                return item.mime.replace(MARK, b"_%03d_%d_" % (len(self.asked) % 7, len(self.asked)))
            case ["messages", name, "attachments"]:
                self.counted["attachments"] += 1
                found = enumerate(self._item(mailbox, name).attached)
                return {"value": [attached_shown(each, number) for number, each in found]}
            case ["messages", name, "attachments", which, "$value"]:
                self.counted["attachments/$value"] += 1
                for number, each in enumerate(self._item(mailbox, name).attached):
                    if which == f"A{number}=":
                        return each.content
        raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def _folder(self, mailbox: GraphMailbox, name: str) -> Folder:
        if (found := mailbox.named(name)) is None:
            raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return found

    def _item(self, mailbox: GraphMailbox, name: str) -> Item:
        if (found := mailbox.item(name)) is None:
            text = "The specified object was not found in the store., The process failed to get the correct properties."
            raise Refusal(404, "ErrorItemNotFound", text)
        return found

    def _folders(self, question: Question, parent: str) -> Json:
        mailbox, hidden = question.mailbox, question.query.get("includeHiddenFolders") == "true"
        found = [each for each in mailbox.folders.values() if each.parent == parent and (hidden or not each.hidden)]
        if wanted := re.fullmatch(r"displayName eq '(.*)'", question.query.get("$filter", "")):
            found = [each for each in found if each.name == wanted[1]]
        return self._page(question, [folder_shown(mailbox, each) for each in found])

    def _messages(self, question: Question, folder: Folder) -> Json:
        skip = int(question.query.get("$skip", 0))
        found = [*question.mailbox.of(folder.id)]
        if any(each.corrupt for each in found[skip : skip + question.page]):
            raise Refusal(500, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
        selected, expanded = _selected(question), _expanded(question)
        return self._page(
            question, [item_shown(each, selected, expanded, immutable=question.immutable) for each in found]
        )

    def _page(self, question: Question, shown: list[Json]) -> Json:
        skip = int(question.query.get("$skip", 0))
        end = skip + question.page
        answer: Json = {"@odata.context": "…", "value": shown[skip:end]}
        if end < len(shown):
            query = question.query | {"$skip": str(end), "$top": str(question.page)}
            told = "&".join(f"{quote(name)}={quote(value)}" for name, value in query.items())
            answer["@odata.nextLink"] = f"{question.base}{quote(question.path)}?{told}"
        return answer

    def _delta(self, question: Question, folder: Folder) -> Json:
        mailbox, query = question.mailbox, question.query
        if state := query.get("$deltatoken") or query.get("$skiptoken"):
            if (known := self._rounds.get(state)) is None or known.folder != folder.id:
                raise Refusal(410, "syncStateNotFound", "The sync state generation is not found; re-synchronize.")
            at = known
            if "$deltatoken" in query:
                pending = mailbox.since(known.until, folder.id)
                at = Round(folder.id, known.select, known.expand, len(mailbox.log), pending)
        else:
            if _expanded(question) and self.expands == "never":
                raise Refusal(400, "ErrorInvalidUrlQuery", "The following parameters are not supported: $expand")
            all_of_it: list[tuple[str, frozenset[str] | None, bool]] = [
                (each.id, None, False) for each in mailbox.of(folder.id)
            ]
            expand = _expanded(question) if self.expands == "yes" else ""
            at = Round(folder.id, _selected(question), expand, len(mailbox.log), all_of_it)
        if any(mailbox.items[item].corrupt for item, _, _ in at.pending[: question.page] if item in mailbox.items):
            raise Refusal(500, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
        now, later = at.pending[: question.page], at.pending[question.page :]
        shown = [self._changed(question, at, *each) for each in now]
        kind, name = ("next", "$skiptoken") if later else ("delta", "$deltatoken")
        token = secrets.token_urlsafe(400)
        self._rounds[token] = Round(at.folder, at.select, at.expand, at.until, later)
        link = f"{question.base}/mailFolders/{quote(folder.id)}/messages/delta?{name}={token}"
        return {"value": [each for each in shown if each], f"@odata.{kind}Link": link}

    def _changed(
        self, question: Question, at: Round, name: str, fields: frozenset[str] | None, gone: bool
    ) -> Json | None:
        item = question.mailbox.items.get(name)
        if gone:
            return {"@removed": {"reason": "deleted"}, "id": name}
        if item is None or item.folder != at.folder:
            return None
        return item_shown(item, at.select, at.expand, immutable=question.immutable, fields=fields)


def _selected(question: Question) -> frozenset[str]:
    return frozenset(filter(None, question.query.get("$select", "").split(",")))


def _expanded(question: Question) -> str:
    return question.query.get("$expand", "")
