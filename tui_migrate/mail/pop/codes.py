"""Extended response codes (RFC 2449, RFC 3206) and servers' words, translated into our errors. Once, here."""

from __future__ import annotations

import re

from tui_migrate.errors import CannotConnect, LoginRefused, LoginTrouble, MailboxInUse, MailError, Throttled
from tui_migrate.mail.imap import codes
from tui_migrate.mail.pop.wire import PopReply
from tui_migrate.model import Login

_LOCKED_OUT = re.compile(r"\b(account|user|login|password)\W+(\w+\W+){0,3}locked|locked out", re.I)
_LOCKED = re.compile(r"\b(lock(ed)?|in use|already open(ed)?|another (pop3? )?(session|client|connection))\b", re.I)
_UNKNOWN = re.compile(
    r"(unknown|invalid|illegal|bad) (pop3? )?command|command (is )?(unknown|invalid|not\b|un)"
    r"|not (implemented|recogni[sz]ed|understood|supported)|unimplemented|unsupported|unrecogni[sz]ed",
    re.I,
)
_GONE = re.compile(r"expunged|no such message|does ?n[o']t exist|already deleted|is deleted|not found|vanished", re.I)


def patience(reply: PopReply, where: str, command: str = "") -> MailError | None:
    """The error when the server asks for patience, whatever the command was; None when it does not."""
    if reply.ok:
        return None
    if reply.code.startswith("SYS/TEMP"):
        return Throttled(f"{where} cannot serve now.", server_words=reply.words, command=command)
    return codes.throttle(reply.code, reply.words, command)


def greeting_error(reply: PopReply, where: str) -> MailError:
    """Why a server turns everybody away."""
    return patience(reply, where) or CannotConnect(f"{where} refused the connection.", server_words=reply.words)


def login_error(
    reply: PopReply, command: str, login: Login, host: str, delay: float | None, *, unheard: bool = False
) -> MailError:
    """Why `host` refused a login. `delay`: seconds that it wants between two logins, where it has told. `unheard`: it
    refused before it had the password or the token. An answer that is no `-ERR` does not mean that the password is
    wrong, unless its words do."""
    code, words = reply.code, reply.words
    if code == "IN-USE" or (not code and _LOCKED.search(words) and not _LOCKED_OUT.search(words)):
        sentence = f"{host}: another session has the mailbox of {login.user} open."
        return MailboxInUse(sentence, server_words=words, command=command)
    if code == "LOGIN-DELAY":
        sentence = f"{host} requires more time between two logins."
        return Throttled(sentence, server_words=words, command=command, seconds=delay)
    if code.startswith("SYS/TEMP"):
        sentence = f"{host} cannot open the mailbox of {login.user} now."
        return Throttled(sentence, server_words=words, command=command)
    if code.startswith("SYS/PERM"):
        sentence = f"{host} cannot open the mailbox of {login.user} until its administrator repairs it."
        return LoginTrouble(sentence, server_words=words, command=command)
    error = codes.login_error(code, words, command, login, host, unheard=unheard)
    if isinstance(error, LoginRefused) and not error.clear and not reply.regular:
        sentence = f"{host} answers the login of {login.user} with neither +OK nor -ERR."
        return LoginTrouble(sentence, server_words=words, command=command)
    return error


def message_error(reply: PopReply, command: str) -> MailError:
    """Why a message could not be read."""
    words = reply.words
    if reply.code == "IN-USE":
        return MailboxInUse("Another session has the mailbox open.", server_words=words, command=command)
    if reply.code.startswith("SYS/TEMP"):
        return Throttled("The source cannot return messages now.", server_words=words, command=command)
    return codes.fetch_error(reply.code, words, command)


def list_error(reply: PopReply, command: str) -> MailError:
    """Why it is not told what the mailbox holds."""
    return patience(reply, "The source", command) or message_error(reply, command)


def is_unknown(reply: PopReply) -> bool:
    """True when a refusal says that the server has no such command."""
    return not reply.code and _UNKNOWN.search(reply.words) is not None


def is_gone(reply: PopReply) -> bool:
    """True when a refusal says that there is no such message any more. POP has no code for that."""
    return not reply.code and _GONE.search(reply.words) is not None and not codes.passes(reply.code, reply.words)
