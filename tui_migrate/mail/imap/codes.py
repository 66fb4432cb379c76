"""Response codes (RFC 5530 and others) and servers' words, translated into our errors. Once, here."""

from __future__ import annotations

import re

from tui_migrate.errors import (
    AdminRefused,
    CommandRefused,
    Disconnected,
    LoginRefused,
    LoginTrouble,
    MailboxNotConnected,
    MailError,
    MessageRefused,
    OverQuota,
    Throttled,
    TokenRefused,
    TooManyConnections,
)
from tui_migrate.mail.oauth import refusals
from tui_migrate.model import Login

_LONGEST_BACKOFF = 24 * 3600.0
_BACKOFF = re.compile(r"suggested backoff time:\s*(\d+)\s*(milli)?sec", re.I)
_CODE = re.compile(r"\S+ \[([^\]\s]+)")
_TOO_MANY = re.compile(
    r"too many (simultaneous |concurrent )?(connections|sessions)|maximum number of connections|connection limit",
    re.I,
)
_THROTTLED = re.compile(
    r"throttl|rate limit|bandwidth limits|try again later|temporarily unavailable"
    r"|(server|system) (is )?(too )?busy|too many (requests|commands)",
    re.I,
)
_QUOTA = re.compile(r"over ?quota|quota (is |has been )?exceeded|exceed\w* .{0,20}quota|mailbox (is )?full", re.I)
_TRANSIENT_LOGIN = re.compile(
    r"authenticated but not connected|internal (server )?error|server unavailable|transient"
    r"|temporary ((authentication|login|internal|server|system) )*(failure|error|problem)",
    re.I,
)
"""Whatever the code says: Dovecot and Exchange use those of a wrong password for some of these."""
_NOT_CONNECTED = re.compile(r"authenticated but not connected", re.I)
_BROWSER = re.compile(r"web ?login required|\[WEBALERT", re.I)
_ILL = ("SERVERBUG", "CONTACTADMIN", "UNAVAILABLE", "INUSE", "CORRUPTION")
_AT_FAULT = ("TOOBIG", "PARSE", "UNKNOWN-CTE", "BADCHARSET", "CANNOT")
_FAULT = re.compile(
    r"\b(too (big|large|long|many)|size|larger|exceed\w*|virus|malware|infected|spam|banned|policy|headers?|bare|nul"
    r"|8.?bit|invalid|illegal|malformed|line|date|flags?|keywords?|literal|attachments?|mime)\b",
    re.I,
)
"""Of a message; RFC 5530 has no codes for most of it."""
_LOST = re.compile(r"corrupt|damaged|broken|missing|no such|not found|not exist|expunged|deleted|parse|BAD ", re.I)
"""Of a message that is asked for."""
_FINAL_READS = ("NOPERM", "NONEXISTENT", "EXPUNGEISSUED", "CANNOT", "PARSE", "UNKNOWN-CTE")
_FINAL = ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED")
"""A "try again later" behind these is for whoever has the right password then."""
_CLEAR = (*_FINAL, "AUTH", "SYS/PERM", "WEBALERT", "PRIVACYREQUIRED", "CONTACTADMIN", "NOPERM")
"""What a login is refused with for good: RFC 5530, RFC 3206, and Gmail's own."""
_SICK = re.compile(
    r"\b(server|system|internal|database|backend|disk|storage|network|ldap|sql|i/?o) "
    r"(error|failure|fault|problem|unavailable|down)|unavailable|overload|maintenance|time[d-]? ?out|exception"
    r"|out of (memory|disk|space|resources|file descriptors)|too many open files|no space left"
    r"|connection (was )?(refused|reset|failed|lost|closed)|service (is )?not available",
    re.I,
)
"""Words about how the server is."""
_UNABLE = re.compile(
    r"(can ?not|can't|could ?n[o']t|could not|unable to|failed to) "
    r"(open|access|lock|read|fetch|select|load|connect|contact|reach|start|create|stat) ",
    re.I,
)
"""Words about the server, and not about whoever logs in."""
_WRONG = re.compile(
    r"invalid|incorrect|wrong|mismatch|credential|pass ?(word|phrase|code)|unknown (user|account|mailbox|login)"
    r"|(no such|bad) (user|account|mailbox|login|auth)"
    r"|(user|account|mailbox) (is )?(unknown|not found|does ?n[o']t exist|does not exist)"
    r"|(log ?-?(in|on)|auth\w*) (attempt |has |was )?(fail|den|err|incorrect|reject|refus|unsuccess)"
    r"|fail\w* to (authenticate|log ?in)|not (authori[sz]ed|allowed|permitted|enabled)|unauthori[sz]ed|denied"
    r"|disabled|deactivated|blocked|suspended|locked|expired|forbidden",
    re.I,
)
"""Words about whoever logs in."""


