"""Access tokens from the command that the admin names: run without a shell.

The command prints the token on its first line, and on the second, if it likes, the seconds for which it is good; or
the JSON object that a token endpoint answers with (RFC 6749 section 5.1). A command without `{user}` gives one token
for all; a user that begins with a minus is no argument of its own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess

from tui_migrate.errors import NoToken, TokenCommandFailed
from tui_migrate.mail.token import Granted, granted

_COMMAND_SECONDS = 30.0
"""A command that has not ended by then is ended. An answer that comes by network takes a second or two."""
_MAYBE_SECRET = re.compile(r"[\w.~+/=-]{8,}")
_WORDS_LIMIT = 500

Words = tuple[str, ...]
"""A command with the mailbox's user in it, as it is run."""


def words_of(command: str, user: str) -> Words:
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
    return granted(token, seconds)


def _last_line(complained: str, printed: str) -> str:
    """What a command said last of its troubles, without a token that it may have repeated."""
    last = next((line.strip() for line in reversed(complained.splitlines()) if line.strip()), "")
    for secret in _MAYBE_SECRET.findall(printed):
        last = last.replace(secret, "•••")
    return last[:_WORDS_LIMIT]
