"""Somebody signs in: what there is to do for him is told, and what he has allowed is stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tui_migrate.errors import MailError, TokenDenied
from tui_migrate.mail.oauth import refusals
from tui_migrate.mail.oauth.asking import Signed, signed
from tui_migrate.mail.oauth.endpoint import Fresh, Way
from tui_migrate.mail.oauth.loopback import Fields, Redirect, belongs, fields_in
from tui_migrate.mail.oauth.microsoft import Microsoft
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import NetworkServer, Secret, TokenLogin
from tui_migrate.model.tokens import SignIn

_LOOK_SECONDS = 0.3
"""Between two looks at whether something was pasted, or nobody wants it any more."""
_PATIENCE_SECONDS = 15 * 60.0
"""For somebody to sign in with a browser."""


@dataclass(frozen=True, slots=True)
class ToEnter:
    """A code that is to be entered at an address, on whatever machine."""

    code: str
    url: str
    good_for: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class ToOpen:
    """An address that is to be opened in a browser: on this machine, or on another one, from which the address that it
    ends at is pasted."""

    url: str
    good_for: float
    """Seconds."""


Told = Callable[[ToEnter | ToOpen], object]


class SigningIn:
    """One sign-in. `run` blocks; `stop` and `paste` come from any thread."""

    def __init__(
        self, login: TokenLogin, server: NetworkServer, hint: str, told: Told, tracer: Tracer | None = None
    ) -> None:
        """`server`: for whose mailboxes it is; `hint`: who will sign in, empty where nobody knows; `told` is called
        with what is to be done, in the thread that runs."""
        self._login = login
        self._provider: Signed = signed(login, Way(server, tracer))
        self._hint = hint
        self._told = told
        self._stop = threading.Event()
        self._pasted: Fields | None = None
        self._state = ""

    def stop(self) -> None:
        """Nobody wants it any more."""
        self._stop.set()

    def paste(self, address: str) -> bool:
        """Take the address that the browser ended at. False for one that does not belong to this sign-in."""
        fields = fields_in(address)
        if not self._state or not belongs(fields, self._state):
            return False
        self._pasted = fields
        return True

    def run(self, store: Callable[[Secret], object]) -> Fresh | None:
        """Wait until somebody has signed in; what he has allowed is given to `store`, which keeps it before the access
        token is handed out. None when it was stopped. Raises TokenDenied, and other MailErrors."""
        assert self._login.route is not None
        found = self._by_code() if self._login.route.sign_in is SignIn.DEVICE else self._by_browser()
        if found is None:
            return None
        if found.refresh_token is None:
            raise TokenDenied(
                "The sign-in gave a token for an hour, and nothing to get another one with.",
                what_to_do="Let the app ask for offline access (a scope such as offline_access), and sign in again.",
            )
        store(found.refresh_token)
        return found

    def take(self, refresh_token: Secret, store: Callable[[Secret], object]) -> Fresh:
        """In the place of a sign-in: try a refresh token that somebody has from elsewhere, and store it, or what
        replaces it. Raises SignInNeeded where the provider does not take it, and other MailErrors."""
        found = self._provider.refresh(refresh_token)
        store(found.refresh_token or refresh_token)
        return found

    def _by_code(self) -> Fresh | None:
        assert isinstance(self._provider, Microsoft)
        code = self._provider.with_code()
        self._told(ToEnter(code.code, code.url, code.good_for))
        until = time.monotonic() + code.good_for
        while time.monotonic() < until:
            if self._pause(code.interval()):
                return None
            try:
                found = code.look()
            except MailError as error:
                if not error.retry:
                    raise
                continue  # what is away for a moment does not end it (RFC 8628 section 3.5)
            if found is not None:
                return found
        raise TokenDenied(
            f"Nobody has entered the code within {code.good_for / 60:.0f} minutes.", what_to_do="Sign in again."
        )

    def _pause(self, seconds: float) -> bool:
        """True when it was stopped meanwhile."""
        return self._stop.wait(seconds)

    def _by_browser(self) -> Fresh | None:
        # Microsoft takes any port with this name, and Google and RFC 8252 section 8.3 want the address.
        name = "localhost" if isinstance(self._provider, Microsoft) else "127.0.0.1"
        with Redirect(name) as redirect:
            begun = self._provider.begin(redirect.address, self._hint)
            self._state = begun.state
            self._told(ToOpen(begun.url, _PATIENCE_SECONDS))
            until = time.monotonic() + _PATIENCE_SECONDS
            while (found := self._pasted or redirect.wait(begun.state, _LOOK_SECONDS)) is None:
                if self._stop.is_set():
                    return None
                if time.monotonic() > until:
                    raise TokenDenied("Nobody has signed in with the address in time.", what_to_do="Sign in again.")
        if "error" in found:
            raise refusals.refusal(found, begun.url, refusals.words(found))
        return begun.finish(found)
