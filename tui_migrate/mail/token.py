"""Access tokens (OAuth 2.0, RFC 6749) of all mailboxes: each is asked for once at a time, and again before it ends.

A token whose end is not known is asked for again at every login. Tokens live in this process's memory alone.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from copy import copy
from dataclasses import dataclass, field
from typing import TypeVar

from tui_migrate.errors import LoginRefused, MailError, TokenCommandFailed
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Login, NetworkServer, Secret
from tui_migrate.timing import uptime

T = TypeVar("T")

_SPARE_SECONDS = 60.0
"""A token is not used for a login so shortly before its end: clocks differ, and the login takes time itself."""
_TOKEN = re.compile(r"[\x21-\x7e]+")
"""RFC 6750 section 2.1 allows less. A control character would end the token within a SASL message."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token."""

    token: Secret
    good_for: float | None
    """Seconds; None when nobody said."""
    scope: str = ""
    """What it is good for, as whoever gave it says; empty: nothing was said, which means all that was asked for."""


def granted(token: str, seconds: str) -> Granted | None:
    """An access token that is good for so many seconds, as they were written; None where it is none."""
    if not _TOKEN.fullmatch(token):
        return None
    return Granted(Secret(token), float(seconds) if re.fullmatch(r"\d{1,9}(\.\d+)?", seconds, re.ASCII) else None)


@dataclass(frozen=True, slots=True)
class Asking:
    """How a token is asked for."""

    key: Hashable
    """What asks for the same token has the same."""
    ask: Callable[[], Granted] = field(compare=False)
    """Raises MailError."""


class Tokens:
    """The tokens of all mailboxes that this process logs in to. Any thread may ask."""

    def __init__(self, clock: Callable[[], float] = uptime) -> None:
        """`clock` tells seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[Secret, float]] = {}
        """With the time until which a token may be used."""
        self._asked: dict[Hashable, Future[Granted | MailError]] = {}

    def log_in(self, asking: Asking, attempt: Callable[[Secret], T]) -> T:
        """Log in with the mailbox's token, and once more with a new one where the server refuses one that was kept.
        Raises what asking for it raises, and what `attempt` raises."""
        with self._lock:
            kept = self._still_good(asking.key)
        if kept is not None:
            with contextlib.suppress(LoginRefused):
                return self._try(asking.key, kept, attempt)
        return self._try(asking.key, self._fresh(asking).token, attempt)

    def renew(self, asking: Asking) -> Granted:
        """Ask for a new one, whatever is kept, to see that it is given; the next login uses it. Raises MailError."""
        return self._fresh(asking, kept=False)

    def _try(self, key: Hashable, token: Secret, attempt: Callable[[Secret], T]) -> T:
        """Log in once. A token that was refused is good for no other login."""
        try:
            return attempt(token)
        except LoginRefused:
            with self._lock:
                if self._still_good(key) is token:
                    del self._kept[key]
            raise

    def _still_good(self, key: Hashable) -> Secret | None:
        """The token that is kept and has not expired. To be called under the lock."""
        token, until = self._kept.get(key, (None, 0.0))
        return token if self._clock() < until else None

    def _fresh(self, asking: Asking, *, kept: bool = True) -> Granted:
        """A new token; threads that ask for it at the same time wait for the same answer. `kept`: one that another
        thread has asked for a moment ago will do."""
        with self._lock:
            if kept and (token := self._still_good(asking.key)) is not None:
                return Granted(token, None)
            running = self._asked.get(asking.key)
            answer = running or self._asked.setdefault(asking.key, Future())
        if running is None:
            self._run(asking, answer)
        given = answer.result()
        if isinstance(given, MailError):
            raise copy(given)  # for everybody who waits for it, an error of his own
        return given

    def _run(self, asking: Asking, answer: Future[Granted | MailError]) -> None:
        began = self._clock()
        given: Granted | MailError = TokenCommandFailed("Asking for a token was broken off.")
        try:
            given = asking.ask()
        except MailError as error:
            given = error
        finally:
            with self._lock:
                del self._asked[asking.key]
                if isinstance(given, Granted) and given.good_for is not None:
                    self._kept[asking.key] = given.token, began + given.good_for - _SPARE_SECONDS
            answer.set_result(given)


TOKENS = Tokens()
"""Of this process: lanes and proofs ask side by side."""


def log_in(login: Login, server: NetworkServer, attempt: Callable[[Secret], T], tracer: Tracer | None = None) -> T:
    """Log in to a mailbox on `server` with its token: see `Tokens.log_in`."""
    from tui_migrate.mail.oauth.asking import asking  # where others log in with passwords nothing of it is needed

    return TOKENS.log_in(asking(login, server, tracer), attempt)