def throttle(code: str, words: str, command: str) -> MailError | None:
    """The error when the server asks for patience, whatever the command was; None when it does not."""
    backoff = _BACKOFF.search(words)
    if backoff:
        seconds = min(_LONGEST_BACKOFF, int(backoff[1]) / (1000 if backoff[2] else 1))
        return Throttled(
            f"The server asks for a pause of {seconds:.0f} s.", server_words=words, command=command, seconds=seconds
        )
    if _TOO_MANY.search(words):
        return TooManyConnections("The server allows no further connection.", server_words=words, command=command)
    if code in ("THROTTLED", "UNAVAILABLE", "INUSE") or _THROTTLED.search(words):
        return Throttled("The server asks to try again later.", server_words=words, command=command)
    return None


def passes(code: str, words: str) -> bool:
    """True when a refusal says how the server is just now. It says nothing of what there is, nor of what the server can
    do, and teaches nothing."""
    return _is_ill(code, words) or code == "LIMIT" or (not code and _SICK.search(words) is not None)


def may_be_unknown(status: str, code: str, words: str) -> bool:
    """True when a refusal may mean that the server does not know the command: BAD, and not because of how it is."""
    return status == "BAD" and not passes(code, words)


def login_error(code: str, words: str, command: str, login: Login, host: str, *, unheard: bool = False) -> MailError:
    """Why `host` refused a login. What passes by itself is told apart from what would only be refused again, and lock
    the mailbox in the end. `unheard`: the server refused before it had the password or the token, which it cannot mean
    then. Where neither code nor words say what is wrong, nothing is made of it (`LoginRefused.clear`)."""
    if code == "LIMIT" or _TOO_MANY.search(words):
        return TooManyConnections(f"{host} allows no further connection.", server_words=words, command=command)
    if login.token is not None and _NOT_CONNECTED.search(words):
        return not_connected(host, words, command)
    if _TRANSIENT_LOGIN.search(words):
        return Throttled(f"{host} accepts no logins now.", server_words=words, command=command)
    if code not in _FINAL and (patience := throttle(code, words, command)):
        return patience
    if code == "SERVERBUG" or (code not in _CLEAR and (_SICK.search(words) or _UNABLE.search(words))):
        sentence = f"{host} could not log in {login.user}, because of a problem of its own."
        return LoginTrouble(sentence, server_words=words, command=command)
    return _refusal(code, words, command, login, host, unheard)


