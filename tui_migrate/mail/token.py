"""Access tokens (OAuth 2.0, RFC 6749) from the command that the admin names: run without a shell, once at a time for
each mailbox, and again before a token expires.

The command prints the token on its first line, and on the second, if it likes, the seconds for which it is good; or
the JSON object that a token endpoint answers with (RFC 6749 section 5.1). A token whose end is not known is asked for
again at every login. Tokens live in this process's memory alone. A command without `{user}` gives one token for all; a
user that begins with a minus is no argument of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from tui_migrate.errors import LoginRefused, NoToken, TokenCommandFailed
from tui_migrate.model import Secret, TokenLogin
from tui_migrate.timing import uptime

T = TypeVar("T")

_COMMAND_SECONDS = 30.0
"""A command that has not ended by then is ended. An answer that comes by network takes a second or two."""
_SPARE_SECONDS = 60.0
"""A token is not used for a login so shortly before its end: clocks differ, and the login takes time itself."""
_TOKEN = re.compile(r"[\x21-\x7e]+")
"""RFC 6750 section 2.1 allows less. A control character would end the token within a SASL message."""
_MAYBE_SECRET = re.compile(r"[\w.~+/=-]{8,}")
_WORDS_LIMIT = 500


Words = tuple[str, ...]
"""A command with the mailbox's user in it, as it is run."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a command printed."""

    token: Secret
    good_for: float | None
    """Seconds; None when it did not say."""


@dataclass(frozen=True, slots=True)
class _Denied:
    """Why there is no token: for everybody who waits for it, an error of his own."""

    kind: type[NoToken]
    sentence: str
    words: str = ""


class Tokens:
    """The tokens of all mailboxes that this process logs in to. Any thread may ask."""

    def __init__(self, ask: Callable[[Words], Granted], clock: Callable[[], float] = uptime) -> None:
        """`ask` runs a command, and raises NoToken; `clock` tells seconds."""
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Words, tuple[Secret, float]] = {}
        """With the time until which a token may be used."""
        self._asked: dict[Words, Future[Granted | _Denied]] = {}

    def log_in(self, command: TokenLogin, user: str, attempt: Callable[[Secret], T]) -> T:
        """Log in with the mailbox's token, and once more with a new one where the server refuses one that was kept.
        Raises NoToken, and what `attempt` raises."""
        words = _words(command.command, user)
        with self._lock:
            kept = self._still_good(words)
        if kept is not None:
            with contextlib.suppress(LoginRefused):
                return self._try(words, kept, attempt)
        return self._try(words, self._fresh(words), attempt)

    def _try(self, words: Words, token: Secret, attempt: Callable[[Secret], T]) -> T:
        """Log in once. A token that was refused is good for no other login."""
        try:
            return attempt(token)
        except LoginRefused:
            with self._lock:
                if self._still_good(words) is token:
                    del self._kept[words]
            raise

    def _still_good(self, words: Words) -> Secret | None:
        """The token that is kept and has not expired. To be called under the lock."""
        token, until = self._kept.get(words, (None, 0.0))
        return token if self._clock() < until else None

    def _fresh(self, words: Words) -> Secret:
        """A token from the command; threads that ask while it runs wait for the same answer."""
        with self._lock:
            if (token := self._still_good(words)) is not None:
                return token  # another thread has asked a moment ago
            running = self._asked.get(words)
            answer = running or self._asked.setdefault(words, Future())
        if running is None:
            self._run(words, answer)
        given = answer.result()
        if isinstance(given, _Denied):
            raise given.kind(given.sentence, server_words=given.words)
        return given.token

    def _run(self, words: Words, answer: Future[Granted | _Denied]) -> None:
        began = self._clock()
        given: Granted | _Denied = _Denied(TokenCommandFailed, f"The token command {words[0]} was broken off.")
        try:
            given = self._ask(words)
        except NoToken as error:
            given = _Denied(type(error), error.sentence, error.server_words)
        finally:
            with self._lock:
                del self._asked[words]
                if isinstance(given, Granted) and given.good_for is not None:
                    self._kept[words] = given.token, began + given.good_for - _SPARE_SECONDS
            answer.set_result(given)


def _words(command: str, user: str) -> Words:
    """The command for this user, whose name stays data: where it would begin an argument with a minus, and be an option
    that whoever named the mailbox has chosen, nothing is run (`--user={user}` takes any name). Raises NoToken."""
    words = shlex.split(command)
    if user.startswith("-") and any(word.startswith("{user}") for word in words):
        sentence = f"The user {user} begins with a minus, which the token command would take for an option: "
        raise NoToken(f"{sentence}write --user={{user}} there, or what the command has of that kind.")
    return tuple(word.replace("{user}", user) for word in words)


def ask(words: Words, seconds: float = _COMMAND_SECONDS) -> Granted:
    """Run a command, for so long at most. Raises NoToken, with the last line of what it complained of."""
    name = f"The token command {words[0]}"
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that what it has started itself can be ended with it
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise NoToken(f"{name} cannot be run: {why}.") from None
    with process:
        try:
            printed, complained = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise TokenCommandFailed(f"{name} did not end within {seconds:.0f} s.") from None
    text = printed.decode("utf-8", "replace")
    said = _last_line(complained.decode("utf-8", "replace"), text)
    if process.returncode:
        how = f"ended with code {process.returncode}" if process.returncode > 0 else "was ended by a signal"
        raise TokenCommandFailed(f"{name} {how}.", server_words=said)
    granted = read(text)
    if granted is None:
        what = "something that is no token" if text.strip() else "nothing"
        raise NoToken(f"{name} printed {what}.", server_words=said)
    return granted


def read(text: str) -> Granted | None:
    """The token in what a command has printed; None when there is none."""
    lines = text.strip().splitlines() or [""]
    token, seconds = lines[0].strip(), lines[1].strip() if len(lines) > 1 else ""
    if token.startswith("{"):
        try:
            fields = json.loads(text)
        except ValueError:
            return None
        token, seconds = str(fields.get("access_token") or ""), str(fields.get("expires_in") or "")
    if not _TOKEN.fullmatch(token):
        return None
    return Granted(Secret(token), float(seconds) if re.fullmatch(r"\d{1,9}(\.\d+)?", seconds, re.ASCII) else None)


def _last_line(complained: str, printed: str) -> str:
    """What a command said last of its troubles, without a token that it may have repeated."""
    last = next((line.strip() for line in reversed(complained.splitlines()) if line.strip()), "")
    for secret in _MAYBE_SECRET.findall(printed):
        last = last.replace(secret, "•••")
    return last[:_WORDS_LIMIT]


TOKENS = Tokens(ask)
"""Of this process: lanes and proofs ask side by side."""