def _refusal(code: str, words: str, command: str, login: Login, host: str, unheard: bool) -> LoginRefused:
    user, kind, sentence = login.user, LoginRefused, f"{host} refused the login of {login.user}."
    if login.token is not None:
        kind, sentence = TokenRefused, f"{host} refused the token for {user}."
    elif login.admin is not None:
        by = login.admin.user
        kind, sentence = AdminRefused, f"{host} refused the login of {user} by {by}."
        if code == "AUTHENTICATIONFAILED":
            sentence = f"{host} refused the login of the admin {by} (for the mailbox of {user})."
        elif code == "AUTHORIZATIONFAILED":
            sentence = f"{host} knows the admin {by}, and does not open the mailbox of {user} for that login."
    if _BROWSER.search(words):
        sentence = f"{host} wants {user} to log in with a web browser before mail programs can."
    elif code == "PRIVACYREQUIRED":
        sentence = f"{host} lets {user} log in only with encryption: set security to tls or starttls."
    elif code == "EXPIRED":
        sentence = f"{host} says that the password for {user} has expired."
    elif unheard:
        sentence = f"{host} ended the login of {user} before the password or token was sent."
    clear = code in _CLEAR or (not unheard and _WRONG.search(words) is not None)
    if not (clear or unheard):
        sentence = f"{sentence.rstrip('.')}, without a reason."
    error = kind(sentence, server_words=words, command=command, clear=clear)
    if login.token is not None:
        error.what_to_do = refusals.helps_login(login.token, words) or error.what_to_do
    return error


def not_connected(host: str, words: str, command: str) -> MailError:
    """The login is right, and leads to no mailbox."""
    sentence = f"{host} knows who logs in, and does not open the mailbox."
    return MailboxNotConnected(sentence, server_words=words, command=command)


def append_error(code: str, words: str, command: str) -> MailError:
    """Why a message was not stored."""
    if code == "OVERQUOTA" or (code in ("", "ALERT") and _QUOTA.search(words)):
        return OverQuota("The destination mailbox is over quota.", server_words=words, command=command)
    if code in ("TRYCREATE", "NONEXISTENT"):
        return CommandRefused(
            "The destination folder does not exist any more.", server_words=words, command=command, code=code
        )
    if code == "NOPERM":
        return CommandRefused(
            "The destination does not allow storing messages in this folder.",
            server_words=words,
            command=command,
            code=code,
        )
    if patience := throttle(code, words, command):
        return patience
    own = names_a_fault(code, words)
    return MessageRefused("The destination refused the message.", server_words=words, command=command, own=own)


def names_a_fault(code: str, words: str) -> bool:
    """True when a refusal says what is wrong with the message, and is no complaint of the server about itself."""
    return not _is_ill(code, words) and (code in _AT_FAULT or _FAULT.search(words) is not None)


def _is_ill(code: str, words: str) -> bool:
    return code in _ILL or throttle(code, words, "") is not None


def fetch_error(code: str, words: str, command: str) -> MailError:
    """Why a message could not be read."""
    if code in ("THROTTLED", "LIMIT") or _BACKOFF.search(words):
        patience = throttle(code, words, command)
        if patience:
            return patience
    is_lost = not _is_ill(code, words) and _LOST.search(words) is not None
    own = code in _FINAL_READS or is_lost or names_a_fault(code, words)
    return MessageRefused("The source refused to return the message.", server_words=words, command=command, own=own)


def refusal(code: str, words: str, command: str) -> MailError:
    """Why messages are not handed out. Raises the error when the server asks for patience: no message is at fault."""
    error = fetch_error(code, words, command)
    if error.retry:
        raise error
    return error


def command_error(sentence: str, code: str, words: str, command: str) -> MailError:
    """NO or BAD to a command about a folder."""
    if _NOT_CONNECTED.search(words):
        return not_connected("The server", words, command)
    patience = throttle(code, words, command)
    return patience or CommandRefused(sentence, server_words=words, command=command, code=code)


def goodbye(words: str, peer: str) -> MailError:
    """The error behind an untagged BYE (RFC 3501 section 7.1.5)."""
    code = _CODE.match(words)
    name = code[1].upper() if code else ""
    if name == "LIMIT":
        return TooManyConnections(f"{peer} allows no further connection.", server_words=words)
    if name in _FINAL:
        return LoginRefused(f"{peer} refused the login.", server_words=words)
    patience = throttle(name, words, "")
    return patience or Disconnected(f"{peer} ended the session.", server_words=words)
